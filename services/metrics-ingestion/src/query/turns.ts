import { createHash } from 'node:crypto';
import { PartitionSession, QUERY_LOCKS, type Tx } from '@parapet/postgres';
import type { ServiceLogger } from '@parapet/telemetry';

/** Well within the time after which the server ends a session that does nothing. */
const TOUCH_MS = 1_500;

/**
 * Which instance asks a source: the one whose PostgreSQL session holds the source's advisory lock, and that moves its cursors through
 * that very session. One that was paused or cut off has lost it and can move none.
 */
export class QueryTurns {
  #session: Promise<PartitionSession> | null = null;
  #touching: NodeJS.Timeout | undefined;

  constructor(
    private readonly url: string,
    private readonly logger: ServiceLogger,
  ) {}

  /** Whether it is ours to ask a source now; a database that is away gives it to nobody. */
  async claim(name: string): Promise<boolean> {
    return await (await this.#open()).claim(keyOf(name));
  }

  /** Lets others ask. */
  async give(name: string): Promise<void> {
    const session = await this.#session?.catch(() => null);
    if (session?.owned().includes(keyOf(name)) === true) await session.give(keyOf(name));
  }

  /** Runs work in the session that holds the locks. */
  async transact<T>(tenant: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return await (await this.#open()).transact(tenant, work);
  }

  async close(): Promise<void> {
    clearInterval(this.#touching);
    const session = await this.#session?.catch(() => null);
    this.#session = null;
    await session?.close();
  }

  #open(): Promise<PartitionSession> {
    this.#session ??= this.#connect();
    return this.#session;
  }

  async #connect(): Promise<PartitionSession> {
    try {
      const session = await PartitionSession.open({
        url: this.url,
        applicationName: 'metrics-ingestion-queries',
        lockSpace: QUERY_LOCKS,
      });
      session.onLost((why) => {
        this.#session = null;
        clearInterval(this.#touching);
        this.logger.warn({ err: why }, 'lost the session that asks Prometheus; another instance may ask meanwhile');
      });
      this.#touching = setInterval(() => {
        // A touch that fails has lost the session, which tells so itself.
        session.touch().catch((error: unknown) => this.logger.debug({ err: error }, 'cannot keep the session'));
      }, TOUCH_MS).unref();
      return session;
    } catch (error) {
      this.#session = null;
      throw error;
    }
  }
}

function keyOf(name: string): number {
  return createHash('sha256').update(name).digest().readInt32BE(0);
}
