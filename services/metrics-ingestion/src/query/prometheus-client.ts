import { readFile } from 'node:fs/promises';
import { formatInstant, type InstantMs } from '@parapet/kernel';
import { type AskedPrometheus, resolveSecret, SecretUnavailable } from '@parapet/policy';
import { exchange, MeasurementFailed } from '@parapet/probes';
import type { Instants } from './promql.js';
import { type QueryAnswer, readQueryAnswer, type Trouble } from './query-answer.js';

/** The longest answer that is read: a day of minutes of some hundred series. Reading a longer one would keep the doors waiting. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

/** What a Prometheus answered to anything but a query. */
export interface Reply {
  readonly status: number;
  readonly body: string;
  /** By its own clock, to the second; null where it does not say. */
  readonly sentAtMs: InstantMs | null;
}

/** The Prometheus of a source could not be asked; the sentence holds no secret. */
export class NotReached extends Error {
  override readonly name = 'NotReached';
  constructor(
    message: string,
    readonly trouble: Trouble,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Asks one Prometheus, through the guard of addresses; files of secrets and authorities are read anew each time. */
export class PrometheusClient {
  constructor(private readonly asked: AskedPrometheus) {}

  /** The values at an instant. */
  at(query: string, atMs: InstantMs): Promise<QueryAnswer> {
    return this.#ask('/api/v1/query', { query, time: formatInstant(atMs) });
  }

  /** The values at every instant of a closed interval. */
  over(query: string, { fromMs, toMs, stepMs }: Instants): Promise<QueryAnswer> {
    const [start, end] = [formatInstant(fromMs), formatInstant(toMs)];
    return this.#ask('/api/v1/query_range', { query, start, end, step: String(stepMs / 1000) });
  }

  /** Any other address of its API; throws NotReached. */
  async get(path: string): Promise<Reply> {
    const { status, headers, body } = await this.#exchange('GET', path);
    const sentAtMs = Date.parse(headers['date'] ?? '');
    return { status, body, sentAtMs: Number.isNaN(sentAtMs) ? null : sentAtMs };
  }

  async #ask(path: string, asked: Readonly<Record<string, string>>): Promise<QueryAnswer> {
    try {
      // Posted, since a query may be longer than an address may be.
      const { status, body } = await this.#exchange('POST', path, new URLSearchParams(asked).toString());
      return readQueryAnswer(status, body);
    } catch (error) {
      if (!(error instanceof NotReached)) throw error;
      return { kind: 'unreachable', detail: error.message, trouble: error.trouble };
    }
  }

  async #exchange(method: 'GET' | 'POST', path: string, form?: string) {
    const { url, allowPrivate, timeoutMs, ca } = this.asked;
    try {
      const authorization = this.#authorization();
      const answer = await exchange({
        method,
        url: new URL(`${url.replace(/\/+$/, '')}${path}`),
        headers: {
          'user-agent': 'parapet-metrics-ingestion',
          accept: 'application/json',
          ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
          ...authorization,
        },
        ...(form === undefined ? {} : { body: form }),
        timeoutMs,
        allowPrivate,
        ...(ca === null ? {} : { ca: await readFile(ca, 'utf8') }),
        bytesMax: ANSWER_BYTES_MAX,
      });
      return { ...answer, body: withoutSecret(answer.body.toString('utf8'), authorization['authorization']) };
    } catch (error) {
      if (error instanceof MeasurementFailed)
        throw new NotReached(error.message, troubleOf(error.reason), { cause: error });
      if (error instanceof SecretUnavailable || isFileError(error))
        throw new NotReached(error.message, 'away', { cause: error });
      throw error;
    }
  }

  #authorization(): { readonly authorization?: string } {
    const { bearer, basic } = this.asked;
    if (bearer !== null) return { authorization: `Bearer ${resolveSecret(bearer)}` };
    if (basic === null) return {};
    const pair = Buffer.from(`${basic.user}:${resolveSecret(basic.password)}`).toString('base64');
    return { authorization: `Basic ${pair}` };
  }
}

/** Some proxies show what they were asked in the page that says no, and what is said there is logged. */
function withoutSecret(body: string, authorization = ''): string {
  const secret = authorization.slice(authorization.indexOf(' ') + 1);
  return secret === '' ? body : body.replaceAll(secret, '…');
}

function troubleOf(reason: MeasurementFailed['reason']): Trouble {
  if (reason === 'too-large') return 'too-much';
  return reason === 'timeout' ? 'slow' : 'away';
}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return (error as NodeJS.ErrnoException | null)?.syscall !== undefined;
}
