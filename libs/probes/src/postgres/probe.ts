import { unreachable, type InstantMs } from '@parapet/kernel';
import type { SampleValue } from '@parapet/signals';
import type { ReadOnlyDatabase, Query, Row } from '../sql/read-only-database.js';
import { presentMeasure, type Finding, type Look } from '../present.js';
import { MeasurementFailed, type Measure, type Probe } from '../probe.js';
import type { PostgresKpi, PostgresSettings } from './config.js';
import { slowShare, type StatementsReading } from './slow-statements.js';
import { StandbyWatch } from './standbys.js';
import * as sql from './statements.js';

/** The signals of each KPI, by their names on the wire. */
export const SIGNALS = {
  locks: ['postgres.sessions.blocked', 'postgres.lock.wait'],
  transactions: ['postgres.transaction.oldest', 'postgres.transaction.idle'],
  counters: ['postgres.deadlocks', 'postgres.rollbacks'],
  connections: ['postgres.connections.left'],
  replication: ['postgres.replication.lag'],
  vacuum: ['postgres.vacuum.behind', 'postgres.wraparound.age'],
  statements: ['postgres.statements.slow'],
} as const satisfies Record<PostgresKpi, readonly string[]>;

/** A difference over more than this many intervals says little about when it happened. */
const GAP_INTERVALS_MAX = 4;

/** What a probe of PostgreSQL is made of. */
export interface PostgresOptions {
  /** `<workload>/<probe>`. */
  readonly name: string;
  /** The probe's own name: a dimension of every sample. */
  readonly instance: string;
  readonly everyMs: number;
  readonly settings: PostgresSettings;
  readonly database: ReadOnlyDatabase;
  /** Names the database among the targets without giving its address away. */
  readonly target: string;
  readonly nowMs: () => InstantMs;
}

/** Measures the health of one database and its server, as the primary sees it, one KPI at a time. */
export class PostgresProbe implements Probe {
  readonly measures: readonly Measure[];
  readonly #options: PostgresOptions;
  readonly #standbys = new StandbyWatch();
  #statements: StatementsReading | null = null;

  constructor(options: PostgresOptions) {
    this.#options = options;
    const { name, instance, everyMs, settings, target, nowMs } = options;
    this.measures = settings.kpis.map((kpi) =>
      presentMeasure({
        probe: name,
        kpi,
        target,
        everyMs,
        nowMs,
        signals: SIGNALS[kpi],
        dimensions: { instance },
        look: () => this.#look(kpi),
      }),
    );
  }

  async close(): Promise<void> {
    await this.#options.database.close();
  }

  async #look(kpi: PostgresKpi): Promise<Look> {
    return await this.#options.database.read(async (query) => {
      await mustSeeAll(query);
      return await this.#read(kpi, query);
    });
  }

  async #read(kpi: PostgresKpi, query: Query): Promise<Look> {
    const { settings } = this.#options;
    switch (kpi) {
      case 'locks': {
        const row = await one(query, sql.LOCKS);
        return looked(
          gauge('postgres.sessions.blocked', row, 'blocked'),
          gauge('postgres.lock.wait', row, 'longest_s'),
        );
      }
      case 'transactions': {
        const row = await one(query, sql.TRANSACTIONS);
        return looked(
          gauge('postgres.transaction.oldest', row, 'oldest_s'),
          gauge('postgres.transaction.idle', row, 'idle_s'),
        );
      }
      case 'counters': {
        const row = await one(query, sql.COUNTERS);
        return looked(
          count('postgres.deadlocks', row, 'deadlocks', 'counted_s'),
          count('postgres.rollbacks', row, 'rollbacks', 'transactions'),
        );
      }
      case 'connections':
        return looked(gauge('postgres.connections.left', await one(query, sql.CONNECTIONS), 'connections_left'));
      case 'replication':
        return this.#replication(await query(sql.STANDBYS, {}));
      case 'vacuum': {
        const row = await one(query, sql.VACUUM, { dead_ratio: settings.deadRatio, table_rows: settings.tableRows });
        const worst = row.worst as readonly string[];
        const look = looked(
          gauge('postgres.vacuum.behind', row, 'behind'),
          gauge('postgres.wraparound.age', row, 'xid_age'),
        );
        return worst.length === 0 ? look : { ...look, notes: [`autovacuum is behind on ${worst.join(', ')}`] };
      }
      case 'statements':
        return await this.#slowStatements(query);
      default:
        return unreachable(kpi);
    }
  }

  #replication(rows: readonly Row[]): Look {
    const { nowMs, settings } = this.#options;
    const lags = this.#standbys.lags(
      rows.map((row) => ({
        standby: String(row.standby),
        lagS: row.lag_s === null ? null : numberOf(row, 'lag_s'),
        replayed: numberOf(row, 'replayed'),
        written: numberOf(row, 'written'),
      })),
      nowMs(),
    );
    const signal = 'postgres.replication.lag';
    const found = [...lags].map(([standby, lagS]): Finding => {
      const value: SampleValue =
        lagS === null ? { kind: 'gap', reason: 'too-few-samples' } : { kind: 'gauge', value: lagS };
      return { signal, value, dimensions: { standby } };
    });
    const gone = settings.standbys.filter((standby) => !lags.has(standby));
    const missing = gone.map((standby): Finding => ({ signal, value: NO_SERIES, dimensions: { standby } }));
    const none: readonly Finding[] = found.length + missing.length === 0 ? [{ signal, value: NO_SERIES }] : [];
    const notes = gone.map((standby) => `the standby ${standby} is not connected`);
    if (none.length > 0) notes.push('no standby is connected to this server');
    return { findings: [...found, ...missing, ...none], rows: rows.length, notes };
  }

  async #slowStatements(query: Query): Promise<Look> {
    const { everyMs, nowMs, settings } = this.#options;
    const now = await readStatements(query, settings.statementsMax, nowMs());
    const last = this.#statements;
    this.#statements = now;
    const signal = 'postgres.statements.slow';
    const isComparable = last !== null && now.atMs - last.atMs <= GAP_INTERVALS_MAX * everyMs;
    if (!isComparable) {
      const notes = ['calls are counted from this reading on: the next one has a share'];
      return {
        findings: [{ signal, value: { kind: 'gap', reason: 'too-few-samples' } }],
        rows: now.counters.size,
        notes,
      };
    }
    const { slow, calls } = slowShare(last, now, settings.slow);
    return { findings: [{ signal, value: { kind: 'count', count: slow, of: calls } }], rows: now.counters.size };
  }
}

