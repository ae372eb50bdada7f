import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPostgres, type TestPostgres } from '@parapet/testkit';
import pg from 'pg';
import { parseConfig, type ShopConfig } from '../config.js';
import { FAULTS, GOOD } from '../trade/behaviour.js';
import { databaseNowMs } from '../trade/history.js';
import { drawPosOrder, drawWebOrder } from '../trade/orders.js';
import { prune } from '../trade/prune.js';
import { seededRandom } from '../trade/random.js';
import { finishPickings, writePosOrders, writeWebOrders } from '../trade/write.js';
import { ShopDatabase } from './database.js';
import { openShop } from './open.js';

// What Odoo's own tables say of the shop, in the words of the measurements: web checkout, tills, ids without rows, stock delay.
const WEB_CHECKOUT = `
  WITH attempt AS (
    SELECT so.state AS so_state, lt.state AS tx_state FROM sale_order so LEFT JOIN LATERAL (
      SELECT tx.state FROM sale_order_transaction_rel r JOIN payment_transaction tx ON tx.id = r.transaction_id JOIN payment_provider pv ON pv.id = tx.provider_id
      WHERE r.sale_order_id = so.id ORDER BY tx.id DESC LIMIT 1) lt ON true
    WHERE so.website_id IS NOT NULL AND so.create_date >= $1 AND so.create_date < $2)
  SELECT count(*) FILTER (WHERE so_state = 'sale')::int AS success, count(*) FILTER (WHERE so_state = 'draft' AND tx_state = 'error')::int AS failed,
    count(*) FILTER (WHERE so_state = 'draft' AND tx_state = 'pending')::int AS stuck, count(*) FILTER (WHERE tx_state IS NULL)::int AS no_attempt FROM attempt`;
const POS_SYNC = `
  WITH a AS (SELECT extract(epoch FROM greatest(p.create_date, (SELECT max(pp.create_date) FROM pos_payment pp WHERE pp.pos_order_id = p.id)) - p.date_order)::float8 AS raw_s,
      abs(p.amount_paid - p.amount_total) > 0.05 AS broken
    FROM pos_order p JOIN pos_session s ON s.id = p.session_id WHERE p.state = 'paid' AND p.create_date >= $1 AND p.create_date < $2)
  SELECT count(*)::int AS n, count(*) FILTER (WHERE raw_s > 30)::int AS late, count(*) FILTER (WHERE raw_s < 0)::int AS ahead, count(*) FILTER (WHERE broken)::int AS mismatch FROM a`;
const POS_GAPS = `SELECT coalesce(max(id) - min(id) + 1 - count(*), 0)::int AS id_gap, count(*)::int AS n FROM pos_order WHERE create_date >= $1 AND create_date < $2`;
const STOCK_DELAY = `
  SELECT count(*)::int AS n, max(extract(epoch FROM k.date_done - o.create_date))::float8 AS max_s FROM stock_picking k JOIN pos_order o ON o.id = k.pos_order_id
  WHERE k.state = 'done' AND k.date_done >= $1 AND k.date_done < $2`;

const ALWAYS = '1970-01-01';
const NEVER = '2200-01-01';

let postgres: TestPostgres;
let db: ShopDatabase;
let config: ShopConfig;
/** Ten orders a second for 20 minutes, and for as long as writing them took: the shop catches up with itself. */
let ordersMax: number;

beforeAll(async () => {
  postgres = await startPostgres();
  const admin = new pg.Client({ connectionString: postgres.adminUrl });
  await admin.connect();
  // Its owner is no administrator, and need not be.
  await admin.query(`CREATE ROLE shop LOGIN CREATEROLE PASSWORD 'the shop'`);
  await admin.query('CREATE DATABASE shop OWNER shop');
  await admin.end();
  const url = new URL(postgres.adminUrl);
  url.pathname = '/shop';
  url.username = 'shop';
  url.password = 'the%20shop';
  config = parseConfig({
    SHOP_DATABASE_URL: url.href,
    DEPLOYMENT_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
    SHOP_HISTORY_MINUTES: '20',
    SHOP_READER_PASSWORD: 'only reading',
    SHOP_SEED: '1',
  });
  db = ShopDatabase.connect(config.databaseUrl);
  const openedAtMs = performance.now();
  await openShop(db, config, seededRandom(1));
  ordersMax = 12_000 + Math.ceil((performance.now() - openedAtMs) / 100);
}, 120_000);

