import { describe, expect, test } from '@jest/globals';
import { odooSqlSettings } from './config.js';
import { failureOf } from './connection.js';
import { dialectOf, missingFrom } from './dialect.js';
import { numberOf, orderSuccess, posSync, SampleMaker, stockUpdate } from './samples.js';
import { bind } from './statements.js';

const WINDOW = { fromMs: Date.parse('2026-09-15T10:00:00Z'), toMs: Date.parse('2026-09-15T10:01:00Z') };
const maker = new SampleMaker('odoo-retail/shop', null);
const till = (config_id: number, n: number, late = 0, p95_s = 2) => ({
  config_id,
  n: String(n),
  late: String(late),
  p95_s: String(p95_s),
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
    expect(orderSuccess(maker, WINDOW, row)).toEqual([
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
    const samples = posSync(maker, WINDOW, { tills, paymentMismatch, refused }, { samplesMin: 10 });
    expect(samples[0]?.value).toEqual({ kind: 'count', ...pair });
  });

  test('delay is one series a till, with a reason where there were too few orders; orders are per time', () => {
    const samples = posSync(
      maker,
      WINDOW,
      { tills: [till(1, 10, 0, 4.5), till(2, 9)], paymentMismatch: 0, refused: 0 },
      { samplesMin: 10 },
    );
    expect(samples.slice(1).map(({ signal, value, dimensions }) => [signal, value, dimensions])).toEqual([
      ['odoo.pos.sync.delay', { kind: 'gauge', value: 4.5 }, { till: '1' }],
      ['odoo.pos.sync.delay', { kind: 'gap', reason: 'too-few-samples' }, { till: '2' }],
      ['odoo.pos.orders', { kind: 'count', count: 19, of: 60 }, {}],
    ]);
    expect(new Set(samples.map(({ key }) => key)).size).toBe(samples.length);
  });

  test('stock delay is one series a mode; a mode in use that moved nothing has a reason', () => {
    const samples = stockUpdate(maker, WINDOW, [{ mode: 'realtime', n: '4', max_s: '1.4' }], ['closing', 'realtime']);
    expect(samples.map(({ value, dimensions }) => [value, dimensions])).toEqual([
      [{ kind: 'gap', reason: 'too-few-samples' }, { mode: 'closing' }],
      [{ kind: 'gauge', value: 1.4 }, { mode: 'realtime' }],
    ]);
  });

  test('a company is a dimension and part of the key', () => {
    const [sample] = orderSuccess(new SampleMaker('w/p', 2), WINDOW, { success: 1, failed: 0, stuck: 0 });
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

describe('the dialect', () => {
  const columns = (record: Record<string, string[]>) =>
    new Map(Object.entries(record).map(([table, names]) => [table, new Set(names)]));
  test.each([
    [
      '14',
      { payment_transaction: ['type', 'acquirer_id'], pos_order: ['id'] },
      'payment_acquirer',
      'pv.provider',
      'tx.type',
      false,
    ],
    [
      '15',
      { payment_transaction: ['operation', 'acquirer_id'], pos_order: ['id'] },
      'payment_acquirer',
      'pv.provider',
      'tx.operation',
      false,
    ],
    [
      '16 and 17',
      { payment_transaction: ['operation', 'provider_id'], pos_order: ['config_id'] },
      'payment_provider',
      'pv.code',
      'tx.operation',
      false,
    ],
    [
      '18 and later',
      { payment_transaction: ['operation', 'provider_id'], pos_order: ['uuid'] },
      'payment_provider',
      'pv.code',
      'tx.operation',
      true,
    ],
  ])('of %s is seen by its columns', (_, tables, provider, code, kind, isPaid) => {
    const dialect = dialectOf(columns(tables));
    expect(dialect.providerJoin).toContain(provider);
    expect(dialect.providerCode).toBe(code);
    expect(dialect.txKind).toContain(kind);
    expect(dialect.arrival.includes('pos_payment')).toBe(isPaid);
  });

  test('what is missing is named', () => {
    expect(missingFrom(columns({ a: ['x'] }), { a: ['x', 'y'], b: ['z'] })).toEqual(['a.y', 'b']);
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
      kpis: ['order-success', 'pos-sync', 'stock-update'],
      grace: 600_000,
      delay: 30_000,
      backfill: 7_200_000,
      lateSeconds: 300,
      tail: 20_000,
    });
  });
  test.each([
    ['an unknown key', { connection: { env: 'X' }, grance: '5m' }, /grance/],
    ['an address instead of a reference', { connection: 'postgres://…' }, /connection|Invalid/],
    ['an unknown KPI', { connection: { env: 'X' }, kpis: ['orders'] }, /order-success/],
    ['a number where a duration belongs', { connection: { env: 'X' }, grace: 600 }, /grace|string/],
    ['a text that is no duration', { connection: { env: 'X' }, grace: 'ten minutes' }, /250ms, 30s, 10m or 2h/],
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
