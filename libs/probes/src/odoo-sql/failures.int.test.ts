import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { startPostgres, type TestPostgres } from '@parapet/testkit';
import { loadSnapshot, makeShop, type ShopDatabase } from '../../fixtures/odoo/load.js';
import { MeasurementFailed } from '../probe.js';
import { odooSqlSettings } from './config.js';
import { ReadOnlyDatabase } from '../sql/read-only-database.js';
import { OdooSqlProbe } from './probe.js';

const WINDOW = { fromMs: Date.parse('2026-09-15T10:00:00Z'), toMs: Date.parse('2026-09-15T12:00:00Z') };

jest.setTimeout(60_000);

let postgres: TestPostgres;
let shop: ShopDatabase;
let probe: OdooSqlProbe;
let made = 0;

beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres.stop());

beforeEach(async () => {
  shop = await makeShop(postgres.adminUrl, '19', `odoo_failures_${++made}`);
  await loadSnapshot(shop.admin, '19', 's2-incident');
  probe = probeAt(() => shop.readerUrl);
});
afterEach(async () => {
  await probe.close();
  await shop.end();
});

function probeAt(url: () => string, more: object = {}): OdooSqlProbe {
  const settings = odooSqlSettings.parse({ connection: { env: 'UNUSED' }, statementTimeout: '300ms', ...more });
  const database = new ReadOnlyDatabase({ url, statementTimeoutMs: settings.statementTimeout });
  return new OdooSqlProbe({
    name: 'odoo-retail/shop',
    everyMs: 60_000,
    settings,
    database,
    target: 'shop',
    nowMs: Date.now,
  });
}

function measureOf(of: OdooSqlProbe, kpi: string) {
  const measure = of.measures.find((m) => m.kpi === kpi);
  if (measure === undefined) throw new Error(`no ${kpi}`);
  return measure;
}

async function failureOf(work: Promise<unknown>): Promise<{ reason: string; message: string }> {
  const error = await work.then(
    () => new Error('it succeeded'),
    (e: unknown) => e,
  );
  if (!(error instanceof MeasurementFailed)) throw error;
  return { reason: error.reason, message: error.message };
}

