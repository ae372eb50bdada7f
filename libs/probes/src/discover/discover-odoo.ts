import { formatInstant, type InstantMs } from '@parapet/kernel';
import { unmetOdooNeeds } from '@parapet/policy';
import { KPIS, kpisOf, odooSqlSettings, type OdooSqlSettings } from '../odoo-sql/config.js';
import { readClock } from '../odoo-sql/clock.js';
import type { ReadOnlyDatabase } from '../sql/read-only-database.js';
import { detectShop } from '../odoo-sql/detect.js';
import { joinNeeds } from '../odoo-sql/dialect.js';
import { everyNeed, lackingFor } from '../odoo-sql/grants.js';
import { OdooSqlProbe } from '../odoo-sql/probe.js';
import { type KpiHistory, historyOf, type SignalHistory } from './history.js';
import { type Proposal, proposedGuardrails } from './proposals.js';
import { readShop, SHOP_NEEDS, type ShopParts } from './shop.js';

/** Whether a KPI can be measured, and why not. */
export interface FoundKpi {
  readonly kpi: string;
  readonly canBeMeasured: boolean;
  /** Null where it can be; else what is missing, refused or needed. */
  readonly whyNot: string | null;
  /** Whether there was anything to measure in the time that was looked at. */
  readonly wasSeen: boolean;
}

/** What a look at a shop's database found. */
export interface Discovery {
  readonly at: string;
  /** How many hours of history were looked at. */
  readonly hours: number;
  readonly series: string | null;
  readonly edition: string | null;
  readonly isReplica: boolean;
  readonly shop: ShopParts;
  readonly kpis: readonly FoundKpi[];
  readonly history: readonly SignalHistory[];
  readonly guardrails: readonly Proposal[];
  /** Settings of the probe that the shop asks for, besides its connection. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** What is looked at, and how long the past is. */
export interface DiscoverOptions {
  /** The instant that is taken for the present; null: the database's own. */
  readonly atMs: InstantMs | null;
  readonly hours: number;
}

/** So many of the newest rows are enough for a week of a busy shop. */
const TAIL = 100_000;
const HOUR_MS = 3_600_000;

/** Looks at an Odoo database, in read-only transactions only. Throws MeasurementFailed where it cannot be asked at all. */
export async function discoverOdoo(
  database: ReadOnlyDatabase,
  { atMs: given, hours }: DiscoverOptions,
): Promise<Discovery> {
  const found = await database.read(async (query) => {
    const clock = await readClock(query);
    const shop = await detectShop(query, joinNeeds(everyNeed(), SHOP_NEEDS));
    const atMs = given ?? clock.nowMs;
    return { atMs, isReplica: clock.isReplica, shop, parts: await readShop(query, shop.columns, atMs) };
  });
  const { atMs, parts, shop } = found;
  const own = {
    ...(parts.testPartners.length > 0 ? { testPartners: parts.testPartners } : {}),
    ...(parts.logsIntoDatabase ? { logDb: true } : {}),
  };
  const settings = odooSqlSettings.parse({ connection: { env: 'NONE' }, tail: TAIL, statementTimeout: '30s', ...own });
  const lacking = new Map(KPIS.map((kpi) => [kpi as string, lackingFor(kpi, shop.columns, settings)]));
  const can = kpisOf(settings).filter((kpi) => lacking.get(kpi)?.length === 0);
  const histories = await measuredHistories(database, settings, can, atMs, hours);
  const history = histories.flatMap(({ signals }) => signals);
  return {
    at: formatInstant(atMs),
    hours,
    series: shop.series,
    edition: shop.edition,
    isReplica: found.isReplica,
    shop: parts,
    kpis: KPIS.map((kpi) =>
      foundKpi(
        kpi,
        lacking.get(kpi) ?? [],
        histories.find((one) => one.kpi === kpi),
      ),
    ),
    history,
    guardrails: proposedGuardrails(history),
    settings: { ...own, kpis: histories.filter(({ failure }) => failure === null).map(({ kpi }) => kpi) },
  };
}

async function measuredHistories(
  database: ReadOnlyDatabase,
  settings: OdooSqlSettings,
  kpis: OdooSqlSettings['kpis'] & object,
  atMs: InstantMs,
  hours: number,
): Promise<readonly KpiHistory[]> {
  if (kpis.length === 0) return [];
  const probe = new OdooSqlProbe({
    name: 'discover',
    everyMs: HOUR_MS,
    settings: { ...settings, kpis },
    database,
    target: 'discover',
    // What shows only the present is asked of the newest hour.
    nowMs: () => atMs,
  });
  const histories: KpiHistory[] = [];
  for (const measure of probe.measures) histories.push(await historyOf(measure, atMs, hours));
  return histories;
}

function foundKpi(kpi: (typeof KPIS)[number], lacking: readonly string[], history: KpiHistory | undefined): FoundKpi {
  const whyNot = whyNotOf(kpi, lacking, history);
  const wasSeen = history?.signals.some(({ hours }) => hours > 0) === true;
  return { kpi, canBeMeasured: whyNot === null, whyNot, wasSeen };
}

function whyNotOf(
  kpi: (typeof KPIS)[number],
  lacking: readonly string[],
  history: KpiHistory | undefined,
): string | null {
  if (lacking.length > 0) return `this shop has no ${lacking.join(', ')}`;
  if (history !== undefined)
    return history.failure === null ? null : `${history.failure.reason}: ${history.failure.detail}`;
  const unmet = unmetOdooNeeds({ kpis: [kpi] }).map(({ path, message }) => `settings.${path.join('.')} ${message}`);
  return unmet.length === 0 ? 'is measured only where settings name it' : unmet.join('; ');
}
