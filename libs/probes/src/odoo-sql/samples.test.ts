import { describe, expect, test } from '@jest/globals';
import { BUILT_IN_SIGNALS } from '@parapet/policy';
import { type Kpi, KPIS, odooSqlSettings } from './config.js';
import type { Row } from '../sql/read-only-database.js';
import { KPI_DEFINITIONS } from './kpis/index.js';
import { numberOf, SampleMaker } from './samples.js';

const WINDOW = { fromMs: Date.parse('2026-09-15T10:00:00Z'), toMs: Date.parse('2026-09-15T10:01:00Z') };
const SETTINGS = odooSqlSettings.parse({ connection: { env: 'SHOP' } });
const maker = new SampleMaker('odoo-retail/shop', null);
const till = (config_id: number, n: number, late = 0, p95_s = 2) => ({
  config_id,
  n: String(n),
  late: String(late),
  p50_s: '1.5',
  p95_s: String(p95_s),
  clock_ahead: '0',
});

/** What a KPI says of the rows that its statements gave. */
function samplesOf(kpi: Kpi, answers: Readonly<Record<string, readonly Row[] | null>>, by = maker) {
  const rows = (name: string) => answers[name] ?? null;
  return KPI_DEFINITIONS[kpi].samples({ maker: by, window: WINDOW, settings: SETTINGS, rows, sized: (one) => one });
}
const posSync = (tills: readonly Row[], payment_mismatch = 0, refused = 0) =>
  samplesOf('pos-sync', {
    pos_sync: tills,
    payment_mismatch: [{ payment_mismatch }],
    pos_gaps: [{ id_gap: refused, edge_gap: 0 }],
  });

