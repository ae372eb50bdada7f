import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { decodeSignalBatch, type SignalBatch } from '@parapet/contracts';
import { connectJetStream, ensureStreams, type JetStreamConnection } from '@parapet/jetstream';
import { type RunningService, startService } from '@parapet/nest';
import { parseDocuments } from '@parapet/policy';
import { ConfigurationStore, Database, migrate, roleUrl } from '@parapet/postgres';
import { startNats, startPostgres, type TestNats, type TestPostgres } from '@parapet/testkit';
import pg from 'pg';
import { makeShop, type ShopDatabase } from '../../../libs/probes/fixtures/odoo/load.js';
import { AppModule } from './app.module.js';
import { parseConfig } from './config.js';

const PASSWORDS = {
  'metrics-ingestion': 'a',
  'kpi-probing': 'b',
  'guardrail-evaluation': 'c',
  'release-control': 'd',
  'rollback-actuation': 'e',
};
const TENANT = 'acme-retail';
const EVERY_MS = 500;
const BACKFILL_MINUTES = 2;

type Sample = SignalBatch['samples'][number];

jest.setTimeout(60_000);

let postgres: TestPostgres;
let nats: TestNats;
let shop: ShopDatabase;
let admin: pg.Client;
let db: Database;
let listener: JetStreamConnection;
let service: RunningService | null = null;
const received: Sample[] = [];

