import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { startPostgres, type TestPostgres } from '@parapet/testkit';
import { makeShop, type ShopDatabase } from '../../fixtures/odoo/load.js';
import type { Window } from '../windows.js';
import { odooSqlSettings } from './config.js';
import { COLUMNS_SQL, dialectOf } from './dialect.js';
import { parametersOf } from './probe.js';
import * as sql from './statements.js';

const ORDERS = 200_000;
/** Tables that are large in a real shop; a scan of the others is cheaper than an index. */
const LARGE = [
  'sale_order',
  'sale_order_transaction_rel',
  'payment_transaction',
  'pos_order',
  'pos_payment',
  'stock_picking',
  'ir_logging',
];
/** Rows come every ten seconds and the newest is one second old. */
const NEWEST_MS = Date.parse('2026-09-15T12:00:00Z');

jest.setTimeout(60_000);

let postgres: TestPostgres;
const shops = new Map<string, ShopDatabase>();

beforeAll(async () => {
  postgres = await startPostgres();
  for (const version of ['14', '19'] as const) {
    const shop = await makeShop(postgres.adminUrl, version, `odoo_cost_${version}`);
    shops.set(version, shop);
    await fill(shop, version === '14');
  }
}, 120_000);
afterAll(async () => {
  for (const shop of shops.values()) await shop.end();
  await postgres.stop();
});

async function fill(shop: ShopDatabase, isOld: boolean): Promise<void> {
  const when = `timestamp '2026-09-15 12:00' - interval '1 second' - (${ORDERS} - g) * interval '10 seconds'`;
  const each = `FROM generate_series(1, ${ORDERS}) g`;
  const provider = isOld ? 'acquirer_id, type' : 'provider_id, operation';
  await shop.admin.query(`
    INSERT INTO ${isOld ? 'payment_acquirer (id, provider' : 'payment_provider (id, code'}) VALUES (1, 'card');
    INSERT INTO sale_order (id, state, website_id, create_date, company_id, partner_id) SELECT g, 'sale', 1, ${when}, 1, g % 1000 ${each};
    INSERT INTO payment_transaction (id, state, create_date, ${provider}) SELECT g, 'done', ${when}, 1, 'form' ${each};
    INSERT INTO sale_order_transaction_rel (sale_order_id, transaction_id) SELECT g, g ${each};
    INSERT INTO pos_session (id, config_id, stop_at) SELECT g, g % 20 + 1, ${when} FROM generate_series(1, 2000) g;
    INSERT INTO pos_order (id, session_id, state, date_order, create_date, company_id, amount_paid, amount_total) SELECT g, g / 100 + 1, 'paid', ${when}, ${when}, 1, 1, 1 ${each};
    ${isOld ? '' : `INSERT INTO pos_payment (id, pos_order_id, create_date) SELECT g, g, ${when} ${each};`}
    INSERT INTO stock_picking (id, state, create_date, date_done, pos_order_id, company_id) SELECT g, 'done', ${when}, ${when}, g, 1 ${each};
    INSERT INTO ir_logging (id, create_date, name, type, level) SELECT g, ${when}, 'odoo.addons.point_of_sale', 'server', 'INFO' ${each};
    ANALYZE`);
}

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

const nodesOf = (plan: Plan): readonly Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

const settings = odooSqlSettings.parse({ connection: { env: 'UNUSED' }, testPartners: [7] });
const MINUTE_MS = 60_000;
const WINDOWS: readonly (readonly [string, readonly Window[]])[] = [
  ['the last minute', [{ fromMs: NEWEST_MS - MINUTE_MS, toMs: NEWEST_MS }]],
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

describe.each(['14', '19'] as const)(
  `no statement reads a table of ${ORDERS} rows from end to end, Odoo %s`,
  (version) => {
    test.each(WINDOWS)('%s', async (_, windows) => {
      const { admin } = shops.get(version) as ShopDatabase;
      const columns = await admin.query(sql.bind(COLUMNS_SQL, { tables: LARGE }));
      const dialect = dialectOf(new Map(columns.rows.map((row) => [row.table, new Set(row.columns as string[])])));
      const statements = [
        sql.webCheckout(dialect),
        sql.posSync(dialect),
        sql.posMismatch,
        sql.posGaps,
        sql.loggedErrors,
        sql.posStockDelay,
        sql.tailReach('pos_order'),
        sql.tailReach('stock_picking'),
      ];
      for (const { name, text } of statements) {
        const bound = sql.bind(sql.overWindows(text), parametersOf(settings, windows, 600_000));
        const { rows } = await admin.query({ ...bound, text: `EXPLAIN (ANALYZE, FORMAT JSON) ${bound.text}` });
        const nodes = nodesOf(rows[0]['QUERY PLAN'][0].Plan as Plan);
        const scans = nodes.filter(
          (node) => node['Node Type'] === 'Seq Scan' && LARGE.includes(node['Relation Name'] ?? ''),
        );
        expect([name, scans.map((node) => node['Relation Name'])]).toEqual([name, []]);
        const read = nodes
          .filter((node) => node['Relation Name'] !== undefined)
          .map((node) => (node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0));
        expect([name, Math.max(...read) <= settings.tail]).toEqual([name, true]);
      }
    });
  },
);