const NO_SERIES: SampleValue = { kind: 'gap', reason: 'no-series' };

/** Refuses to look where what is seen would be less than there is. */
async function mustSeeAll(query: Query): Promise<void> {
  const row = await one(query, sql.STANDING);
  if (row.is_replica === true) {
    throw new MeasurementFailed('missing', 'this server is a replica and shows only itself: connect to the primary');
  }
  if (row.sees_all !== true) {
    const role = String(row.role);
    const text = `the role ${role} does not see the sessions of others: GRANT pg_monitor TO ${role}`;
    throw new MeasurementFailed('refused', text);
  }
}

async function readStatements(query: Query, most: number, atMs: InstantMs): Promise<StatementsReading> {
  const [extension] = await query(sql.STATEMENTS_SCHEMA, {});
  if (extension === undefined) throw new MeasurementFailed('missing', INSTALL);
  const schema = String(extension.schema);
  const rows = await asLoaded(query(sql.statementCounters(schema), { most: most + 1 }));
  if (rows.length > most) {
    const text = `pg_stat_statements holds more than ${most} statements: raise statementsMax to its pg_stat_statements.max`;
    throw new MeasurementFailed('too-large', text);
  }
  const reset = extension.tells_reset === true ? await one(query, sql.statementsReset(schema)) : null;
  const counters = rows.map((row) => {
    const statement = String(row.statement);
    return [statement, { statement, calls: numberOf(row, 'calls'), ms: numberOf(row, 'ms') }] as const;
  });
  return { atMs, resetS: reset === null ? null : numberOf(reset, 'reset_s'), counters: new Map(counters) };
}

const INSTALL =
  'pg_stat_statements is not installed: add it to shared_preload_libraries, restart, and run ' +
  'CREATE EXTENSION pg_stat_statements in this database; or leave statements out of kpis';

/** The extension may be created in a server that does not load its library: then reading it is an error of its own. */
async function asLoaded(reading: Promise<readonly Row[]>): Promise<readonly Row[]> {
  try {
    return await reading;
  } catch (error) {
    const isNotLoaded = (error as { code?: unknown }).code === '55000';
    throw isNotLoaded ? new MeasurementFailed('missing', INSTALL, { cause: error }) : error;
  }
}

async function one(query: Query, text: string, parameters: Readonly<Record<string, unknown>> = {}): Promise<Row> {
  const [row] = await query(text, parameters);
  if (row === undefined) throw new MeasurementFailed('defect', 'a statement that answers one row answered none');
  return row;
}

function looked(...findings: readonly Finding[]): Look {
  return { findings, rows: 1 };
}

function gauge(signal: string, row: Row, column: string): Finding {
  return { signal, value: { kind: 'gauge', value: numberOf(row, column) } };
}

function count(signal: string, row: Row, column: string, of: string): Finding {
  return { signal, value: { kind: 'count', count: numberOf(row, column), of: numberOf(row, of) } };
}

/** Absence is never 0. */
function numberOf(row: Row, column: string): number {
  const value = row[column];
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new MeasurementFailed('defect', `column ${column} is ${String(value)}, not a number`);
}