describe('what could not be measured is never a number', () => {
  test('a statement beyond its time', async () => {
    // Another session holds the table: reading waits, as it would behind a migration of a large table.
    await shop.admin.query('BEGIN; LOCK TABLE pos_order IN ACCESS EXCLUSIVE MODE');
    const failure = await failureOf(measureOf(probe, 'pos-sync').measure([WINDOW]));
    expect(failure.reason).toBe('timeout');
    await shop.admin.query('ROLLBACK');
    const after = await measureOf(probe, 'pos-sync').measure([WINDOW]);
    expect(after.measurements[0]?.samples.map(({ value }) => value.kind)).toContain('count');
  });

  test('a lock not given within its own time', async () => {
    const patient = probeAt(() => shop.readerUrl, { statementTimeout: '5s' });
    await shop.admin.query('BEGIN; LOCK TABLE pos_order IN ACCESS EXCLUSIVE MODE');
    expect((await failureOf(measureOf(patient, 'pos-sync').measure([WINDOW]))).reason).toBe('locked');
    await shop.admin.query('ROLLBACK');
    await patient.close();
  });

  test('a missing table, named', async () => {
    await shop.admin.query('DROP TABLE stock_picking');
    expect(await failureOf(measureOf(probe, 'stock-update').measure([WINDOW]))).toEqual({
      reason: 'missing',
      message: 'stock-update needs stock_picking, which this Odoo 19.0 (community) does not have',
    });
  });

  test('a column that a release renamed, found again once it is back', async () => {
    await measureOf(probe, 'pos-sync').measure([WINDOW]);
    await shop.admin.query('ALTER TABLE pos_order RENAME COLUMN amount_paid TO paid');
    expect((await failureOf(measureOf(probe, 'pos-sync').measure([WINDOW]))).reason).toBe('missing');
    expect((await failureOf(measureOf(probe, 'pos-sync').measure([WINDOW]))).message).toContain(
      'pos_order.amount_paid',
    );
    await shop.admin.query('ALTER TABLE pos_order RENAME COLUMN paid TO amount_paid');
    await expect(measureOf(probe, 'pos-sync').measure([WINDOW])).resolves.toMatchObject({
      measurements: [{ isTruncated: false }],
    });
  });

  test('a table that the role may not read', async () => {
    await shop.admin.query(`REVOKE SELECT ON sale_order FROM ${new URL(shop.readerUrl).username}`);
    expect(await failureOf(measureOf(probe, 'order-success').measure([WINDOW]))).toEqual({
      reason: 'missing',
      message: 'order-success may not read sale_order: parapet odoo grant-sql',
    });
  });

  test('a database that is away, and an address that is not set', async () => {
    const away = probeAt(() => 'postgres://nobody@127.0.0.1:1/none');
    expect((await failureOf(measureOf(away, 'pos-sync').asOf())).reason).toBe('unreachable');
    const unset = probeAt(() => {
      throw new Error('the environment variable SHOP_URL is not set');
    });
    expect(await failureOf(measureOf(unset, 'pos-sync').asOf())).toEqual({
      reason: 'refused',
      message: 'the environment variable SHOP_URL is not set',
    });
  });

  test('a connection that the server ends', async () => {
    const patient = probeAt(() => shop.readerUrl, { statementTimeout: '5s' });
    await shop.admin.query('BEGIN; LOCK TABLE pos_order IN ACCESS EXCLUSIVE MODE');
    const reading = failureOf(measureOf(patient, 'pos-sync').measure([WINDOW]));
    await until(async () => {
      // Within a transaction the view would show what it showed first.
      await shop.admin.query('SELECT pg_stat_clear_snapshot()');
      const found = await shop.admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE usename = $1 AND wait_event_type = 'Lock' AND application_name = 'parapet-kpi-probing'`,
        [new URL(shop.readerUrl).username],
      );
      return found.rowCount === 1;
    });
    expect((await reading).reason).toBe('unreachable');
    await shop.admin.query('ROLLBACK');
    await patient.close();
  });

  test('a window that begins before the newest rows that may be read', async () => {
    const short = probeAt(() => shop.readerUrl, { tail: 100 });
    await shop.admin.query(
      `INSERT INTO pos_order (id, session_id, state, date_order, create_date, amount_paid, amount_total)
       SELECT 10000 + g, 1, 'paid', timestamp '2026-09-15 11:00', timestamp '2026-09-15 11:00', 1, 1 FROM generate_series(1, 100) g`,
    );
    const later = { fromMs: WINDOW.toMs, toMs: WINDOW.toMs + 60_000 };
    const { measurements } = await measureOf(short, 'pos-sync').measure([WINDOW, later]);
    expect(measurements.map(({ isTruncated }) => isTruncated)).toEqual([true, false]);
    expect(measurements[0]?.samples.map(({ signal, value }) => [signal, value])).toEqual([
      ['odoo.pos.sync.errors', { kind: 'gap', reason: 'sensor-broken' }],
      ['odoo.pos.sync.delay', { kind: 'gap', reason: 'sensor-broken' }],
      ['odoo.pos_sync.p50_s', { kind: 'gap', reason: 'sensor-broken' }],
      ['odoo.pos_sync.clock_ahead', { kind: 'gap', reason: 'sensor-broken' }],
      ['odoo.pos.orders', { kind: 'gap', reason: 'sensor-broken' }],
    ]);
    await short.close();
  });
});

describe('the session', () => {
  test('refuses a write, even through a role that may write', async () => {
    for (const url of [shop.readerUrl, adminUrlOf(shop.readerUrl)]) {
      const database = new ReadOnlyDatabase({ url: () => url, statementTimeoutMs: 1_000 });
      await expect(database.read((query) => query('DELETE FROM pos_order', {}))).rejects.toMatchObject({
        reason: 'refused',
      });
      await expect(
        database.read((query) => query('CREATE TEMPORARY TABLE mine (id int); COMMIT; DELETE FROM pos_order', {})),
      ).rejects.toMatchObject({ reason: 'refused' });
      await database.close();
    }
    expect((await shop.admin.query('SELECT count(*)::int AS n FROM pos_order')).rows[0].n).toBeGreaterThan(50);
  });

  test('the role of the documentation cannot write by itself either', async () => {
    await shop.admin.query(`SET ROLE ${new URL(shop.readerUrl).username}`);
    await expect(shop.admin.query('DELETE FROM pos_order')).rejects.toMatchObject({ code: '42501' });
    await shop.admin.query('RESET ROLE');
  });

  test('is limited, named, in UTC and one at a time', async () => {
    await shop.admin.query(`ALTER ROLE ${new URL(shop.readerUrl).username} SET timezone = 'Asia/Tokyo'`);
    const names = [
      'transaction_read_only',
      'default_transaction_read_only',
      'transaction_isolation',
      'enable_seqscan',
      'statement_timeout',
      'lock_timeout',
      'idle_in_transaction_session_timeout',
      'application_name',
      'TimeZone',
    ];
    const database = new ReadOnlyDatabase({ url: () => shop.readerUrl, statementTimeoutMs: 5_000 });
    const seen = await database.read(async (query) => {
      const values: unknown[] = [];
      for (const name of names)
        values.push((await query('SELECT current_setting(:name) AS value', { name }))[0]?.value);
      return values;
    });
    expect(seen).toEqual(['on', 'on', 'repeatable read', 'off', '5s', '1s', '10s', 'parapet-kpi-probing', 'UTC']);
    await Promise.all([1, 2, 3].map(() => database.read((query) => query('SELECT 1 AS one', {}))));
    const { rows } = await shop.admin.query('SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = $1', [
      new URL(shop.readerUrl).username,
    ]);
    expect(rows[0].n).toBe(1);
    await database.close();
  });

  test('as many at once as the probe may have, none of them taken for a dead database', async () => {
    const most = async (connectionsMax: number) => {
      const shared = new ReadOnlyDatabase({ url: () => shop.readerUrl, statementTimeoutMs: 5_000, connectionsMax });
      let [running, seen] = [0, 0];
      let meet = () => undefined as void;
      const met = new Promise<void>((resolve) => {
        meet = resolve;
      });
      const work = () =>
        shared.read(async (query) => {
          seen = Math.max(seen, ++running);
          if (running === connectionsMax) meet();
          await met;
          await query('SELECT 1', {});
          running--;
        });
      await Promise.all([work(), work(), work()]);
      await shared.close();
      return seen;
    };
    expect([await most(1), await most(2)]).toEqual([1, 2]);
  });
});

function adminUrlOf(readerUrl: string): string {
  const url = new URL(postgres.adminUrl);
  url.pathname = new URL(readerUrl).pathname;
  return url.href;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 5_000;
  while (!(await condition())) {
    if (Date.now() > deadlineMs) throw new Error('waited 5 s in vain');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
