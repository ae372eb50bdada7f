import { setTimeout as pause } from 'node:timers/promises';
import { VersionConflict } from '@parapet/runtime';
import { Pool } from 'pg';
import { ConnectionUnusable, type OnProblem, runTransaction, type Tx, TYPES, warnOfProblem } from './transaction.js';

const TRIES_MAX = 8;
const BACKOFF_MS = 4;
const SERIALIZATION_FAILURE = '40001';
const DEADLOCK = '40P01';

/** How a service connects. */
export interface DatabaseOptions {
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** Connections at most. */
  readonly max?: number;
  readonly statementTimeoutMs?: number;
  readonly onProblem?: OnProblem;
}

/** A bounded pool of connections that runs transactions, each for one tenant. */
export class Database {
  private isEnding = false;

  private constructor(
    private readonly pool: Pool,
    private readonly onProblem: OnProblem,
  ) {}

  /** Makes the pool; connections are opened when first needed, so this never fails for a server that is away. */
  static connect(o: DatabaseOptions): Database {
    const onProblem = o.onProblem ?? warnOfProblem;
    const pool = new Pool({
      connectionString: o.url,
      application_name: o.applicationName,
      max: o.max ?? 10,
      connectionTimeoutMillis: 5_000,
      idleTimeoutMillis: 30_000,
      statement_timeout: o.statementTimeoutMs ?? 30_000,
      // A paused process must not hold a tenant's chain: the server ends its transaction.
      idle_in_transaction_session_timeout: 30_000,
      keepAlive: true,
      types: TYPES,
    });
    const database = new Database(pool, onProblem);
    // Without a listener a connection that drops while nobody queries it ends the process.
    pool.on('error', (error) => {
      if (!database.isEnding) onProblem(new Error('a PostgreSQL connection was lost while idle', { cause: error }));
    });
    // A connection in use reports its loss through the query that fails; the event itself needs no second report.
    pool.on('connect', (client) => void client.on('error', () => {}));
    return database;
  }

  /** Runs work in one transaction that sees the tenant's rows (`*`: all tenants'). */
  async transact<T>(tenant: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let isUsable = true;
    try {
      return await runTransaction(client, tenant, work, this.onProblem);
    } catch (error) {
      if (error instanceof ConnectionUnusable) isUsable = false;
      throw error;
    } finally {
      client.release(!isUsable);
    }
  }

  /** As `transact`, and again from the start where the stream moved on or PostgreSQL asks for it; eight times at most. */
  async transactRetrying<T>(tenant: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.transact(tenant, work);
      } catch (error) {
        if (tries >= TRIES_MAX || !isWorthRetrying(error)) throw error;
        // Full jitter: those who collided must not meet again.
        await pause(Math.random() * BACKOFF_MS * 2 ** tries);
      }
    }
  }

  /** Resolves when the server answers. */
  async ping(): Promise<void> {
    await this.pool.query('SELECT 1');
  }

  /** Closes all connections once their transactions are over. */
  async end(): Promise<void> {
    this.isEnding = true;
    await this.pool.end();
  }
}

/** Whether the same transaction may succeed when run again from its start. */
export function isWorthRetrying(error: unknown): boolean {
  if (error instanceof VersionConflict) return true;
  const code = (error as { code?: unknown } | null)?.code;
  return code === SERIALIZATION_FAILURE || code === DEADLOCK;
}
