import type { InstantMs } from '@parapet/kernel';
import type { Measure, Measured, Measurement, Probe } from '../probe.js';
import type { Window } from '../windows.js';
import { readClock, ReplicaLag } from './clock.js';
import { type Kpi, kpisOf, type OdooSqlSettings } from './config.js';
import type { ReadOnlyDatabase, Query, Row } from '../sql/read-only-database.js';
import { detectShop, type OdooShop } from './detect.js';
import { dialectOf } from './dialect.js';
import { everyNeed } from './grants.js';
import { KPI_DEFINITIONS } from './kpis/index.js';
import { type Facts, isOfPresent, type OdooKpi } from './kpis/kpi.js';
import { parametersOf } from './parameters.js';
import { Reading, requireAll } from './reading.js';
import { numberOf, SampleMaker } from './samples.js';
import { type Statement, tailReach } from './statements.js';

/** How long what was found of the shop stays believed: a release may change it. */
const SHOP_VALID_MS = 10 * 60_000;
/** How much later than due the present may be looked at and still be called that: jitter, turns at the target, two clocks. */
const PRESENT_SLACK_MS = 60_000;
/** How many ids a note names. */
const IDS_MAX = 20;

/** What an Odoo probe is made of. */
export interface OdooSqlOptions {
  /** `<workload>/<probe>`. */
  readonly name: string;
  readonly everyMs: number;
  readonly settings: OdooSqlSettings;
  readonly database: ReadOnlyDatabase;
  /** Names the database among the targets without giving its address away. */
  readonly target: string;
  readonly nowMs: () => InstantMs;
}

/** Measures the business of an Odoo shop by SQL, one KPI and window at a time. */
export class OdooSqlProbe implements Probe {
  readonly measures: readonly Measure[];
  readonly #options: OdooSqlOptions;
  readonly #maker: SampleMaker;
  readonly #lag: ReplicaLag;
  #shop: { readonly found: OdooShop; readonly untilMs: InstantMs } | null = null;

  constructor(options: OdooSqlOptions) {
    this.#options = options;
    this.#maker = new SampleMaker(options.name, options.settings.company);
    this.#lag = new ReplicaLag(options.settings.replicaLagMax);
    this.measures = kpisOf(options.settings).map((kpi) => this.#measureOf(kpi, KPI_DEFINITIONS[kpi]));
  }

  async close(): Promise<void> {
    await this.#options.database.close();
  }

  #measureOf(kpi: Kpi, definition: OdooKpi): Measure {
    const { settings, everyMs, target } = this.#options;
    const delayMs = definition.settles === 'grace' ? settings.grace : settings.delay;
    // Of what shows only the present one window is enough: the first round measures at once, and says nothing of a past unseen.
    const backfillMs = isOfPresent(definition, settings) ? everyMs : Math.max(settings.backfill, everyMs);
    return {
      kpi,
      target,
      rhythm: { everyMs, delayMs, backfillMs },
      needsOpenShop: definition.needsOpenShop,
      openShopSignals: definition.openShopSignals ?? [],
      asOf: async () => {
        const clock = await this.#options.database.read(readClock);
        return clock.nowMs - this.#lag.of(clock);
      },
      lagMs: async () => this.#lag.of(await this.#options.database.read(readClock)),
      measure: (windows) => this.#measure(kpi, windows, delayMs),
      gaps: (toMs) => definition.signals.map((signal) => this.#maker.gap(signal, toMs)),
    };
  }

  async #measure(kpi: Kpi, windows: readonly Window[], delayMs: number): Promise<Measured> {
    const definition = KPI_DEFINITIONS[kpi];
    try {
      return await this.#options.database.read(async (query) => {
        const shop = await this.#detect(query);
        const statements = this.#statements(definition, shop);
        requireAll(kpi, statements, shop);
        const reading = new Reading(query);
        const answers = await this.#answers(statements, windows, delayMs, reading);
        const measurements = windows.map((window, i) => this.#measurement(definition, window, answers, i));
        return { measurements, rows: reading.rows, notes: notesOf(definition, answers) };
      });
    } catch (error) {
      // After an upgrade other columns may be there: look again before the next try.
      this.#shop = null;
      throw error;
    }
  }

  #statements({ tails, statements }: OdooKpi, { columns }: OdooShop): readonly Statement[] {
    const { settings } = this.#options;
    return [...tails(settings).map(tailReach), ...statements(dialectOf(columns), settings)];
  }

  /** What every statement says of every window; of the present, the newest window alone, and only while it is the present. */
  async #answers(
    statements: readonly Statement[],
    windows: readonly Window[],
    delayMs: number,
    reading: Reading,
  ): Promise<Answers> {
    const { settings, everyMs, nowMs } = this.#options;
    const newest = windows.slice(-1);
    const isPresent = newest.some(({ toMs }) => nowMs() < toMs + delayMs + everyMs + PRESENT_SLACK_MS);
    const answers = new Map<string, readonly (readonly Row[] | null)[]>();
    for (const statement of statements) {
      const asked = askedOf(statement, windows, isPresent);
      const rows =
        asked.length === 0 ? [] : await reading.over(statement, parametersOf(settings, asked, delayMs), asked.length);
      const unseen = Array.from({ length: windows.length - rows.length }, () => null);
      answers.set(statement.name, [...unseen, ...rows]);
    }
    return answers;
  }

  #measurement(definition: OdooKpi, window: Window, answers: Answers, i: number): Measurement {
    const all = [...answers.values()].map((rows) => rows[i] ?? null);
    const isCut = all.some((rows) => rows?.some((row) => row.cut === true) === true);
    if (isCut || all.every((rows) => rows === null)) {
      const samples = definition.signals.map((signal) => this.#maker.gap(signal, window.toMs));
      return { window, samples, isTruncated: true };
    }
    const rows: Facts['rows'] = (statement) => answers.get(statement)?.[i] ?? null;
    const sizes: Record<string, number> = {};
    const sized: Facts['sized'] = (sample, row) => {
      if (row.n !== undefined) sizes[sample.key] = numberOf(row, 'n');
      return sample;
    };
    const { settings } = this.#options;
    const samples = definition.samples({ maker: this.#maker, window, settings, rows, sized });
    return { window, samples, isTruncated: false, sizes };
  }

  async #detect(query: Query): Promise<OdooShop> {
    const nowMs = this.#options.nowMs();
    if (this.#shop !== null && nowMs < this.#shop.untilMs) return this.#shop.found;
    const found = await detectShop(query, everyNeed());
    this.#shop = { found, untilMs: nowMs + SHOP_VALID_MS };
    return found;
  }
}

/** The rows of each statement, by its name and then by window; null where it was not asked of that window. */
type Answers = ReadonlyMap<string, readonly (readonly Row[] | null)[]>;

/** Which rows the newest window's numbers speak of, a few of each kind. */
function notesOf({ ids = {} }: OdooKpi, answers: Answers): readonly string[] {
  const newest = [...answers.values()].flatMap((windows) => windows.at(-1) ?? []);
  return Object.entries(ids).flatMap(([column, what]) => {
    const found = newest.flatMap((row) => (Array.isArray(row[column]) ? (row[column] as readonly number[]) : []));
    if (found.length === 0) return [];
    const more = found.length > IDS_MAX ? ` and ${found.length - IDS_MAX} more` : '';
    return [`${what}: ${found.slice(0, IDS_MAX).join(', ')}${more}`];
  });
}

function askedOf(statement: Statement, windows: readonly Window[], isPresent: boolean): readonly Window[] {
  if (statement.isPresent !== true) return windows;
  return isPresent ? windows.slice(-1) : [];
}
