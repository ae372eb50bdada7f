import pg from 'pg';
import { MeasurementFailed, type FailureReason } from '../probe.js';
import { bind } from './bind.js';

export type Row = Readonly<Record<string, unknown>>;
/** Runs one statement with named parameters inside the transaction it was given for. */
export type Query = (text: string, parameters: Readonly<Record<string, unknown>>) => Promise<readonly Row[]>;

const LOCK_TIMEOUT_MS = 1_000;
const IDLE_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** How much longer than the server's own limit we wait before the line counts as dead. */
const GRACE_MS = 2_000;

/** Where a measured database is, and how long it may be kept busy. */
export interface ReadOnlyDatabaseOptions {
  /** Asked before each new set of connections, so that an exchanged secret is taken up; throws where there is none. */
  readonly url: () => string;
  readonly statementTimeoutMs: number;
  /** As many as measurements may reach it at once: who waits for a connection must not be taken for a dead target; absent: one. */
  readonly connectionsMax?: number;
}

/**
 * A database that is measured, read politely: few connections, read-only transactions with short limits, times in UTC.
 * Anything that goes wrong becomes a MeasurementFailed and costs the connection, so that no odd state outlives it.
 */
export class ReadOnlyDatabase {
  readonly #options: ReadOnlyDatabaseOptions;
  #pool: pg.Pool | null = null;

  constructor(options: ReadOnlyDatabaseOptions) {
    this.#options = options;
  }

  /** Runs the work in one read-only snapshot. Throws MeasurementFailed and nothing else. */
  async read<T>(work: (query: Query) => Promise<T>): Promise<T> {
    try {
      this.#pool ??= this.#connect();
      return await transaction(this.#pool, work);
    } catch (error) {
      const failure = failureOf(error);
      if (failure.reason === 'refused' || failure.reason === 'unreachable') await this.close();
      throw failure;
    }
  }

  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = null;
    await pool?.end();
  }

  #connect(): pg.Pool {
    const { statementTimeoutMs, connectionsMax = 1 } = this.#options;
    const pool = new pg.Pool({
      connectionString: this.#url(),
      application_name: 'parapet-kpi-probing',
      max: connectionsMax,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      idleTimeoutMillis: 5 * 60_000,
      query_timeout: statementTimeoutMs + GRACE_MS,
      keepAlive: true,
      verify: (client, done) => {
        client.query(sessionSettings(statementTimeoutMs)).then(() => done(), done);
      },
    });
    // A connection lost while idle is replaced at the next measurement; without a listener it would end the process.
    pool.on('error', () => undefined);
    return pool;
  }

  #url(): string {
    try {
      return this.#options.url();
    } catch (error) {
      throw new MeasurementFailed('refused', error instanceof Error ? error.message : String(error), { cause: error });
    }
  }
}

async function transaction<T>(pool: pg.Pool, work: (query: Query) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  const query: Query = async (text, parameters) => (await client.query<Row>(bind(text, parameters))).rows;
  let isDone = false;
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const result = await work(query);
    await client.query('COMMIT');
    isDone = true;
    return result;
  } finally {
    client.release(!isDone);
  }
}

/**
 * Asked of the server itself, so that they hold whatever happens to us. Every statement is written to be answered by
 * indexes: a planner with old statistics must not choose to read a large table after all. Compiling costs more than the
 * short statements themselves.
 */
function sessionSettings(statementTimeoutMs: number): string {
  return `SET default_transaction_read_only = on;
    SET statement_timeout = ${Math.round(statementTimeoutMs)};
    SET lock_timeout = ${LOCK_TIMEOUT_MS};
    SET idle_in_transaction_session_timeout = ${IDLE_TIMEOUT_MS};
    SET enable_seqscan = off;
    SET jit = off;
    SET TIME ZONE 'UTC'`;
}

const REASONS: Readonly<Record<string, FailureReason>> = {
  '57014': 'timeout',
  '55P03': 'locked',
  '42P01': 'missing',
  '42703': 'missing',
  '3D000': 'missing',
  '42501': 'refused',
  '28000': 'refused',
  '28P01': 'refused',
  '25006': 'refused',
  '40001': 'standby-conflict',
};

/** Translates an error of the driver, the server or the network into why there is no number. */
export function failureOf(error: unknown): MeasurementFailed {
  if (error instanceof MeasurementFailed) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const text = typeof message === 'string' && message !== '' ? message : String(error);
  return new MeasurementFailed(reasonOf(String(code ?? ''), text), text, { cause: error });
}

/** Codes with which Node says that it does not trust the certificate shown. */
const CERTIFICATE = /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

function reasonOf(code: string, text: string): FailureReason {
  const known = REASONS[code];
  if (known !== undefined) return known;
  if (text.startsWith('Query read timeout')) return 'timeout';
  // An address that is none (Node's own word for it).
  if (code === 'ERR_INVALID_URL') return 'refused';
  // Classes 08 (connection), 53 (no slots) and 57P (shutting down), network errors, certificates, and the driver's own words.
  const isAway =
    /^(08|53|57P)/.test(code) ||
    /^E(?!RR_)[A-Z_]+$/.test(code) ||
    CERTIFICATE.test(code) ||
    /connection|timeout expired/i.test(text);
  return isAway ? 'unreachable' : 'defect';
}
