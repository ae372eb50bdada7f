import { describe, expect, test } from '@jest/globals';
import { BUILT_IN_SIGNALS } from '@parapet/policy';
import { type Kpi, KPIS, kpisOf, odooSqlSettings } from './config.js';
import { failureOf, type Row } from './connection.js';
import { dialectOf, dialectOfVersion, missingFrom, unreadableIn, VERSIONS } from './dialect.js';
import { KPI_DEFINITIONS } from './kpis/index.js';
import { numberOf, SampleMaker } from './samples.js';
import { bind } from './statements.js';

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
  return KPI_DEFINITIONS[kpi].samples({ maker: by, window: WINDOW, settings: SETTINGS, rows });
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

describe('the dialect', () => {
  const columns = (record: Record<string, string[]>, readable = record) =>
    new Map(
      Object.entries(record).map(([table, names]) => [
        table,
        { found: new Set(names), readable: new Set(readable[table] ?? []) },
      ]),
    );

  test.each<[string, (typeof VERSIONS)[number][], Record<string, string[]>]>([
    [
      '14',
      [14],
      {
        payment_transaction: ['type', 'date', 'acquirer_id'],
        pos_order: ['id'],
        ir_cron: ['numbercall'],
        product_pricelist_item: ['active'],
        stock_picking_type: ['id'],
      },
    ],
    [
      '15',
      [15],
      {
        payment_transaction: ['operation', 'last_state_change', 'acquirer_id'],
        ir_cron: ['numbercall'],
        product_pricelist_item: ['active'],
        stock_picking_type: ['reservation_method'],
      },
    ],
    [
      '16',
      [16],
      {
        payment_transaction: ['operation', 'last_state_change', 'provider_id'],
        ir_cron: ['numbercall'],
        product_pricelist_item: ['active'],
        stock_picking_type: ['reservation_method'],
      },
    ],
    [
      '17',
      [17],
      {
        payment_transaction: ['operation', 'last_state_change', 'provider_id'],
        pos_order: ['config_id'],
        ir_cron: ['numbercall'],
        stock_picking_type: ['reservation_method'],
      },
    ],
    [
      '18 and 19',
      [18, 19],
      {
        payment_transaction: ['operation', 'last_state_change', 'provider_id'],
        pos_order: ['uuid'],
        ir_cron: ['failure_count'],
        stock_picking_type: ['reservation_method'],
      },
    ],
  ])('of %s is seen by its columns', (_, versions, tables) => {
    for (const version of versions) expect(dialectOf(columns(tables))).toEqual(dialectOfVersion(version));
  });

  test('differs between neighbours where Odoo does, and nowhere else', () => {
    const changed = VERSIONS.slice(1).map((version, i) => {
      const [before, after] = [dialectOfVersion(VERSIONS[i] as typeof version), dialectOfVersion(version)];
      const names = Object.keys(after) as (keyof typeof after)[];
      return [version, names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))];
    });
    expect(Object.fromEntries(changed)).toEqual({
      15: ['txKind', 'txKindColumn', 'txWhen', 'reservesAtOnce', 'reservationNeeds'],
      16: ['providerJoin', 'providerCode', 'provider', 'txProvider'],
      17: ['itemActive', 'itemColumns'],
      18: ['arrival', 'arrivalNeeds', 'cronCanRun', 'cronColumns'],
      19: [],
    });
  });

  test('what is missing is named, and what may not be read', () => {
    const found = columns({ a: ['x'], c: ['z'] }, { a: ['x'] });
    expect(missingFrom(found, { a: ['x', 'y'], b: ['z', 'w'], c: ['z'] })).toEqual(['a.y', 'b']);
    expect(unreadableIn(found, { a: ['x'], c: ['z'] })).toEqual(['c']);
  });
});

describe('parameters', () => {
  test('are numbered once each and never enter the text; casts are left alone', () => {
    expect(bind('SELECT :a::numeric, :b, :a', { a: 1, b: "'; DROP" })).toEqual({
      text: 'SELECT $1::numeric, $2, $1',
      values: [1, "'; DROP"],
    });
  });
  test('that have no value throw', () => {
    expect(() => bind('SELECT :a', {})).toThrow('no value for :a');
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
    const all = odooSqlSettings.parse({ connection: { env: 'SHOP' }, logDb: true, pricelists: [1, 2] });
    expect(KPIS.filter((kpi) => !kpisOf(SETTINGS).includes(kpi))).toEqual(['price-config', 'logged-errors']);
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

describe('why there is no number', () => {
  test.each([
    ['57014', 'canceling statement due to statement timeout', 'timeout'],
    ['40001', 'canceling statement due to conflict with recovery', 'standby-conflict'],
    ['42P01', 'relation "pos_order" does not exist', 'missing'],
    ['42501', 'permission denied for table pos_order', 'refused'],
    ['28P01', 'password authentication failed', 'refused'],
    ['57P01', 'terminating connection due to administrator command', 'unreachable'],
    ['53300', 'too many clients already', 'unreachable'],
    ['ECONNREFUSED', 'connect ECONNREFUSED', 'unreachable'],
    ['', 'Connection terminated unexpectedly', 'unreachable'],
    ['', 'Query read timeout', 'timeout'],
    ['22012', 'division by zero', 'defect'],
  ])('%s %s is %s', (code, message, reason) => {
    expect(failureOf(Object.assign(new Error(message), { code })).reason).toBe(reason);
  });
});
