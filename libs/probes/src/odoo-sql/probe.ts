import { formatInstant, unreachable, type InstantMs } from '@parapet/kernel';
import type { Sample } from '@parapet/signals';
import { MeasurementFailed, type Measure, type Measured, type Measurement, type Probe } from '../probe.js';
import type { Window } from '../windows.js';
import { readClock } from './clock.js';
import type { Kpi, OdooSqlSettings } from './config.js';
import type { OdooDatabase, Query, Row } from './connection.js';
import { COLUMNS_SQL, dialectOf, missingFrom, type Columns, type Dialect } from './dialect.js';
import { numberOf, orderSuccess, posSync, SampleMaker, SIGNALS, stockUpdate } from './samples.js';
import * as sql from './statements.js';

/** How long the columns found stay believed: a release may change them. */
const COLUMNS_VALID_MS = 10 * 60_000;
const TABLES = [
  'sale_order',
  'sale_order_transaction_rel',
  'payment_transaction',
  'payment_acquirer',
  'payment_provider',
  'pos_order',
  'pos_session',
  'pos_payment',
  'stock_picking',
  'ir_logging',
  'res_company',
];

/** What an Odoo probe is made of. */
export interface OdooSqlOptions {
  /** `<workload>/<probe>`. */
  readonly name: string;
  readonly everyMs: number;
  readonly settings: OdooSqlSettings;
  readonly database: OdooDatabase;
  /** Names the database among the targets without giving its address away. */
  readonly target: string;
  readonly nowMs: () => InstantMs;
}

/** Measures the business of an Odoo shop by SQL, one KPI and window at a time. */
export class OdooSqlProbe implements Probe {
  readonly measures: readonly Measure[];
  readonly #options: OdooSqlOptions;
  readonly #maker: SampleMaker;
  #columns: { readonly found: Columns; readonly untilMs: InstantMs } | null = null;

  constructor(options: OdooSqlOptions) {
    this.#options = options;
    this.#maker = new SampleMaker(options.name, options.settings.company);
    this.measures = options.settings.kpis.map((kpi) => this.#measureOf(kpi));
  }

  async close(): Promise<void> {
    await this.#options.database.close();
  }

  #measureOf(kpi: Kpi): Measure {
    const { settings, everyMs, target } = this.#options;
    // An order is judged once every payment begun in its window had the time to end.
    const delayMs = kpi === 'order-success' ? settings.grace : settings.delay;
    return {
      kpi,
      target,
      rhythm: { everyMs, delayMs, backfillMs: settings.backfill },
      asOf: async () => (await this.#clock()).asOfMs,
      lagMs: async () => (await this.#clock()).lagMs,
      measure: (windows) => this.#measure(kpi, windows, delayMs),
      gaps: (toMs) => SIGNALS[kpi].map((signal) => this.#maker.gap(signal, toMs)),
    };
  }

  async #clock(): Promise<{ readonly asOfMs: InstantMs; readonly lagMs: number }> {
    const { nowMs, lagMs } = await this.#options.database.read(readClock);
    if (lagMs === null) throw new MeasurementFailed('unreachable', 'the copy cannot tell how far behind it is');
    return { asOfMs: nowMs - lagMs, lagMs };
  }

  async #measure(kpi: Kpi, windows: readonly Window[], delayMs: number): Promise<Measured> {
    try {
      return await this.#options.database.read(async (query) => {
        const columns = await this.#detect(query);
        const reading = new Reading(
          query,
          columns,
          parametersOf(this.#options.settings, windows, delayMs),
          windows.length,
        );
        const samples = await this.#read(kpi, windows, reading, dialectOf(columns));
        return { measurements: samples, rows: reading.rows };
      });
    } catch (error) {
      // After an upgrade other columns may be there: look again before the next try.
      this.#columns = null;
      throw error;
    }
  }

