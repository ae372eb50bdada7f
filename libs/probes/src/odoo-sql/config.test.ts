import { describe, expect, it } from '@jest/globals';
import { odooSqlSettingsSchema } from '@parapet/policy';
import { odooSqlSettings } from './config.js';

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
