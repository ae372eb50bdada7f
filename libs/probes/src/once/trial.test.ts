import { describe, expect, test } from '@jest/globals';
import type { SampleValue } from '@parapet/signals';
import { type DeclaredProbe, type Measure, MeasurementFailed, type Probe, type Window } from '../index.js';
import { isWhole, type TrialTime, tryProbe } from './trial.js';

const MINUTE_MS = 60_000;
const NOON_MS = Date.parse('2026-11-23T12:00:30Z');
const NEWEST: TrialTime = { atMs: null, fromMs: null };
const DECLARED: DeclaredProbe = {
  tenant: 'acme-retail',
  workload: 'odoo-retail',
  probe: { name: 'shop', kind: 'odoo-sql', environment: 'production', everyMs: MINUTE_MS, settings: {} },
};

/** A probe of one KPI whose windows each give this value. */
function probeOf(
  value: SampleValue,
  more: Partial<Measure> = {},
  isTruncated = false,
): Probe & { readonly asked: Window[] } {
  const asked: Window[] = [];
  const measure: Measure = {
    kpi: 'orders',
    target: 'shop',
    rhythm: { everyMs: MINUTE_MS, delayMs: 10_000, backfillMs: 0 },
    asOf: async () => NOON_MS,
    measure: async (windows) => {
      asked.push(...windows);
      const samples = [{ signal: 's', atMs: windows[0]?.toMs ?? 0, value, dimensions: { till: '3' }, key: 'k' }];
      return { measurements: windows.map((window) => ({ window, samples, isTruncated, sizes: { k: 7 } })), rows: 4 };
    },
    gaps: () => [],
    ...more,
  };
  return { measures: [measure], close: async () => undefined, asked };
}

async function tried(probe: Probe, time = NEWEST, kpis: readonly string[] | null = null) {
  const [one] = await tryProbe(DECLARED, probe, time, kpis, () => NOON_MS);
  if (one === undefined) throw new Error('nothing was tried');
  return one;
}

describe('the window that is tried', () => {
  const at = (text: string) => Date.parse(`2026-11-23T${text}Z`);
  test.each<[string, TrialTime, string, string]>([
    ['the newest that has settled', NEWEST, '11:59:00', '12:00:00'],
    ['the newest that ends before a time', { atMs: at('09:30:59'), fromMs: null }, '09:29:00', '09:30:00'],
    ['the one that ends at a time', { atMs: at('09:30:00'), fromMs: null }, '09:29:00', '09:30:00'],
    ['exactly the one that is asked for', { atMs: at('09:30:07'), fromMs: at('08:00:00') }, '08:00:00', '09:30:07'],
  ])('is %s', async (_, time, from, to) => {
    const probe = probeOf({ kind: 'gauge', value: 1 });
    const { window } = await tried(probe, time);
    expect(window).toEqual({ from: `2026-11-23T${from}.000Z`, to: `2026-11-23T${to}.000Z` });
    expect(probe.asked).toEqual([{ fromMs: at(from), toMs: at(to) }]);
  });

  test('is not measured while its numbers still change, and the answer says from when on', async () => {
    const probe = probeOf({ kind: 'gauge', value: 1 });
    const one = await tried(probe, { atMs: at('12:00:25'), fromMs: at('12:00:00') });
    expect(one.gap).toMatchObject({ reason: 'not-settled', detail: expect.stringContaining('12:00:35') });
    expect(probe.asked).toEqual([]);
  });
});

describe('a value that was tried', () => {
  test.each<[string, SampleValue, object]>([
    [
      'a share, with what it is a share of',
      { kind: 'count', count: 9, of: 10 },
      { numerator: 9, denominator: 10, value: 0.9, gap: null },
    ],
    [
      'a share of nothing, which is no number',
      { kind: 'count', count: 0, of: 0 },
      { numerator: 0, denominator: 0, value: null, gap: { reason: 'too-few-samples' } },
    ],
    [
      'a gauge, with the size of its sample',
      { kind: 'gauge', value: 2.5 },
      { numerator: null, denominator: 7, value: 2.5, gap: null },
    ],
    [
      'a histogram, with its mean',
      { kind: 'histogram', bounds: [1], counts: [3, 1], sum: 8 },
      { numerator: 8, denominator: 4, value: 2, gap: null },
    ],
    [
      'an empty histogram, which has none',
      { kind: 'histogram', bounds: [1], counts: [0, 0], sum: 0 },
      { value: null, gap: { reason: 'too-few-samples' } },
    ],
    [
      'a gap, with its reason',
      { kind: 'gap', reason: 'too-few-samples' },
      { value: null, gap: { reason: 'too-few-samples', advice: expect.stringContaining('longer') } },
    ],
  ])('is %s', async (_, value, expected) => {
    const one = await tried(probeOf(value));
    expect(one.values).toMatchObject([{ signal: 's', dimensions: { till: '3' }, ...expected }]);
    expect(isWhole(one)).toBe((expected as { gap: unknown }).gap === null);
  });

  test('is no value where the window lies beyond the bounded read', async () => {
    const one = await tried(probeOf({ kind: 'gap', reason: 'sensor-broken' }, {}, true));
    expect(one.values).toMatchObject([{ value: null, gap: { reason: 'truncated' } }]);
  });
});

describe('a KPI that was tried', () => {
  test('says what the probe found besides numbers', async () => {
    const probe = probeOf({ kind: 'gauge', value: 1 });
    const [measure] = probe.measures as [Measure];
    const notes = ['step payment: answered 500, expected 200'];
    const noted: Measure = { ...measure, measure: async (windows) => ({ ...(await measure.measure(windows)), notes }) };
    expect((await tried({ ...probe, measures: [noted] })).notes).toEqual(notes);
    expect((await tried(probe)).notes).toEqual([]);
  });

  test('says its cost and the lag of the copy', async () => {
    const one = await tried(probeOf({ kind: 'gauge', value: 1 }, { lagMs: async () => 1_500 }));
    expect(one).toMatchObject({ lagMs: 1_500, cost: { ms: 0, rows: 4 }, kpi: 'orders', workload: 'odoo-retail' });
  });

  test('that failed says why and what to do, and no number', async () => {
    const measure = () => Promise.reject(new MeasurementFailed('missing', 'needs sale_order'));
    const one = await tried(probeOf({ kind: 'gauge', value: 1 }, { measure }));
    expect(one).toMatchObject({
      values: [],
      cost: null,
      gap: { reason: 'missing', detail: 'needs sale_order', advice: expect.stringContaining('grant') },
    });
    expect(isWhole(one)).toBe(false);
  });

  test('whose target’s clock cannot be read has no window', async () => {
    const asOf = () => Promise.reject(new MeasurementFailed('unreachable', 'ECONNREFUSED'));
    expect(await tried(probeOf({ kind: 'gauge', value: 1 }, { asOf }))).toMatchObject({
      window: null,
      gap: { reason: 'unreachable' },
    });
  });

  test('is left out where another is asked for', async () => {
    expect(await tryProbe(DECLARED, probeOf({ kind: 'gauge', value: 1 }), NEWEST, ['others'], () => NOON_MS)).toEqual(
      [],
    );
  });

  test('that shows a defect of ours is not called a gap', async () => {
    const measure = () => Promise.reject(new TypeError('undefined is not a function'));
    await expect(tried(probeOf({ kind: 'gauge', value: 1 }, { measure }))).rejects.toThrow(TypeError);
  });
});