  async #read(
    kpi: Kpi,
    windows: readonly Window[],
    reading: Reading,
    dialect: Dialect,
  ): Promise<readonly Measurement[]> {
    const maker = this.#maker;
    switch (kpi) {
      case 'order-success': {
        const rows = await reading.one(sql.webCheckout(dialect));
        return windows.map((window, i) => measurement(window, orderSuccess(maker, window, rowAt(rows, i))));
      }
      case 'pos-sync': {
        const { settings } = this.#options;
        const isTruncated = await reading.truncated(settings.logDb ? ['pos_order', 'ir_logging'] : ['pos_order']);
        const tills = await reading.all(sql.posSync(dialect));
        const mismatch = await reading.one(sql.posMismatch);
        const refused = await this.#refused(reading);
        return windows.map((window, i) => {
          if (isTruncated[i] === true) return this.#truncated(kpi, window);
          const paymentMismatch = numberOf(rowAt(mismatch, i), 'payment_mismatch');
          const rows = { tills: tills[i] ?? [], paymentMismatch, refused: refused[i] as number };
          return measurement(window, posSync(maker, window, rows, settings));
        });
      }
      case 'stock-update': {
        const isTruncated = await reading.truncated(['stock_picking']);
        const rows = await reading.all(sql.posStockDelay);
        const modes = (await reading.timeless(sql.stockModes)).map((row) => String(row.mode));
        return windows.map((window, i) =>
          isTruncated[i] === true
            ? this.#truncated(kpi, window)
            : measurement(window, stockUpdate(maker, window, rows[i] ?? [], modes)),
        );
      }
      default:
        return unreachable(kpi);
    }
  }

  async #refused(reading: Reading): Promise<readonly number[]> {
    if (this.#options.settings.logDb)
      return (await reading.one(sql.loggedErrors)).map((row) => numberOf(row, 'pos_messages'));
    return (await reading.one(sql.posGaps)).map((row) => numberOf(row, 'id_gap') + numberOf(row, 'edge_gap'));
  }

  #truncated(kpi: Kpi, window: Window): Measurement {
    return { window, samples: SIGNALS[kpi].map((signal) => this.#maker.gap(signal, window.toMs)), isTruncated: true };
  }

  async #detect(query: Query): Promise<Columns> {
    const nowMs = this.#options.nowMs();
    if (this.#columns !== null && nowMs < this.#columns.untilMs) return this.#columns.found;
    const rows = await query(COLUMNS_SQL, { tables: TABLES });
    const found = new Map(rows.map((row) => [String(row.table), new Set(row.columns as string[])]));
    this.#columns = { found, untilMs: nowMs + COLUMNS_VALID_MS };
    return found;
  }
}

function measurement(window: Window, samples: readonly Sample[]): Measurement {
  return { window, samples, isTruncated: false };
}

function rowAt(rows: readonly Row[], i: number): Row {
  const row = rows[i];
  if (row === undefined) throw new MeasurementFailed('defect', `no row for window ${i + 1}`);
  return row;
}

/** Runs statements over the windows; refuses those whose tables are not there, and counts the rows read. */
class Reading {
  rows = 0;

  constructor(
    private readonly query: Query,
    private readonly columns: Columns,
    private readonly parameters: Readonly<Record<string, unknown>>,
    private readonly windows: number,
  ) {}

  /** The rows of each window. */
  async all(statement: sql.Statement): Promise<readonly (readonly Row[])[]> {
    const rows = await this.#run(statement, sql.overWindows(statement.text));
    const byWindow: Row[][] = Array.from({ length: this.windows }, () => []);
    for (const row of rows) byWindow[Number(row.window_n) - 1]?.push(row);
    return byWindow;
  }

  /** The one row of each window. */
  async one(statement: sql.Statement): Promise<readonly Row[]> {
    return (await this.all(statement)).map(([row]) => {
      if (row === undefined) throw new MeasurementFailed('defect', `${statement.name} answered no row`);
      return row;
    });
  }

  /** The rows of a statement that asks about no window. */
  async timeless(statement: sql.Statement): Promise<readonly Row[]> {
    return await this.#run(statement, statement.text);
  }

  /** Which windows begin before what the tails of these tables reach. */
  async truncated(tables: readonly string[]): Promise<readonly boolean[]> {
    const found = Array.from({ length: this.windows }, () => false);
    for (const table of tables) {
      (await this.one(sql.tailReach(table))).forEach((row, i) => {
        if (row.truncated === true) found[i] = true;
      });
    }
    return found;
  }

  async #run(statement: sql.Statement, text: string): Promise<readonly Row[]> {
    const missing = missingFrom(this.columns, statement.needs);
    if (missing.length > 0) {
      throw new MeasurementFailed(
        'missing',
        `${statement.name} needs ${missing.join(', ')}: not there, or not readable`,
      );
    }
    const rows = await this.query(text, this.parameters);
    this.rows += rows.length;
    return rows;
  }
}

/** The values of the named parameters of every statement; each window is judged a delay after its end. */
export function parametersOf(
  settings: OdooSqlSettings,
  windows: readonly Window[],
  delayMs: number,
): Readonly<Record<string, unknown>> {
  return {
    froms: windows.map(({ fromMs }) => utcText(fromMs)),
    tos: windows.map(({ toMs }) => utcText(toMs)),
    as_ofs: windows.map(({ toMs }) => utcText(toMs + delayMs)),
    span_from: utcText(Math.min(...windows.map(({ fromMs }) => fromMs))),
    span_to: utcText(Math.max(...windows.map(({ toMs }) => toMs))),
    company: settings.company,
    test_partners: settings.testPartners,
    test_ref: TEST_REF,
    offline_providers: settings.offlineProviders,
    grace_s: settings.grace / 1000,
    late_s: settings.lateSeconds,
    skew_s: settings.skewSeconds,
    mismatch_eps: settings.mismatch,
    cap: settings.tail,
  };
}

/** Orders placed by our own checks carry this reference. */
const TEST_REF = 'rg-probe:%';

/** Odoo keeps UTC in columns without a zone: the text says no zone either, so that none is applied. */
function utcText(atMs: InstantMs): string {
  return formatInstant(atMs).slice(0, -1).replace('T', ' ');
}
