import { describe, expect, it } from '@jest/globals';
import { odooSqlSettingsSchema } from '@parapet/policy';
import { odooSqlSettings } from './config.js';

/** Every setting with a value that means something. */
const COMPLETE = {
  connection: { env: 'ODOO_DATABASE_URL' },
  kpis: ['order-success', 'pos-sync', 'stock-update'],
  company: 1,
  testPartners: [7],
  offlineProviders: ['transfer'],
  grace: '10m',
  delay: '30s',
  lateSeconds: 300,
  skewSeconds: 60,
  mismatch: 0.05,
  samplesMin: 10,
  logDb: true,
  backfill: '2h',
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