beforeAll(async () => {
  [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
  await migrate({ adminUrl: postgres.adminUrl, passwords: PASSWORDS });
  shop = await makeShop(postgres.adminUrl, '19', 'shop');
  await trade(BACKFILL_MINUTES * 60);
  process.env.TEST_SHOP_URL = shop.readerUrl;
  admin = new pg.Client({ connectionString: postgres.adminUrl });
  await admin.connect();
  db = Database.connect({ url: postgres.adminUrl, applicationName: 'test' });
  listener = await connectJetStream({ url: nats.url, name: 'listener' });
  await ensureStreams(listener);
  // What the stream stores, it stores for everybody: a plain subscription sees each message as it is published.
  listener.nats.subscribe('parapet.signals.v1.>', {
    callback: (_, message) => void received.push(...decodeSignalBatch(message.data).samples),
  });
  await apply({ kpis: ['pos-sync', 'order-success'], backfill: `${BACKFILL_MINUTES}m` });
}, 60_000);

afterAll(async () => {
  await service?.close();
  await listener.close();
  await db.end();
  await admin.end();
  await shop.end();
  await nats.stop();
  await postgres.stop();
});

/** Orders of the last so many seconds, one a second; every tenth attempt to pay fails. */
async function trade(seconds: number): Promise<void> {
  const when = `(clock_timestamp() AT TIME ZONE 'UTC') - g * interval '1 second'`;
  await shop.admin.query(`
    INSERT INTO res_company (id, point_of_sale_update_stock_quantities) VALUES (1, 'real');
    INSERT INTO payment_provider (id, code) VALUES (1, 'card');
    INSERT INTO pos_session (id, config_id) VALUES (1, 1);
    INSERT INTO pos_order (id, session_id, state, company_id, amount_paid, amount_total, date_order, create_date)
      SELECT 1000 - g, 1, 'paid', 1, 5, 5, ${when}, ${when} FROM generate_series(1, ${seconds}) g;
    INSERT INTO sale_order (id, state, website_id, company_id, partner_id, create_date)
      SELECT 1000 - g, CASE WHEN g % 10 = 0 THEN 'draft' ELSE 'sale' END, 1, 1, 1, ${when} FROM generate_series(1, ${seconds}) g;
    INSERT INTO payment_transaction (id, state, provider_id, create_date)
      SELECT 1000 - g, CASE WHEN g % 10 = 0 THEN 'error' ELSE 'done' END, 1, ${when} FROM generate_series(1, ${seconds}) g;
    INSERT INTO sale_order_transaction_rel (sale_order_id, transaction_id) SELECT id, id FROM sale_order;`);
}

async function apply(settings: Record<string, unknown>, everyMs = EVERY_MS): Promise<void> {
  const folder = new URL('../../../examples/config/odoo-retail/', import.meta.url);
  const files = ['tenant', 'workload', 'guardrails', 'decisions', 'signal-sources'].map((name) => ({
    file: `${name}.yaml`,
    text: readFileSync(new URL(`${name}.yaml`, folder), 'utf8'),
  }));
  const parsed = parseDocuments(files);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  const probe = {
    name: 'shop',
    kind: 'odoo-sql',
    environment: 'production',
    every: `${everyMs}ms`,
    settings: { connection: { env: 'TEST_SHOP_URL' }, grace: '1s', delay: '200ms', ...settings },
  };
  const documents = parsed.documents.map(({ kind, name, spec }) => ({
    kind,
    name,
    spec: kind === 'Workload' ? { ...(spec as object), probes: [probe] } : spec,
  }));
  await new ConfigurationStore().putNow(db, TENANT, documents as never, { kind: 'person', id: 'test' });
}

async function start(): Promise<RunningService> {
  const config = parseConfig({
    PORT: '0',
    DATABASE_URL: roleUrl(postgres.adminUrl, 'kpi-probing', PASSWORDS['kpi-probing']),
    NATS_URL: nats.url,
    REDIS_URL: 'redis://127.0.0.1:1',
    PARAPET_LOG_LEVEL: 'silent',
  });
  service = await startService(AppModule.register(config), { service: 'kpi-probing', config });
  return service;
}

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > deadlineMs) throw new Error(`waited 15 s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const of = (signal: string): readonly Sample[] =>
  received.filter((sample) => sample.signal === signal && sample.value.kind !== 'gap');
const isFresh = (signal: string, ms: number) => () => (of(signal).at(-1)?.atMs ?? 0) > ms;

/** The windows of a signal's samples by their keys, each once, in order. */
function windowsOf(signal: string): readonly (readonly [number, number])[] {
  const spans = of(signal).map(
    ({ key }) =>
      key
        .split('/')
        .slice(-2)
        .map((text) => Date.parse(text)) as [number, number],
  );
  return [...new Map(spans.map((span) => [span[0], span])).values()].sort((a, b) => a[0] - b[0]);
}

async function storedSamples(): Promise<readonly Sample[]> {
  const { state } = await listener.manager.streams.info('SIGNALS');
  const samples: Sample[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const stored = await listener.manager.streams.getMessage('SIGNALS', { seq });
    samples.push(...(stored === null ? [] : decodeSignalBatch(stored.data).samples));
  }
  return samples;
}

function expectSeamless(windows: readonly (readonly [number, number])[]): void {
  windows.slice(1).forEach(([from], i) => expect(from).toBe(windows[i]?.[1]));
}

describe('kpi-probing, against a trading shop', () => {
  test('measures the past at its first start, so that there is a baseline at once, and goes on with the present', async () => {
    await start();
    const startedMs = Date.now();
    await until('the present', isFresh('odoo.order.success', startedMs));
    const windows = windowsOf('odoo.order.success');
    expectSeamless(windows);
    expect(windows.length).toBeGreaterThanOrEqual((BACKFILL_MINUTES * 60_000) / EVERY_MS);
    const past = of('odoo.order.success').filter(({ atMs }) => atMs < startedMs - 5_000);
    const sum = (field: 'count' | 'of') =>
      past.reduce((total, { value }) => total + (value.kind === 'count' ? value[field] : 0), 0);
    expect(sum('of')).toBeGreaterThan(100);
    expect(sum('count') / sum('of')).toBeCloseTo(0.9, 1);
    expect(of('odoo.pos.orders').length).toBeGreaterThan(0);
  });

  test('answers what it costs, and that it is ready', async () => {
    const url = (service as RunningService).url;
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const page = await (await fetch(`${url}/metrics`)).text();
    expect(page).toMatch(/parapet_probe_seconds_count\{[^}]*kpi="pos-sync"[^}]*\} [1-9]/);
    expect(page).toMatch(/parapet_probe_rows_total\{[^}]*kpi="order-success"[^}]*\} [1-9]/);
    expect(page).toMatch(/parapet_probe_behind_seconds\{[^}]*kpi="order-success"/);
  });

  test('killed between publishing and the cursor, says the same again under the same keys', async () => {
    await admin.query('REVOKE INSERT, UPDATE ON probe_cursor FROM parapet_kpi_probing');
    const before = received.length;
    await until('a publication that the cursor missed', () =>
      received.slice(before).some(({ signal }) => signal === 'odoo.pos.orders'),
    );
    const missed = received.slice(before).find(({ signal }) => signal === 'odoo.pos.orders') as Sample;
    // The process ends here as a crash would leave it: published, and not remembered.
    await (service as RunningService).close();
    await admin.query('GRANT INSERT, UPDATE ON probe_cursor TO parapet_kpi_probing');
    const again = received.length;
    await start();
    await until('the same key', () => received.slice(again).some(({ key }) => key === missed.key));
    expect(received.slice(again).find(({ key }) => key === missed.key)?.value).toEqual(missed.value);
    expectSeamless(windowsOf('odoo.pos.orders'));
  });

  test('takes up a change of configuration without a restart', async () => {
    await apply({ kpis: ['stock-update'], backfill: '1s' });
    await until('the new KPI', () => received.some(({ signal }) => signal === 'odoo.stock.update.delay'));
    const settledMs = Date.now();
    await until('time to pass at the old ones', () =>
      received.some(({ signal, atMs }) => signal === 'odoo.stock.update.delay' && atMs > settledMs + 2 * EVERY_MS),
    );
    expect(of('odoo.pos.orders').some(({ atMs }) => atMs > settledMs + EVERY_MS)).toBe(false);
  });

  test('says a gap while the shop cannot be measured, and fills in the windows afterwards', async () => {
    await apply({ kpis: ['pos-sync'] });
    await until('the old KPI', isFresh('odoo.pos.orders', Date.now()));
    await shop.admin.query('ALTER TABLE pos_order RENAME TO pos_order_away');
    await until('a gap', () =>
      received.some(
        ({ signal, value }) =>
          signal === 'odoo.pos.sync.errors' && value.kind === 'gap' && value.reason === 'sensor-broken',
      ),
    );
    await shop.admin.query('ALTER TABLE pos_order_away RENAME TO pos_order');
    await until('numbers again', isFresh('odoo.pos.orders', Date.now()));
    expectSeamless(windowsOf('odoo.pos.orders'));
  });

  test('goes on after NATS was away, losing no window', async () => {
    await nats.restart();
    await until('numbers again', isFresh('odoo.pos.orders', Date.now()));
    // The listener may have missed some itself: the stream has them all.
    received.splice(0, Number.POSITIVE_INFINITY, ...(await storedSamples()));
    expectSeamless(windowsOf('odoo.pos.orders'));
  });

  test('leaves a shop alone that refuses it again and again, says so in every interval, and on the metrics page', async () => {
    await apply({ kpis: ['pos-sync', 'order-success'] });
    await until('both KPIs', () => isFresh('odoo.order.success', Date.now() - 5_000)());
    const role = new URL(shop.readerUrl).username;
    const before = received.length;
    await shop.admin.query(`ALTER ROLE ${role} NOLOGIN`);
    await shop.admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [role]);
    const isLeftAlone = ({ value }: Sample) => value.kind === 'gap' && value.reason === 'circuit-open';
    await until('a gap that says so', () => received.slice(before).some(isLeftAlone));
    const page = await (await fetch(`${(service as RunningService).url}/metrics`)).text();
    expect(page).toMatch(/^parapet_probe_circuit_open\{.*TEST_SHOP_URL.*\} 1$/m);
    expect(page).toMatch(/parapet_probe_runs_total\{[^}]*outcome="circuit-open"[^}]*\} [1-9]/);
    expect(
      received
        .slice(before)
        .filter(isLeftAlone)
        .every(({ key }) => key.endsWith('/circuit-open')),
    ).toBe(true);
  });
});
