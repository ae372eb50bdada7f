import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Measure } from '../probe.js';
import { DATABASE, FakeOdoo, KEY, LOGIN } from '../../testing/odoo/fake-odoo.js';
import { readSettings } from './config.js';
import { makeOdooRpcProbe } from './make.js';
import { OdooConnection } from './odoo.js';
import { OdooRpcProbe } from './probe.js';

const MINUTE_MS = 60_000;
/** When the shop was recorded, in the middle of its incident. */
const NOW_MS = Date.parse('2026-09-15T12:00:30Z');
const SPAN = { fromMs: Date.parse('2026-09-15T10:00:00Z'), toMs: Date.parse('2026-09-15T12:00:00Z') };

let fake: FakeOdoo;
beforeEach(async () => {
  fake = await FakeOdoo.start('19', 's2-incident');
  fake.clockMs = NOW_MS;
  process.env.TEST_ODOO_KEY = KEY;
});
afterEach(() => fake.stop());

function made(settings: Record<string, unknown> = {}, everyMs = MINUTE_MS) {
  const own = {
    url: fake.url,
    allowPrivate: true,
    database: DATABASE,
    login: LOGIN,
    apiKey: { env: 'TEST_ODOO_KEY' },
    ...settings,
  };
  const probe = { name: 'shop', kind: 'odoo-rpc', environment: 'production', everyMs, settings: own } as const;
  return makeOdooRpcProbe({ tenant: 'acme-retail', workload: 'odoo-retail', probe }, () => NOW_MS);
}

function measureOf(kpi: string, settings: Record<string, unknown> = {}): Measure {
  const probe = made({ kpis: [kpi], ...settings });
  if ('problems' in probe) throw new Error(probe.problems.join());
  return probe.measures[0] as Measure;
}

/** A bound far below what settings take: this shop is small. */
function boundedBy(rowsMax: number): Measure {
  const place = {
    url: new URL(fake.url),
    database: DATABASE,
    login: LOGIN,
    apiKey: () => KEY,
    companies: null,
    timeoutMs: 5_000,
    allowPrivate: true,
    ca: null,
  };
  const read = readSettings({
    url: fake.url,
    allowPrivate: true,
    database: DATABASE,
    login: LOGIN,
    apiKey: { env: 'NONE' },
    kpis: ['pos-sync'],
  });
  if ('problems' in read) throw new Error(read.problems.join());
  const probe = new OdooRpcProbe({
    name: 'odoo-retail/shop',
    everyMs: 30 * MINUTE_MS,
    settings: { ...read.settings, rowsMax },
    connection: new OdooConnection(place, 'json-2', () => NOW_MS),
    target: 'shop',
    nowMs: () => NOW_MS,
  });
  return probe.measures[0] as Measure;
}

const failing = async (measure: Measure) =>
  await measure.measure([SPAN]).then(
    () => null,
    (error: unknown) => error,
  );

