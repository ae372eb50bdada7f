import { formatInstant, type InstantMs } from '@parapet/kernel';
import { MeasurementFailed, type Measure, type Measurement, type Probe } from '../schedule/probe.js';
import type { Window } from '../schedule/windows.js';
import { readClock } from './clock.js';
import type { Kpi, OdooSqlSettings } from './config.js';
import type { OdooDatabase, Query, Row } from './connection.js';
import { COLUMNS_SQL, dialectOf, missingFrom, type Columns } from './dialect.js';
import { numberOf, orderSuccess, posSync, SampleMaker, SIGNALS, stockUpdate } from './samples.js';
import * as sql from './statements.js';

/** How long the columns found stay believed: a release may change them. */
const COLUMNS_VALID_MS = 10 * 60_000;
const TABLES = [
  'sale_order', 'sale_order_transaction_rel', 'payment_transaction', 'payment_acquirer', 'payment_provider',
  'pos_order', 'pos_session', 'pos_payment', 'stock_picking', 'ir_logging', 'res_company',
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
      asOf: () => this.#asOf(),
      measure: (window) => this.#measure(kpi, window, window.toMs + delayMs),
      gaps: (toMs) => SIGNALS[kpi].map((signal) => this.#maker.gap(signal, toMs)),
    };
  }

  async #asOf(): Promise<InstantMs> {
    const clock = await this.#options.database.read(readClock);
    if (clock.lagMs === null) throw new MeasurementFailed('unreachable', 'the copy cannot tell how far behind it is');
    return clock.nowMs - clock.lagMs;
  }

  async #measure(kpi: Kpi, window: Window, asOfMs: InstantMs): Promise<Measurement> {
    try {
      return await this.#options.database.read(async (query) => {
        const columns = await this.#detect(query);
        const reading = new Reading(query, columns, parametersOf(this.#options.settings, window, asOfMs));
        return await this.#read(kpi, window, reading, columns);
      });
    } catch (error) {
      // After an upgrade other columns may be there: look again before the next try.
      this.#columns = null;
      throw error;
    }
  }

  async #read(kpi: Kpi, window: Window, reading: Reading, columns: Columns): Promise<Measurement> {
    const maker = this.#maker;
    switch (kpi) {
      case 'order-success': {
        const row = await reading.one(sql.webCheckout(dialectOf(columns)));
        return reading.ended(orderSuccess(maker, window, row));
      }
      case 'pos-sync': {
        const tables = this.#options.settings.logDb ? ['pos_order', 'ir_logging'] : ['pos_order'];
        if (await reading.isTruncated(tables)) return this.#truncated(kpi, window, reading);
        const tills = await reading.all(sql.posSync(dialectOf(columns)));
        const mismatch = await reading.one(sql.posMismatch);
        const refused = await this.#refused(reading);
        const rows = { tills, paymentMismatch: numberOf(mismatch, 'payment_mismatch'), refused };
        return reading.ended(posSync(maker, window, rows, this.#options.settings));
      }
      case 'stock-update': {
        if (await reading.isTruncated(['stock_picking'])) return this.#truncated(kpi, window, reading);
        const rows = await reading.all(sql.posStockDelay);
        const modes = await reading.all(sql.stockModes);
        return reading.ended(stockUpdate(maker, window, rows, modes.map((row) => String(row.mode))));
      }
    }
  }

  async #refused(reading: Reading): Promise<number> {
    if (this.#options.settings.logDb) return numberOf(await reading.one(sql.loggedErrors), 'pos_messages');
    const gaps = await reading.one(sql.posGaps);
    return numberOf(gaps, 'id_gap') + numberOf(gaps, 'edge_gap');
  }

  #truncated(kpi: Kpi, window: Window, reading: Reading): Measurement {
    const gaps = SIGNALS[kpi].map((signal) => this.#maker.gap(signal, window.toMs));
    return { ...reading.ended(gaps), isTruncated: true };
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

/** Statements with one window's parameters; refuses those whose tables are not there, and counts the rows read. */
class Reading {
  #rows = 0;

  constructor(
    private readonly query: Query,
    private readonly columns: Columns,
    private readonly parameters: Readonly<Record<string, unknown>>,
  ) {}

  async all(statement: sql.Statement): Promise<readonly Row[]> {
    const missing = missingFrom(this.columns, statement.needs);
    if (missing.length > 0) {
      throw new MeasurementFailed('missing', `${statement.name} needs ${missing.join(', ')}: not there, or not readable`);
    }
    const rows = await this.query(statement.text, this.parameters);
    this.#rows += rows.length;
    return rows;
  }

  async one(statement: sql.Statement): Promise<Row> {
    const [row] = await this.all(statement);
    if (row === undefined) throw new MeasurementFailed('defect', `${statement.name} answered no row`);
    return row;
  }

  async isTruncated(tables: readonly string[]): Promise<boolean> {
    for (const table of tables) {
      if ((await this.one(sql.tailReach(table))).truncated === true) return true;
    }
    return false;
  }

  ended(samples: Measurement['samples']): Measurement {
    return { samples, rows: this.#rows, isTruncated: false };
  }
}

/** The values of the named parameters of every statement. */
export function parametersOf(settings: OdooSqlSettings, window: Window, asOfMs: InstantMs): Readonly<Record<string, unknown>> {
  return {
    from: utcText(window.fromMs),
    to: utcText(window.toMs),
    as_of: utcText(asOfMs),
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
