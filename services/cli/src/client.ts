import type { Problem } from '@parapet/contracts';
import { EXIT, Failure } from './exit.js';
import type { World } from './world.js';

/** The address does not answer; said by a network, a proxy, or a server on its way up or down. */
export class CannotReach extends Failure {
  constructor(server: string, why: string, options?: ErrorOptions) {
    super(
      EXIT.refused,
      `cannot reach Parapet at ${server}: ${why}; check that it runs and that --server or PARAPET_URL is right`,
      { error: 'cannot-reach', server, why },
      options,
    );
  }
}

/** Parapet answered, and said no. */
export class Refused extends Failure {
  constructor(
    readonly problem: Problem,
    readonly status: number,
  ) {
    super(EXIT.refused, sentenceOf(problem), problem);
  }
}

export interface CallOptions {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** The revision that was read, for changes that need it. */
  readonly ifMatch?: number;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 15_000;
/** Answers that say "not now": a restart, a full store, a proxy without its server. */
const NOT_NOW = new Set([429, 502, 503, 504]);
const TRIES = 4;

/** Speaks the REST API. Reads and keyed changes are repeated over a short trouble; the same key makes that safe. */
export class Client {
  constructor(
    private readonly world: World,
    private readonly server: string,
    private readonly token: string,
    private readonly key: string | undefined,
  ) {}

  /** Reads. */
  async get<T>(path: string, options: CallOptions = {}): Promise<T> {
    return this.retrying(() => this.call<T>('GET', path, undefined, options, {}));
  }

  /** Reads once; the caller waits for a better moment by itself. */
  async getOnce<T>(path: string, options: CallOptions = {}): Promise<T> {
    return this.call<T>('GET', path, undefined, options, {});
  }

  /** Asks with a body: changes nothing, so it needs no key. */
  async ask<T>(path: string, body: unknown, options: CallOptions = {}): Promise<T> {
    return this.retrying(() => this.call<T>('POST', path, body, options, {}));
  }

  /** Changes, under one idempotency key however often it is tried. */
  async post<T>(path: string, body: unknown, options: CallOptions = {}): Promise<T> {
    const headers = { 'Idempotency-Key': this.key ?? this.world.makeKey() };
    return this.retrying(() => this.call<T>('POST', path, body, options, headers));
  }

  private async retrying<T>(call: () => Promise<T>): Promise<T> {
    for (let tried = 1; ; tried++) {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof CannotReach) || tried === TRIES) throw error;
        await this.world.sleep(250 * 2 ** (tried - 1));
      }
    }
  }

  private async call<T>(
    method: 'GET' | 'POST',
    path: string,
    body: unknown,
    options: CallOptions,
    headers: Readonly<Record<string, string>>,
  ): Promise<T> {
    const url = new URL(path, this.server);
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const response = await this.send(url, {
      method,
      // A redirect would carry the token to wherever it points.
      redirect: 'manual',
      signal: AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS),
      headers: {
        Accept: 'application/json',
        Authorization: `Bearer ${this.token}`,
        ...headers,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(options.ifMatch === undefined ? {} : { 'If-Match': `"${options.ifMatch}"` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return this.read<T>(response.status, response.text);
  }

  private async send(url: URL, init: RequestInit): Promise<{ status: number; text: string }> {
    try {
      const response = await this.world.fetch(url, init);
      return { status: response.status, text: await response.text() };
    } catch (error) {
      throw new CannotReach(this.server, reasonOf(error), { cause: error });
    }
  }

  private read<T>(status: number, text: string): T {
    const isGood = status >= 200 && status < 300;
    if (isGood && text === '') return undefined as T;
    const value = parsed(text);
    if (isGood && value !== undefined) return value as T;
    if (isGood) throw new CannotReach(this.server, `what answers there is not Parapet (${status}, not JSON)`);
    if (NOT_NOW.has(status)) throw new CannotReach(this.server, problemOf(value)?.detail ?? `it answered ${status}`);
    const problem = problemOf(value);
    if (problem === null) throw new CannotReach(this.server, `what answers there is not Parapet (${status})`);
    throw new Refused(problem, status);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whoever answers in another language is not Parapet; the caller says so with the status.
    return undefined;
  }
}

function problemOf(value: unknown): Problem | null {
  const isProblem = typeof value === 'object' && value !== null && 'code' in value && 'detail' in value;
  return isProblem ? (value as Problem) : null;
}

function reasonOf(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'no answer in time';
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  switch (cause?.code) {
    case 'ECONNREFUSED':
      return 'nothing listens there';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the name cannot be resolved';
    case 'ECONNRESET':
    case 'UND_ERR_SOCKET':
      return 'the connection was cut';
    default:
      return cause?.code ?? cause?.message ?? (error as Error).message;
  }
}

const ADVICE: Readonly<Record<string, string>> = {
  unauthenticated: 'check PARAPET_TOKEN or --token-file',
  forbidden: 'ask for a token with the right role',
  changed: 'look at it again, then answer',
  'key-reused': 'leave out --idempotency-key, or use a new one',
};

function sentenceOf(problem: Problem): string {
  const field = problem.field === undefined ? '' : ` (${problem.field})`;
  const advice = ADVICE[problem.code];
  return `${problem.detail}${field}${advice === undefined ? '' : `; ${advice}`}`;
}
