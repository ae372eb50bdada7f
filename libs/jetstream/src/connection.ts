import { JetStreamApiError, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { type ConnectionOptions, type NatsConnection, connect } from '@nats-io/transport-node';
import type { ConnectionStatus } from './connection-status.js';
import { WindowedPublisher } from './publisher.js';

export interface ConnectOptions {
  /** One or several `nats://host:port`, separated by commas. */
  readonly url: string;
  readonly user?: string;
  readonly password?: string;
  /** Shown by the server; also names the inboxes this client may listen to. */
  readonly name: string;
  /** How long the first connection may take before we say that nobody answers. */
  readonly firstConnectMs?: number;
}

/** One connection to a NATS server with JetStream; comes back by itself, for ever. */
export class JetStreamConnection {
  #isConnected = true;
  readonly #listeners = new Set<(status: ConnectionStatus) => void>();
  #publisher: WindowedPublisher | undefined;

  private constructor(
    /** The bare client; only this library uses it. */
    readonly nats: NatsConnection,
    /** Stream and consumer administration. */
    readonly manager: JetStreamManager,
    readonly inboxPrefix: string,
  ) {
    void this.#watch();
  }

  /** Wraps a client that is connected. */
  static async over(nats: NatsConnection, inboxPrefix: string): Promise<JetStreamConnection> {
    // checkAPI asks `$JS.API.INFO`, which our service users need no right for.
    const manager = await jetstreamManager(nats, { checkAPI: false, timeout: 5_000 });
    return new JetStreamConnection(nats, manager, inboxPrefix);
  }

  get isConnected(): boolean {
    return this.#isConnected && !this.nats.isClosed();
  }

  /** The server's version, such as `2.9.10`. */
  get serverVersion(): string {
    return this.nats.info?.version ?? '0.0.0';
  }

  /** Whether the server is at least this version; newer features hide behind this. */
  isAtLeast(major: number, minor: number): boolean {
    const [foundMajor = 0, foundMinor = 0] = this.serverVersion.split('.').map(Number);
    return foundMajor > major || (foundMajor === major && foundMinor >= minor);
  }

  /** The publisher of this connection; one window of unconfirmed messages for all its users. */
  publisher(): WindowedPublisher {
    this.#publisher ??= new WindowedPublisher(this);
    return this.#publisher;
  }

  /** Tells of every change; answers how to stop listening. */
  onStatus(listener: (status: ConnectionStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whether the server answers at all; rejects when it does not within two seconds. */
  async ping(): Promise<void> {
    if (!this.isConnected) throw new Error('not connected to NATS');
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('NATS did not answer within 2 s')), 2_000);
    });
    try {
      await Promise.race([this.nats.flush(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits for what is unconfirmed, sends what is buffered, then closes. */
  async close(): Promise<void> {
    await this.#publisher?.idle();
    if (this.nats.isClosed()) return;
    // Draining waits for the server; without one there is nothing to drain to.
    if (this.#isConnected) await this.nats.drain();
    else await this.nats.close();
  }

  async #watch(): Promise<void> {
    for await (const status of this.nats.status()) {
      switch (status.type) {
        case 'disconnect':
        case 'staleConnection':
          this.#isConnected = false;
          this.#tell({ kind: 'disconnected' });
          break;
        case 'reconnect':
          this.#isConnected = true;
          this.#tell({ kind: 'reconnected' });
          break;
        case 'error':
          this.#tell({ kind: 'error', error: status.error });
          break;
        default:
      }
    }
    this.#isConnected = false;
    this.#tell({ kind: 'closed' });
  }

  #tell(status: ConnectionStatus): void {
    for (const listener of [...this.#listeners]) listener(status);
  }
}

/**
 * Connects to NATS and keeps connected: the first connection must succeed within `firstConnectMs` (10 s), later ones are tried for ever.
 */
export async function connectJetStream(options: ConnectOptions): Promise<JetStreamConnection> {
  const inboxPrefix = `_INBOX_${(options.user ?? options.name).replace(/[^A-Za-z0-9_-]/g, '-')}`;
  const settings: ConnectionOptions = {
    servers: options.url.split(',').map((server) => server.trim()),
    name: options.name,
    inboxPrefix,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 100,
    // A half-open connection is noticed within ten seconds instead of four minutes.
    pingInterval: 5_000,
    maxPingOut: 2,
    timeout: 5_000,
    // A server that reloads its users refuses for a moment; that is no reason to give up for good.
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
    ...(options.user === undefined ? {} : { user: options.user, pass: options.password ?? '' }),
  };
  const deadlineMs = Date.now() + (options.firstConnectMs ?? 10_000);
  for (;;) {
    try {
      return await JetStreamConnection.over(await connect(settings), inboxPrefix);
    } catch (cause) {
      const isRefusedUser = cause instanceof Error && cause.name === 'AuthorizationError';
      if (isRefusedUser || Date.now() >= deadlineMs) {
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new Error(
          `cannot reach NATS at ${withoutCredentials(options.url)}: ${why}. Start a nats-server with JetStream there, or set NATS_URL (and NATS_USER, NATS_PASSWORD) to one.`,
          { cause },
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** Whether the server said that there is no such stream or consumer. */
export function isNotFound(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.status === 404;
}

function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^@/]*@/g, '//');
}
