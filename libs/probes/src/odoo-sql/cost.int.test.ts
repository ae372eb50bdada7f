import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { startPostgres, type TestPostgres } from '@parapet/testkit';
import { growShop } from '../../fixtures/odoo/grow.js';
import { makeShop, type ShopDatabase } from '../../fixtures/odoo/load.js';
import type { Window } from '../windows.js';
import { kpisOf, odooSqlSettings } from './config.js';
import { ReadOnlyDatabase, type Query } from '../sql/read-only-database.js';
import { detectShop } from './detect.js';
import { type Columns, dialectOf, missingFrom } from './dialect.js';
import { everyNeed } from './grants.js';
import { KPI_DEFINITIONS } from './kpis/index.js';
import { parametersOf } from './parameters.js';
import { OdooSqlProbe } from './probe.js';
import { overWindows, type Statement, tailReach } from './statements.js';

/** Orders of each kind; with their lines, moves, payments and mails nineteen times as many rows, in each of two databases. More by hand: `ODOO_ORDERS=5000000`. */
const ORDERS = Number(process.env['ODOO_ORDERS'] ?? 100_000);
const LARGE_ROWS = 10_000;
const NEWEST = '2026-09-15 12:00:00';
const NEWEST_MS = Date.parse('2026-09-15T12:00:00Z');
const MINUTE_MS = 60_000;

jest.setTimeout(120_000);

let postgres: TestPostgres;
const shops = new Map<string, ShopDatabase>();

beforeAll(async () => {
  postgres = await startPostgres();
  await Promise.all(
    (['14', '19'] as const).map(async (version) => {
      const shop = await makeShop(postgres.adminUrl, version, `odoo_cost_${version}`);
      shops.set(version, shop);
      await growShop(shop.admin, version, ORDERS, NEWEST);
    }),
  );
}, 1_800_000);
afterAll(async () => {
  for (const shop of shops.values()) await shop.end();
  await postgres.stop();
});

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

const nodesOf = (plan: Plan): readonly Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
const rowsRead = (node: Plan): number =>
  ((node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0)) * (node['Actual Loops'] ?? 1);

const settings = odooSqlSettings.parse({
  connection: { env: 'UNUSED' },
  testPartners: [7],
  pricelists: [1, 2],
  logDb: true,
});
const WINDOWS: readonly (readonly [string, readonly Window[]])[] = [
  ['a minute two hours ago', [{ fromMs: NEWEST_MS - 120 * MINUTE_MS, toMs: NEWEST_MS - 119 * MINUTE_MS }]],
  ['the last two hours', [{ fromMs: NEWEST_MS - 120 * MINUTE_MS, toMs: NEWEST_MS }]],
  [
    'two hours, a minute at a time',
    Array.from({ length: 120 }, (_, i) => ({
      fromMs: NEWEST_MS - (120 - i) * MINUTE_MS,
      toMs: NEWEST_MS - (119 - i) * MINUTE_MS,
    })),
  ],
];

/** Every statement that the version's tables can answer, whichever way refused orders are counted. */
function statementsOf(columns: Columns): readonly Statement[] {
  const dialect = dialectOf(columns);
  const all = [false, true].flatMap((logDb) =>
    Object.values(KPI_DEFINITIONS).flatMap((kpi) => [
      ...kpi.tails({ ...settings, logDb }).map(tailReach),
      ...kpi.statements(dialect, { ...settings, logDb }),
    ]),
  );
  const byName = new Map(all.map((statement) => [statement.name, statement]));
  return [...byName.values()].filter(({ needs }) => missingFrom(columns, needs).length === 0);
}

async function planOf(query: Query, statement: Statement, windows: readonly Window[]): Promise<readonly Plan[]> {
  const asked = statement.isPresent === true ? windows.slice(-1) : windows;
  const [row] = await query(
    `EXPLAIN (ANALYZE, FORMAT JSON) ${overWindows(statement.text)}`,
    parametersOf(settings, asked, 600_000),
  );
  const [{ Plan: plan }] = (row as { 'QUERY PLAN': [{ Plan: Plan }] })['QUERY PLAN'];
  return nodesOf(plan);
}

describe.each(['14', '19'] as const)(`with ${ORDERS} orders of each kind, Odoo %s`, (version) => {
  let database: ReadOnlyDatabase;
  const large = new Set<string>();
  beforeAll(async () => {
    const shop = shops.get(version) as ShopDatabase;
    database = new ReadOnlyDatabase({ url: () => shop.readerUrl, statementTimeoutMs: 30_000 });
    const { rows } = await shop.admin.query<{ relname: string; reltuples: number }>(
      `SELECT relname, reltuples FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
    );
    for (const { relname, reltuples } of rows) if (reltuples > LARGE_ROWS) large.add(relname);
    const total = rows.reduce((sum, { reltuples }) => sum + Math.max(0, reltuples), 0);
    expect([total >= 15 * ORDERS, large.size >= 15]).toEqual([true, true]);
  });
  afterAll(() => database.close());

  test.each(WINDOWS)(
    'no statement reads a large table from end to end, nor more rows than its bound: %s',
    async (_, windows) => {
      await database.read(async (query) => {
        const { columns } = await detectShop(query, everyNeed());
        const statements = statementsOf(columns);
        expect(statements.length).toBeGreaterThan(30);
        for (const statement of statements) {
          const nodes = await planOf(query, statement, windows);
          const scanned = nodes
            .filter((node) => node['Node Type'].includes('Seq Scan'))
            .map((node) => node['Relation Name'] ?? '')
            .filter((table) => large.has(table));
          expect([statement.name, scanned]).toEqual([statement.name, []]);
          const read = Math.max(0, ...nodes.filter((node) => node['Relation Name'] !== undefined).map(rowsRead));
          expect([statement.name, read <= settings.tail * 5 || read]).toEqual([statement.name, true]);
        }
      });
    },
  );

  test('every KPI is measured', async () => {
    const probe = new OdooSqlProbe({
      name: 'odoo-retail/shop',
      everyMs: MINUTE_MS,
      settings,
      database,
      target: 'shop',
      nowMs: () => NEWEST_MS,
    });
    const lacking = version === '14' ? ['cron-failing'] : ['pos-sequence-gaps', 'queue-job'];
    for (const measure of probe.measures.filter(({ kpi }) => !lacking.includes(kpi))) {
      const windows = (WINDOWS[2] as (typeof WINDOWS)[number])[1];
      const { measurements } = await measure.measure(windows);
      const last = measurements.at(-1);
      expect([measure.kpi, last?.isTruncated, (last?.samples.length ?? 0) > 0]).toEqual([measure.kpi, false, true]);
    }
    expect(probe.measures.map(({ kpi }) => kpi)).toEqual(kpisOf(settings));
  });
});