afterAll(async () => {
  await db?.end();
  await postgres?.stop();
}, 30_000);

async function one<R extends object>(sql: string, values: readonly unknown[] = [ALWAYS, NEVER]): Promise<R> {
  const [row] = await db.query<R>(sql, values);
  return row as R;
}

async function finishUntil(isOver: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await isOver())) {
    expect(Date.now()).toBeLessThan(deadline);
    await finishPickings(db, 'now');
  }
}

describe('the past of a new shop', () => {
  it('has 20 minutes of web trade in which three payments in a hundred fail', async () => {
    const web = await one<{ success: number; failed: number; stuck: number; no_attempt: number }>(WEB_CHECKOUT);
    const attempts = web.success + web.failed + web.stuck;
    expect(attempts + web.no_attempt).toBeGreaterThanOrEqual(12_000);
    expect(attempts + web.no_attempt).toBeLessThanOrEqual(ordersMax);
    expect(web.success / attempts).toBeGreaterThan(0.96);
    expect(web.success / attempts).toBeLessThan(0.98);
  });

  it('has till orders of which one to two in a hundred are late, broken or refused', async () => {
    const sync = await one<{ n: number; late: number; ahead: number; mismatch: number }>(POS_SYNC);
    const gaps = await one<{ id_gap: number; n: number }>(POS_GAPS);
    expect(sync.ahead).toBe(0);
    expect(sync.n).toBe(gaps.n);
    expect(sync.n + gaps.id_gap).toBeLessThanOrEqual(ordersMax);
    const bad = (sync.late + sync.mismatch + gaps.id_gap) / (sync.n + gaps.id_gap);
    expect(bad).toBeGreaterThan(0.01);
    expect(bad).toBeLessThan(0.02);
  });

  it('moved its goods within two seconds', async () => {
    const stock = await one<{ n: number; max_s: number }>(STOCK_DELAY);
    expect(stock.n).toBeGreaterThan(11_000);
    expect(stock.max_s).toBeLessThanOrEqual(2);
  });

  it('has ids that grow with time in every table that is read from its end', async () => {
    for (const table of ['sale_order', 'payment_transaction', 'pos_order', 'stock_move', 'stock_picking']) {
      const row = await one<{ disorder: number }>(
        `SELECT count(*)::int AS disorder FROM (SELECT create_date < lag(create_date) OVER (ORDER BY id) - interval '125 seconds' AS back FROM ${table}) t WHERE back`,
        [],
      );
      expect({ table, ...row }).toEqual({ table, disorder: 0 });
    }
  });

  it('can be read and not be changed by shop_reader', async () => {
    const url = new URL(config.databaseUrl);
    url.username = 'shop_reader';
    url.password = encodeURIComponent('only reading');
    const reader = new pg.Client({ connectionString: url.href });
    await reader.connect();
    try {
      expect((await reader.query('SELECT count(*)::int AS n FROM pos_order')).rows[0].n).toBeGreaterThan(0);
      await expect(reader.query('DELETE FROM pos_order')).rejects.toThrow('read-only transaction');
      await reader.query('SET default_transaction_read_only = off');
      await expect(reader.query('DELETE FROM pos_order')).rejects.toThrow('permission denied');
      await expect(reader.query('SELECT * FROM shop.deployment')).rejects.toThrow('permission denied');
    } finally {
      await reader.end();
    }
  });
});

