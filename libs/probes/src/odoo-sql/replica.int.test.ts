import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { startPostgresPair, type TestPostgresPair } from '@parapet/testkit';
import { makeShop, type ShopDatabase } from '../../fixtures/odoo/load.js';
import pg from 'pg';
import { readClock } from './clock.js';
import { odooSqlSettings } from './config.js';
import { ReadOnlyDatabase } from '../sql/read-only-database.js';
import { OdooSqlProbe } from './probe.js';

const LAG_MAX_MS = 1_500;

jest.setTimeout(60_000);

let servers: TestPostgresPair;
let shop: ShopDatabase;
let replica: pg.Client;
let database: ReadOnlyDatabase;
let probe: OdooSqlProbe;

beforeAll(async () => {
  servers = await startPostgresPair({ standby: 'replica' });
  shop = await makeShop(servers.primary.adminUrl, '19', 'shop');
  replica = new pg.Client({ connectionString: servers.standby.adminUrl });
  await replica.connect();
  const url = new URL(servers.standby.adminUrl);
  const reader = new URL(shop.readerUrl);
  [url.username, url.password, url.pathname] = [reader.username, reader.password, reader.pathname];
  database = new ReadOnlyDatabase({ url: () => url.href, statementTimeoutMs: 5_000 });
  const settings = odooSqlSettings.parse({
    connection: { env: 'UNUSED' },
    kpis: ['orders-confirmed'],
    replicaLagMax: `${LAG_MAX_MS}ms`,
  });
  probe = new OdooSqlProbe({ name: 'w/p', everyMs: 60_000, settings, database, target: 'shop', nowMs: Date.now });
  await until(() =>
    database.read(readClock).then(
      ({ isCaughtUp }) => isCaughtUp,
      () => false,
    ),
  );
}, 60_000);

afterAll(async () => {
  await probe.close();
  await replica.end();
  await shop.end().catch(() => undefined);
  await servers.stop();
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadlineMs) throw new Error('waited 20 s in vain');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const measure = () => probe.measures[0] as OdooSqlProbe['measures'][number];
const orders = async (): Promise<unknown> => {
  const toMs = Date.parse('2026-09-15T12:00:00Z');
  const { measurements } = await measure().measure([{ fromMs: toMs - 60_000, toMs }]);
  return measurements[0]?.samples[0]?.value;
};
const confirm = (id: number) =>
  shop.admin.query(
    `INSERT INTO sale_order (id, state, website_id, date_order, company_id, partner_id) VALUES ($1, 'sale', 1, '2026-09-15 11:59:30', 1, 1)`,
    [id],
  );
const lag = (): Promise<number | string> =>
  (measure().lagMs?.() ?? Promise.reject(new Error('no lag'))).catch((error: { reason: string }) => error.reason);

test('a copy with everything is measured as its original is, and an idle primary is no lag', async () => {
  await confirm(1);
  await until(async () => ((await orders()) as { count: number }).count === 1);
  // Nothing is committed while we look: the age of the newest transaction grows, what is missing does not.
  await until(async () => ((await database.read(readClock)).replayedMs ?? 0) > LAG_MAX_MS);
  expect(await lag()).toBe(0);
  const { nowMs } = await database.read(readClock);
  expect(Math.abs((await measure().asOf()) - nowMs)).toBeLessThan(5_000);
});

test('a copy that does not replay is as old as what it has, and too old in the end', async () => {
  await replica.query('SELECT pg_wal_replay_pause()');
  await confirm(2);
  await until(async () => (await database.read(readClock)).isCaughtUp === false);
  // The age of its newest transaction is long over the limit: it had everything a moment ago, and that is what counts.
  const early = await lag();
  expect(early).not.toBe('behind');
  expect(early).toBeGreaterThan(0);
  expect(((await orders()) as { count: number }).count).toBe(1);
  await until(async () => (await lag()) === 'behind');
  await expect(measure().asOf()).rejects.toMatchObject({ reason: 'behind' });
  await replica.query('SELECT pg_wal_replay_resume()');
  await until(async () => (await lag()) === 0);
  expect(((await orders()) as { count: number }).count).toBe(2);
});

test('a copy that hears nothing more of its primary is not taken for one that has everything', async () => {
  await shop.end();
  await servers.primary.stop();
  await until(async () => (await lag()) === 'behind');
  expect((await database.read(readClock)).isCaughtUp).toBe(false);
});