describe('a probe by API', () => {
  test('says its samples under the names and keys of the probe by SQL', async () => {
    const { measurements, rows } = await measureOf('order-success', { testPartners: [19] }).measure([SPAN]);
    expect(measurements[0]?.samples).toEqual([
      {
        signal: 'odoo.order.success',
        atMs: SPAN.toMs,
        value: { kind: 'count', count: expect.any(Number), of: expect.any(Number) },
        dimensions: {},
        key: 'odoo-retail/shop/odoo.order.success/2026-09-15T10:00:00.000Z/2026-09-15T12:00:00.000Z',
      },
    ]);
    expect(rows).toBeGreaterThan(0);
  });

  test('tells the server’s clock, with a call that needs its key', async () => {
    expect(await measureOf('pos-sync').asOf()).toBe(NOW_MS);
    fake.key = 'another';
    await expect(measureOf('pos-sync').asOf()).rejects.toMatchObject({ reason: 'refused' });
  });

  test.each([
    ['auto', '/json/2/'],
    ['json-2', '/json/2/'],
    ['json-rpc', '/jsonrpc'],
  ])('asks by %s: %s', async (protocol, path) => {
    await measureOf('pos-sync', { protocol }).asOf();
    expect(fake.asked.map((call) => call.path)).toEqual([expect.stringContaining(path)]);
  });

  test('asks a server without JSON-2 by JSON-RPC, and logs in once', async () => {
    await fake.stop();
    fake = await FakeOdoo.start('14', 's2-incident');
    fake.clockMs = NOW_MS;
    const measure = measureOf('pos-sessions');
    await measure.asOf();
    await measure.measure([SPAN]);
    expect(new Set(fake.asked.map(({ path }) => path))).toEqual(new Set(['/jsonrpc']));
    expect(fake.logins).toBe(1);
  });

  test('takes up an exchanged key', async () => {
    const measure = measureOf('pos-sync', { protocol: 'json-rpc' });
    await measure.asOf();
    fake.key = 'exchanged';
    await expect(measure.asOf()).rejects.toMatchObject({ reason: 'refused' });
    process.env.TEST_ODOO_KEY = 'exchanged';
    expect(await measure.asOf()).toBe(NOW_MS);
  });

  test('looks at the companies it is told to', async () => {
    await measureOf('pos-sync', { allowedCompanies: [1, 2] }).asOf();
    expect(fake.asked[0]?.context).toEqual({ lang: 'en_US', allowed_company_ids: [1, 2] });
  });

  test('never brings more records than its bound: fewer windows at once, and a gap where one is too much', async () => {
    const windows = [0, 1, 2, 3].map((i) => ({
      fromMs: SPAN.fromMs + i * 30 * MINUTE_MS,
      toMs: SPAN.fromMs + (i + 1) * 30 * MINUTE_MS,
    }));
    const measuredWith = async (rowsMax: number) => {
      const { measurements } = await boundedBy(rowsMax).measure(windows);
      return measurements.map(({ isTruncated, samples }) => (isTruncated ? 'cut' : samples));
    };
    const [all, few] = [await measuredWith(1_000), await measuredWith(10)];
    expect(all).not.toContain('cut');
    expect(few).toContain('cut');
    expect(few.filter((one) => one !== 'cut').length).toBeGreaterThan(0);
    few.forEach((one, i) => expect(one).toEqual(one === 'cut' ? 'cut' : all[i]));
  });

  test('counts for each KPI the rows of its own, also while others are measured', async () => {
    const kpis = ['order-success', 'payment-success', 'pos-sync', 'pos-duplicates', 'stock-update'];
    const rowsOf = async (measures: readonly Measure[], isTogether: boolean) => {
      if (isTogether) return (await Promise.all(measures.map((one) => one.measure([SPAN])))).map(({ rows }) => rows);
      const alone: number[] = [];
      for (const one of measures) alone.push((await one.measure([SPAN])).rows);
      return alone;
    };
    const measuresOf = () => {
      const probe = made({ kpis });
      if ('problems' in probe) throw new Error(probe.problems.join());
      return probe.measures;
    };
    const alone = await rowsOf(measuresOf(), false);
    expect(alone.every((rows) => rows > 0)).toBe(true);
    expect(await rowsOf(measuresOf(), true)).toEqual(alone);
  });

  test('of what shows only the present, one window of the past is asked for', () => {
    const probe = made({ kpis: ['pos-silence', 'reservation-backlog', 'pos-broken', 'pos-sync'], backfill: '3h' });
    const measures = 'problems' in probe ? [] : probe.measures;
    expect(measures.map(({ kpi, rhythm }) => [kpi, rhythm.backfillMs / MINUTE_MS])).toEqual([
      ['pos-silence', 1],
      ['reservation-backlog', 1],
      ['pos-broken', 180],
      ['pos-sync', 180],
    ]);
  });

  test('says of the present nothing but in the present', async () => {
    const long = { fromMs: SPAN.fromMs - 24 * 60 * MINUTE_MS, toMs: SPAN.toMs - 24 * 60 * MINUTE_MS };
    const { measurements } = await measureOf('reservation-backlog').measure([long, SPAN]);
    expect(measurements.map(({ isTruncated }) => isTruncated)).toEqual([true, false]);
  });

  test('a model that the user may not read is refused, and the others go on', async () => {
    fake.forbidden = ['ir.cron'];
    expect(await failing(measureOf('cron-health'))).toMatchObject({
      reason: 'refused',
      message: expect.stringContaining('ir.cron'),
    });
    expect(await failing(measureOf('pos-sessions'))).toBeNull();
  });

  test('a server that is away, and a key that is not there', async () => {
    const away = measureOf('pos-sync');
    delete process.env.TEST_ODOO_KEY;
    expect(await failing(measureOf('pos-sync'))).toMatchObject({
      reason: 'refused',
      message: expect.stringContaining('TEST_ODOO_KEY'),
    });
    process.env.TEST_ODOO_KEY = KEY;
    await fake.stop();
    expect(await failing(away)).toMatchObject({ reason: 'unreachable' });
    fake = await FakeOdoo.start('19', 's2-incident');
  });

  test('what failed says a gap for every signal', () => {
    const gaps = measureOf('pos-sync').gaps(NOW_MS);
    expect(gaps.map(({ signal }) => signal)).toContain('odoo.pos.sync.errors');
    expect(gaps.every(({ value }) => value.kind === 'gap')).toBe(true);
  });
});

describe('settings of a probe by API', () => {
  test.each<[string, Record<string, unknown>, number, RegExp]>([
    ['an address with a password', { url: 'https://a:b@shop.example' }, MINUTE_MS, /must not hold a user/],
    [
      'plain http to the world',
      { url: 'http://shop.example', allowPrivate: false },
      MINUTE_MS,
      /plain http needs allowPrivate/,
    ],
    ['a KPI that no API tells', { kpis: ['price-sold'] }, MINUTE_MS, /settings\.kpis/],
    ['a key in the clear', { apiKey: 'abc' }, MINUTE_MS, /settings\.apiKey/],
    ['an interval between two seconds', {}, 1_500, /every: must be whole seconds/],
    ['a delay between two seconds', { delay: '1500ms' }, MINUTE_MS, /whole seconds/],
    [
      'authorities that are not there',
      { ca: '/nowhere/ca.pem' },
      MINUTE_MS,
      /settings\.ca: cannot read \/nowhere\/ca\.pem: ENOENT/,
    ],
  ])('refuse %s', (_, settings, everyMs, problem) => {
    const probe = made(settings, everyMs);
    expect('problems' in probe ? probe.problems.join() : '').toMatch(problem);
  });

  test('measure by default what needs no right of an administrator', () => {
    const probe = made();
    const kpis = 'problems' in probe ? [] : probe.measures.map(({ kpi }) => kpi);
    expect(kpis).toContain('order-success');
    expect(kpis).not.toContain('cron-health');
  });
});