describe('trading', () => {
  it('of a bad version breaks one till order in eight and lets one payment in seven fail', async () => {
    const before = await databaseNowMs(db);
    const random = seededRandom(2);
    await writeWebOrders(
      db,
      Array.from({ length: 3000 }, () => drawWebOrder(FAULTS['bad-pos'], random)),
      null,
    );
    await writePosOrders(
      db,
      Array.from({ length: 3000 }, () => drawPosOrder(FAULTS['bad-pos'], random)),
      null,
    );
    const window = [new Date(before).toISOString().replace('Z', ''), NEVER];
    const web = await one<{ success: number; failed: number; stuck: number }>(WEB_CHECKOUT, window);
    const sync = await one<{ n: number; late: number; mismatch: number }>(POS_SYNC, window);
    const gaps = await one<{ id_gap: number }>(POS_GAPS, window);
    expect(web.success / (web.success + web.failed + web.stuck)).toBeCloseTo(0.85, 1);
    expect((sync.late + sync.mismatch + gaps.id_gap) / (sync.n + gaps.id_gap)).toBeCloseTo(0.12, 1);
  });

  it('finishes a picking once its time has come, and takes the goods from the shelf', async () => {
    await finishUntil(
      async () =>
        (await one<{ n: number }>(`SELECT count(*)::int AS n FROM stock_picking WHERE state = 'assigned'`, [])).n === 0,
    );
    const shelf = () => one<{ n: number }>('SELECT quantity::float8 AS n FROM stock_quant WHERE product_id = 3', []);
    const before = await shelf();
    await writePosOrders(
      db,
      [
        {
          ...drawPosOrder(GOOD, seededRandom(3)),
          outcome: 'ok',
          product: 3,
          quantity: 2,
          amount: 22,
          stockDelayMs: 50,
        },
      ],
      null,
    );
    const id = (await one<{ id: number }>('SELECT max(id) AS id FROM stock_picking', [])).id;
    const state = () => one<{ state: string }>('SELECT state FROM stock_picking WHERE id = $1', [id]);
    expect(await state()).toEqual({ state: 'assigned' });
    await finishUntil(async () => (await state()).state === 'done');
    expect(await one('SELECT state FROM stock_move WHERE picking_id = $1', [id])).toEqual({ state: 'done' });
    expect((await shelf()).n).toBe(before.n - 2);
  });
});

describe('a shop that was closed for a while', () => {
  it('fills the pause and nothing twice', async () => {
    const before = await one<{ n: number }>('SELECT count(*)::int AS n FROM sale_order', []);
    await db.query(`UPDATE sale_order SET create_date = create_date - interval '5 minutes'`);
    const { ordersWritten } = await openShop(db, config, seededRandom(4));
    const after = await one<{ n: number }>('SELECT count(*)::int AS n FROM sale_order', []);
    expect(ordersWritten).toBeGreaterThanOrEqual(2 * 10 * 299);
    expect(ordersWritten).toBeLessThan(2 * 10 * 330);
    expect(after.n - before.n).toBe(ordersWritten / 2);
  });

  it('keeps only what it was told to keep', async () => {
    await prune(db, 10);
    const row = await one<{ orders: number; strays: number }>(
      `SELECT (SELECT count(*)::int FROM sale_order WHERE create_date < now() AT TIME ZONE 'UTC' - interval '10 minutes 10 seconds') AS orders,
              (SELECT count(*)::int FROM stock_move m WHERE NOT EXISTS (SELECT FROM stock_picking k WHERE k.id = m.picking_id))
              + (SELECT count(*)::int FROM sale_order_line l WHERE NOT EXISTS (SELECT FROM sale_order o WHERE o.id = l.order_id))
              + (SELECT count(*)::int FROM pos_payment l WHERE NOT EXISTS (SELECT FROM pos_order o WHERE o.id = l.pos_order_id)) AS strays`,
      [],
    );
    expect(row).toEqual({ orders: 0, strays: 0 });
    expect((await one<{ n: number }>('SELECT count(*)::int AS n FROM pos_order', [])).n).toBeGreaterThan(1000);
  });
});
