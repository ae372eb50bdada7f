import { isIP } from 'node:net';
import { Redis } from 'ioredis';
import { MeasurementFailed, type FailureReason } from '../probe.js';

/** Where a Redis is, and how long it may take. */
export interface RedisServerOptions {
  /** Asked before each connection, so that an exchanged secret is taken up; throws where there is none. */
  readonly url: () => string;
  /** The certificate authorities to trust of a server that speaks TLS, as PEM; undefined: the well-known ones. Throws MeasurementFailed. */
  readonly ca: () => string | undefined;
  /** For connecting, and for each command. */
  readonly timeoutMs: number;
}

/**
 * One Redis, read over a connection of its own each time: no queue, no second try, no state that outlives a measurement. It sends
 * nothing that the work does not ask for, so that the role needs few rights.
 */
export class RedisServer {
  constructor(private readonly options: RedisServerOptions) {}

  /** Throws MeasurementFailed and nothing else. */
  async read<T>(work: (client: Redis) => Promise<T>): Promise<T> {
    const { timeoutMs } = this.options;
    const url = this.#url();
    const client = new Redis(url, {
      ...(url.startsWith('rediss:') ? { tls: tlsOf(url, this.options.ca()) } : {}),
      lazyConnect: true,
      protocol: 2,
      connectTimeout: timeoutMs,
      commandTimeout: timeoutMs,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      disconnectTimeout: 100,
      // Both would ask for more than the measurement does.
      enableReadyCheck: false,
      disableClientInfo: true,
    });
    // The promise of connecting says only that it failed; the event says why.
    let lost: unknown = null;
    client.on('error', (error) => (lost ??= error));
    try {
      await client.connect();
      return await work(client);
    } catch (error) {
      throw failureOf(lost ?? error);
    } finally {
      client.disconnect();
    }
  }

  #url(): string {
    let url: string;
    try {
      url = this.options.url();
    } catch (error) {
      throw new MeasurementFailed('refused', error instanceof Error ? error.message : String(error), { cause: error });
    }
    // Anything else the client would take for a host or a socket; the text itself may be a secret.
    if (!/^rediss?:$/.test(URL.parse(url)?.protocol ?? '')) {
      throw new MeasurementFailed('refused', 'the connection is no address of the form redis:// or rediss://');
    }
    return url;
  }
}

/** A `tls` of ours takes the place of the one that the address alone would give; the name to be proven is the address's. */
function tlsOf(url: string, ca: string | undefined): { servername?: string; ca?: string } {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  // An address of digits is no name that TLS may be told; the certificate has to hold it all the same.
  return { ...(isIP(host) === 0 ? { servername: host } : {}), ...(ca === undefined ? {} : { ca }) };
}

const REASONS: readonly (readonly [RegExp, FailureReason])[] = [
  [/^(NOAUTH|WRONGPASS|NOPERM)|invalid password|without any password/i, 'refused'],
  [/^ERR unknown (sub)?command/i, 'missing'],
  [/^(LOADING|BUSY|MASTERDOWN|CLUSTERDOWN)|max number of clients|Connection is closed/i, 'unreachable'],
  [/timed out|ETIMEDOUT/i, 'timeout'],
];

/** Translates an error of the client, the server or the network into why there is no number. */
function failureOf(error: unknown): MeasurementFailed {
  if (error instanceof MeasurementFailed) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const text = typeof message === 'string' && message !== '' ? message : String(code ?? error);
  const known = REASONS.find(([pattern]) => pattern.test(text))?.[1];
  const isAway = typeof code === 'string' && /^(E[A-Z]+|CERT_|DEPTH_|UNABLE_|SELF_)/.test(code);
  return new MeasurementFailed(known ?? (isAway ? 'unreachable' : 'defect'), text, { cause: error });
}
