import type { InstantMs } from '@parapet/kernel';
import type { Sample } from '@parapet/signals';
import { odooSqlSettings } from '../odoo-sql/config.js';
import { KPI_DEFINITIONS } from '../odoo-sql/kpis/index.js';
import { isOfPresent, type OdooKpi } from '../odoo-sql/kpis/kpi.js';
import { numberOf, SampleMaker } from '../odoo-sql/samples.js';
import type { Measure, Measured, Measurement, Probe } from '../probe.js';
import type { Window } from '../windows.js';
import type { OdooRpcSettings, RpcKpiName } from './config.js';
import { RPC_KPIS } from './kpis/index.js';
import type { Answer, JudgedWindow, Row } from './kpis/question.js';
import { Odoo, type OdooConnection, TooManyRecords } from './odoo.js';

/** How much later than due the present may be looked at and still be called that: jitter, turns at the target, two clocks. */
const PRESENT_SLACK_MS = 60_000;

/** What an Odoo probe by API is made of. */
export interface OdooRpcOptions {
  /** `<workload>/<probe>`. */
  readonly name: string;
  readonly everyMs: number;
  readonly settings: OdooRpcSettings;
  readonly connection: OdooConnection;
  readonly target: string;
  readonly nowMs: () => InstantMs;
}

/** Measures the business of an Odoo shop by its API: the same KPIs and samples as by SQL, as far as the API tells them. */
export class OdooRpcProbe implements Probe {
  readonly measures: readonly Measure[];
  readonly #options: OdooRpcOptions;
  readonly #maker: SampleMaker;
  /** What the samples of a KPI depend on besides its rows. */
  readonly #shared;

  constructor(options: OdooRpcOptions) {
    this.#options = options;
    const { company, samplesMin, kpis } = options.settings;
    this.#maker = new SampleMaker(options.name, company);
    this.#shared = odooSqlSettings.parse({ connection: { env: 'NONE' }, company, samplesMin });
    this.measures = kpis.map((kpi) => this.#measureOf(kpi, KPI_DEFINITIONS[kpi]));
  }

  async close(): Promise<void> {
    // Each call has a connection of its own, closed with its answer.
  }

  #measureOf(kpi: RpcKpiName, definition: OdooKpi): Measure {
    const { settings, everyMs, target, connection } = this.#options;
    const delayMs = definition.settles === 'grace' ? settings.grace : settings.delay;
    // Of what shows only the present one window is enough, as by SQL.
    const backfillMs = isOfPresent(definition, this.#shared) ? everyMs : Math.max(settings.backfill, everyMs);
    return {
      kpi,
      target,
      rhythm: { everyMs, delayMs, backfillMs },
      needsOpenShop: definition.needsOpenShop,
      openShopSignals: definition.openShopSignals ?? [],
      asOf: () => connection.serverMs(),
      measure: (windows) => this.#measure(kpi, windows, delayMs),
      gaps: (toMs) => definition.signals.map((signal) => this.#maker.gap(signal, toMs)),
    };
  }

  async #measure(kpi: RpcKpiName, windows: readonly Window[], delayMs: number): Promise<Measured> {
    const { connection, settings } = this.#options;
    const odoo = new Odoo(connection, settings.rowsMax);
    try {
      const measurements = await this.#inPieces(odoo, kpi, windows, delayMs);
      return { measurements, rows: odoo.rows };
    } catch (error) {
      connection.forget();
      throw error;
    }
  }

  /** Fewer windows at once where all of them would bring more records than one question may. */
  async #inPieces(
    odoo: Odoo,
    kpi: RpcKpiName,
    windows: readonly Window[],
    delayMs: number,
  ): Promise<readonly Measurement[]> {
    try {
      return await this.#atOnce(odoo, kpi, windows, delayMs);
    } catch (error) {
      if (!(error instanceof TooManyRecords)) throw error;
      if (windows.length === 1) return windows.map((window) => this.#truncated(kpi, window));
      const half = Math.ceil(windows.length / 2);
      const first = await this.#inPieces(odoo, kpi, windows.slice(0, half), delayMs);
      return [...first, ...(await this.#inPieces(odoo, kpi, windows.slice(half), delayMs))];
    }
  }

  async #atOnce(
    odoo: Odoo,
    kpi: RpcKpiName,
    windows: readonly Window[],
    delayMs: number,
  ): Promise<readonly Measurement[]> {
    const { settings, everyMs, nowMs } = this.#options;
    const judged = windows.map((window): JudgedWindow => ({ ...window, asOfMs: window.toMs + delayMs }));
    const newest = judged.at(-1) ?? null;
    const isPresent = newest !== null && nowMs() < newest.asOfMs + everyMs + PRESENT_SLACK_MS;
    const answer = await RPC_KPIS[kpi]({ odoo, settings, windows: judged, present: isPresent ? newest : null });
    return windows.map((window, i) => this.#measurement(kpi, window, answer, i));
  }

  #measurement(kpi: RpcKpiName, window: Window, answer: Answer, i: number): Measurement {
    if (Object.values(answer).every((rows) => (rows[i] ?? null) === null)) return this.#truncated(kpi, window);
    const rows = (statement: string) => answer[statement]?.[i] ?? null;
    const sizes: Record<string, number> = {};
    const sized = (sample: Sample, row: Row): Sample => {
      if (row.n !== undefined) sizes[sample.key] = numberOf(row, 'n');
      return sample;
    };
    const facts = { maker: this.#maker, window, settings: this.#shared, rows, sized };
    return { window, samples: KPI_DEFINITIONS[kpi].samples(facts), isTruncated: false, sizes };
  }

  #truncated(kpi: RpcKpiName, window: Window): Measurement {
    const samples = KPI_DEFINITIONS[kpi].signals.map((signal) => this.#maker.gap(signal, window.toMs));
    return { window, samples, isTruncated: true };
  }
}
