import { describe, expect, it, test } from '@jest/globals';
import { odooSqlSettingsSchema } from '@parapet/policy';
import { KPIS, kpisOf, odooSqlSettings } from './config.js';

/** Every setting with a value that means something. */
const COMPLETE = {
  connection: { env: 'ODOO_DATABASE_URL' },
  kpis: ['order-success', 'pos-sync', 'price-config', 'logged-errors'],
  company: 1,
  testPartners: [7],
  offlineProviders: ['transfer'],
  grace: '10m',
  delay: '30s',
  paidGrace: '15m',
  reserveGrace: '15m',
  mailGrace: '2h',
  cronGrace: '10m',
  watchedCrons: [3],
  pricelists: [1, 2],
  priceTolerance: 0.01,
  queues: [{ name: 'market', sql: 'SELECT count(*) AS depth, 0::int AS oldest_s FROM market_job WHERE due < :as_of' }],
  lateSeconds: 300,
  skewSeconds: 60,
  mismatch: 0.05,
  samplesMin: 10,
  logDb: true,
  backfill: '2h',
  replicaLagMax: '1m',
  statementTimeout: '5s',
  tail: 20_000,
};

describe('what apply takes, the probe takes', () => {
  it('has the same settings', () => {
    expect(Object.keys(odooSqlSettingsSchema.shape).sort()).toEqual(Object.keys(odooSqlSettings.shape).sort());
    expect(Object.keys(COMPLETE).sort()).toEqual(Object.keys(odooSqlSettings.shape).sort());
  });

  it.each<[string, object]>([
    ['all of them', {}],
    ['no company', { company: null }],
    [
      'only the connection',
      Object.fromEntries(
        Object.keys(COMPLETE).map((key) => [key, key === 'connection' ? { file: '/run/secrets/odoo' } : undefined]),
      ),
    ],
  ])('takes %s', (_what, change) => {
    const settings = { ...COMPLETE, ...change };
    expect([odooSqlSettingsSchema.safeParse(settings).success, odooSqlSettings.safeParse(settings).success]).toEqual([
      true,
      true,
    ]);
  });

  it.each<[string, object]>([
    ['a KPI that nobody measures', { kpis: ['orders'] }],
    ['no KPI', { kpis: [] }],
    ['price lists that are not two', { pricelists: [1] }],
    ['prices without price lists', { kpis: ['price-config'], pricelists: undefined }],
    ['logged errors of a server that does not log', { kpis: ['logged-errors'], logDb: false }],
    ['a queue that is more than one statement', { queues: [{ name: 'market', sql: 'SELECT 1; DROP TABLE x' }] }],
    ['a queue with a parameter that there is not', { queues: [{ name: 'market', sql: 'SELECT :from AS depth' }] }],
    ['a queue without a name', { queues: [{ sql: 'SELECT 1 AS depth' }] }],
    ['queues without queues', { kpis: ['queues'], queues: undefined }],
    ['a tolerance above all', { priceTolerance: 1.5 }],
    ['a watched job that is none', { watchedCrons: [0] }],
    ['a company that is none', { company: 0 }],
    ['a length of time without a unit', { grace: '600' }],
    ['a late that is never late', { lateSeconds: 0 }],
    ['a negative mismatch', { mismatch: -1 }],
    ['a tail too short to see anything', { tail: 10 }],
    ['a connection in clear', { connection: 'postgres://odoo:secret@db/odoo' }],
    ['an unknown setting', { companies: [1] }],
  ])('refuses %s', (_what, change) => {
    const settings = { ...COMPLETE, ...change };
    expect([odooSqlSettingsSchema.safeParse(settings).success, odooSqlSettings.safeParse(settings).success]).toEqual([
      false,
      false,
    ]);
  });
});

describe('settings', () => {
  test('need only a connection', () => {
    expect(odooSqlSettings.parse({ connection: { env: 'SHOP' } })).toMatchObject({
      grace: 600_000,
      delay: 30_000,
      backfill: 7_200_000,
      lateSeconds: 300,
      tail: 20_000,
    });
  });
  test('ask for every KPI that needs no other setting, and for all with them', () => {
    const all = odooSqlSettings.parse({
      connection: { env: 'SHOP' },
      logDb: true,
      pricelists: [1, 2],
      queues: [{ name: 'q', sql: 'SELECT 1 AS depth, 1 AS oldest_s' }],
    });
    expect(KPIS.filter((kpi) => !kpisOf(odooSqlSettings.parse({ connection: { env: 'SHOP' } })).includes(kpi))).toEqual(
      ['price-config', 'queues', 'logged-errors'],
    );
    expect(kpisOf(all)).toEqual(KPIS);
    expect(kpisOf({ ...all, kpis: ['pos-sync'] })).toEqual(['pos-sync']);
  });
  test.each([
    ['an unknown key', { connection: { env: 'X' }, grance: '5m' }, /grance/],
    ['an address instead of a reference', { connection: 'postgres://…' }, /connection|Invalid/],
    ['an unknown KPI', { connection: { env: 'X' }, kpis: ['orders'] }, /order-success/],
    ['a number where a duration belongs', { connection: { env: 'X' }, grace: 600 }, /grace|string/],
    ['a text that is no duration', { connection: { env: 'X' }, grace: 'ten minutes' }, /250ms, 30s, 10m or 2h/],
    ['prices to compare without price lists', { connection: { env: 'X' }, kpis: ['price-config'] }, /pricelists/],
    ['a log that the server does not write', { connection: { env: 'X' }, kpis: ['logged-errors'] }, /--log-db/],
    ['no time for statements', { connection: { env: 'X' }, statementTimeout: '0s' }, /longer than nothing/],
  ])('refuse %s', (_, settings, message) => {
    expect(JSON.stringify(odooSqlSettings.safeParse(settings).error?.issues)).toMatch(message);
  });
});