describe('rows as samples', () => {
  test.each([
    ['confirmed of tried', { success: '8', failed: '2', stuck: '1' }, { count: 8, of: 11 }],
    [
      'nobody tried: nothing of nothing, which is no traffic and not health',
      { success: '0', failed: '0', stuck: '0' },
      { count: 0, of: 0 },
    ],
  ])('order success is %s', (_, row, pair) => {
    expect(samplesOf('order-success', { web_checkout: [row] })).toEqual([
      {
        signal: 'odoo.order.success',
        atMs: WINDOW.toMs,
        value: { kind: 'count', ...pair },
        dimensions: {},
        key: 'odoo-retail/shop/odoo.order.success/2026-09-15T10:00:00.000Z/2026-09-15T10:01:00.000Z',
      },
    ]);
  });

  test.each([
    ['late, broken and refused, of arrived and refused', [till(1, 10, 2), till(2, 5)], 1, 4, { count: 7, of: 19 }],
    ['only refusals: all of them', [], 0, 3, { count: 3, of: 3 }],
    ['one order late and broken: one bad order', [till(1, 1, 1)], 1, 0, { count: 1, of: 1 }],
    ['no orders at all', [], 0, 0, { count: 0, of: 0 }],
  ])('POS sync errors are %s', (_, tills, paymentMismatch, refused, pair) => {
    expect(posSync(tills, paymentMismatch, refused)[0]?.value).toEqual({ kind: 'count', ...pair });
  });

  test('delay is one series a till, with a reason where there were too few orders; orders are per time', () => {
    const samples = posSync([till(1, 10, 0, 4.5), till(2, 9)]);
    const tooFew = { kind: 'gap', reason: 'too-few-samples' };
    expect(samples.slice(1).map(({ signal, value, dimensions }) => [signal, value, dimensions])).toEqual([
      ['odoo.pos.sync.delay', { kind: 'gauge', value: 4.5 }, { till: '1' }],
      ['odoo.pos_sync.p50_s', { kind: 'gauge', value: 1.5 }, { till: '1' }],
      ['odoo.pos_sync.clock_ahead', { kind: 'gauge', value: 0 }, { till: '1' }],
      ['odoo.pos.sync.delay', tooFew, { till: '2' }],
      ['odoo.pos_sync.p50_s', tooFew, { till: '2' }],
      ['odoo.pos_sync.clock_ahead', { kind: 'gauge', value: 0 }, { till: '2' }],
      ['odoo.pos.orders', { kind: 'count', count: 19, of: 60 }, {}],
    ]);
    expect(new Set(samples.map(({ key }) => key)).size).toBe(samples.length);
  });

  test('stock delay is one series a mode; a mode in use that moved nothing has a reason', () => {
    const samples = samplesOf('stock-update', {
      pos_stock_delay: [{ mode: 'realtime', n: '4', max_s: '1.4' }],
      stock_modes: [{ mode: 'closing' }, { mode: 'realtime' }],
    });
    expect(samples.map(({ value, dimensions }) => [value, dimensions])).toEqual([
      [{ kind: 'gap', reason: 'too-few-samples' }, { mode: 'closing' }],
      [{ kind: 'gauge', value: 1.4 }, { mode: 'realtime' }],
    ]);
  });

  test.each<[string, Kpi, string, Row, Readonly<Record<string, unknown>>]>([
    [
      'a share of nothing is a gap, a count of nothing is zero',
      'backend-funnel',
      'backend_funnel',
      { created: '0', confirmed: '0', sent: '0', cancelled: '0', confirmed_of_submitted: null },
      { created: 0, confirmed: 0, sent: 0, cancelled: 0, confirmed_of_submitted: 'too-few-samples' },
    ],
    [
      'a percentile of few is a gap beside their number',
      'checkout-duration',
      'checkout_duration',
      { n: '3', p50_s: '4.67', p95_s: '8.037' },
      { n: 3, p50_s: 'too-few-samples', p95_s: 'too-few-samples' },
    ],
    [
      'a percentile of enough is a number',
      'checkout-duration',
      'checkout_duration',
      { n: '10', p50_s: '4.67', p95_s: '8.037' },
      { n: 10, p50_s: 4.67, p95_s: 8.037 },
    ],
  ])('%s', (_, kpi, statement, row, expected) => {
    const found = samplesOf(kpi, { [statement]: [row] }).map(({ signal, value }) => [
      signal.split('.').at(-1),
      value.kind === 'gauge' ? value.value : value.kind === 'gap' ? value.reason : value.kind,
    ]);
    expect(Object.fromEntries(found)).toEqual(expected);
  });

  test('what nobody saw is a gap, also where the rest of the KPI is known', () => {
    const samples = samplesOf('mail-queue', { mail_queue: null, mail_failed: [{ failed: '2' }] });
    expect(samples.map(({ value }) => value)).toEqual([
      { kind: 'gap', reason: 'sensor-broken' },
      { kind: 'gap', reason: 'sensor-broken' },
      { kind: 'gauge', value: 2 },
    ]);
  });

  test('a till whose session has more orders than may be read is not said to be loud or silent', () => {
    const rows = [
      { config_id: 1, silent_s: '61.5' },
      { config_id: 2, silent_s: null },
    ];
    expect(samplesOf('pos-silence', { pos_silence: rows }).map(({ value }) => value)).toEqual([
      { kind: 'gauge', value: 61.5 },
      { kind: 'gap', reason: 'sensor-broken' },
    ]);
  });

  test('a company is a dimension and part of the key', () => {
    const row = { success: 1, failed: 0, stuck: 0 };
    const [sample] = samplesOf('order-success', { web_checkout: [row] }, new SampleMaker('w/p', 2));
    expect(sample?.dimensions).toEqual({ company: '2' });
    expect(sample?.key).toContain('/company=2/');
  });

  test('a gap has another key than the window measured later', () => {
    const gap = maker.gap('odoo.order.success', WINDOW.toMs);
    expect(gap).toMatchObject({ atMs: WINDOW.toMs, value: { kind: 'gap', reason: 'sensor-broken' } });
    expect(gap.key).not.toBe(maker.of('odoo.order.success', WINDOW, { kind: 'gauge', value: 1 }).key);
  });

  test.each([[null], [undefined], ['NaN'], [''], ['Infinity']])('%p is not a number and throws', (value) => {
    expect(() => numberOf({ n: value }, 'n')).toThrow('column n');
  });
});

describe('the signals', () => {
  test('of all KPIs are those that the policy knows, each of one KPI', () => {
    const measured = KPIS.flatMap((kpi) => KPI_DEFINITIONS[kpi].signals);
    const declared = BUILT_IN_SIGNALS.filter(({ probe }) => probe === 'odoo-sql').map(({ name }) => name);
    expect([...measured].sort()).toEqual([...declared].sort());
    expect(new Set(measured).size).toBe(measured.length);
  });

  test('only silence means nothing while the shop is closed', () => {
    expect(KPIS.filter((kpi) => KPI_DEFINITIONS[kpi].needsOpenShop)).toEqual(['pos-silence']);
  });
});
