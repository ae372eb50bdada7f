import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { armsTailsOf } from './arms-tails.js';
import { type Baseline, countsBaseline, countsWindow, countsWindowOf } from './baseline.js';
import { countsPair, driftOf, latencyPair, valuesPair } from './drift.js';
import { bucketsWindow, bucketsWindowOf, histogramBaseline } from './histogram-baseline.js';
import { normalCumulative, normalQuantile } from './normal.js';
import { MINUTE_MS, mergeRollUps, type RollUp, rollUpOf } from './roll-up.js';
import { differencesOf, valuesBaseline, valuesWindow, valuesWindowOf } from './values-baseline.js';

/** The expected numbers were computed by libs/signals/reference/baselines.py, from the formulas and by other ways round. */

const HOUR = 60 * MINUTE_MS;
const BOUNDS = [0.1, 0.2, 0.3, 0.5, 1];

function numbers(seed: number): () => number {
  let x = seed;
  return () => (x = (x * 16807) % 2147483647);
}

/** Values around 0.5, with blocks that are half as large again, one outlier and every 17th missing. */
function series(n: number, block: number): readonly (number | null)[] {
  const next = numbers(7);
  return Array.from({ length: n }, (_, t) => {
    const v = (0.4 + (next() % 200) / 1000) * (Math.floor(t / block) % 2 ? 1.5 : 1);
    return t % 17 === 16 ? null : t === 5 ? 900 : v;
  });
}

function histograms(n: number, block: number): readonly (readonly number[])[] {
  const next = numbers(3);
  return Array.from({ length: n }, (_, t) => {
    const up = Math.floor(t / block) % 2 ? 6 : 0;
    const plain = [3 + (next() % 5), 10 + (next() % 9), 8 + (next() % 7), 3 + (next() % 5), next() % 3, next() % 2];
    return plain.map((c, i) => c + (i === 3 ? up : i === 4 ? up / 3 : 0));
  });
}

const only = <K extends Baseline['kind']>(baseline: Baseline, kind: K): Extract<Baseline, { kind: K }> => {
  if (baseline.kind !== kind) throw new Error(`expected ${kind}, found ${JSON.stringify(baseline)}`);
  return baseline as Extract<Baseline, { kind: K }>;
};

describe('the normal distribution', () => {
  test.each([
    [-7, 1.279812543885835e-12],
    [-3.2, 0.0006871379379158471],
    [-1, 0.15865525393145707],
    [0, 0.5],
    [0.37, 0.6443087548005467],
    [2.9, 0.9981341866996162],
    [5, 0.9999997133484281],
  ])('up to %d holds %d', (z, share) => {
    expect(normalCumulative(z) / share).toBeCloseTo(1, 12);
    expect(normalQuantile(share)).toBeCloseTo(z, 8);
  });
  test('quantile and share undo each other', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true }), (p) => {
        expect(normalCumulative(normalQuantile(p))).toBeCloseTo(p, 12);
      }),
    );
  });
});

describe('a baseline of values', () => {
  const of = (raw: readonly (number | null)[], intervalMs: number, transform: 'log' | 'none' = 'log') =>
    only(valuesBaseline([valuesWindow(raw, { fromMs: 0, intervalMs, transform })], { transform }), 'values');

  test.each([
    [240, 20, 15, 226, -0.4933738900132328, 0.3916494926518768, 0.249207822324667],
    [48, 6, 60, 46, -0.4690134775610055, 0.14089566209338983, 0.3064807357658768],
    [400, 30, 60, 377, -0.5061637071151723, 0.41938700222512015, 0.2424144822456061],
  ])(
    'of %i intervals in blocks of %i, each of %i s, agrees with the independent computation',
    (n, block, seconds, m, mean, longRunVariance, deviation) => {
      const found = of(series(n, block), seconds * 1000);
      expect(found.m).toBe(m);
      expect(found.mean).toBeCloseTo(mean, 12);
      expect(found.longRunVariance).toBeCloseTo(longRunVariance, 12);
      expect(found.deviation).toBeCloseTo(deviation, 12);
      expect(found.isAssumed).toBe(false);
    },
  );
  test('of values as they are agrees with the independent computation', () => {
    const found = of(series(240, 20), 15_000, 'none');
    expect([found.mean, found.longRunVariance, found.deviation]).toEqual([
      expect.closeTo(0.6274862743362832, 12),
      expect.closeTo(0.15135389423222861, 12),
      expect.closeTo(0.1535568418843653, 12),
    ]);
  });
  test.each([
    ['nothing is no history', [], { why: 'no-history', exposure: 0 }],
    ['values without a logarithm are missing', [0, -1, null, Number.NaN], { why: 'no-history', exposure: 0 }],
    ['fewer than 30 values are too few', new Array(29).fill(1), { why: 'too-few-values', exposure: 29 }],
  ])('%s', (_, raw, expected) => {
    const window = valuesWindow(raw, { fromMs: 0, intervalMs: 15_000, transform: 'log' });
    expect(valuesBaseline([window], { transform: 'log' })).toEqual({ kind: 'unusable', ...expected });
  });
  test('a gauge that never moved is taken to move by one per cent', () => {
    expect(of(new Array(240).fill(2), 15_000)).toMatchObject({
      deviation: 0.01,
      longRunVariance: expect.closeTo(0.00015, 12),
    });
    expect(of(new Array(240).fill(200), 15_000, 'none').deviation).toBeCloseTo(2, 12);
  });
  test('one that was always nought has no measure', () => {
    const window = valuesWindow(new Array(240).fill(0), { fromMs: 0, intervalMs: 15_000, transform: 'none' });
    expect(valuesBaseline([window], { transform: 'none' })).toMatchObject({ kind: 'unusable', why: 'no-spread' });
  });
  test('earlier weeks are pooled: each varies around its own level', () => {
    const week = (level: number) =>
      valuesWindow(
        Array.from({ length: 240 }, (_, i) => level * (i % 2 ? 1.1 : 0.9)),
        { fromMs: 0, intervalMs: 15_000, transform: 'none' },
      );
    const both = only(valuesBaseline([week(100), week(200)], { transform: 'none' }), 'values');
    expect(both.mean).toBeCloseTo(150, 9);
    expect(both.m).toBe(480);
    // (10² + 20²)/2, nothing of the hundred between the weeks: that is drift's to say.
    expect(both.deviation ** 2).toBeCloseTo(250, 6);
  });
  test('the variance may come from a longer time than the level', () => {
    const o = { fromMs: 0, intervalMs: 15_000, transform: 'none' } as const;
    const level = valuesWindow(new Array(240).fill(100), o);
    const spread = valuesWindow(
      Array.from({ length: 1440 }, (_, i) => (i % 2 ? 130 : 90)),
      o,
    );
    const found = only(valuesBaseline([level], { transform: 'none', spread: [spread] }), 'values');
    expect(found.mean).toBe(100);
    expect(found.longRunVariance).toBeCloseTo(1.25 * 400, 6);
  });
  test('scaling the unit changes nothing but the level', () => {
    fc.assert(
      fc.property(fc.constantFrom(1000, 60, 0.001), fc.nat(40), (unit, shift) => {
        const raw = series(240, 10 + shift);
        const [a, b] = [
          of(raw, 15_000),
          of(
            raw.map((v) => (v === null ? null : v * unit)),
            15_000,
          ),
        ];
        expect(b.mean - a.mean).toBeCloseTo(Math.log(unit), 9);
        expect(b.longRunVariance).toBeCloseTo(a.longRunVariance, 9);
      }),
    );
  });
});

describe('a baseline of values from roll-ups', () => {
  const o = { intervalMs: 15_000, transform: 'log' } as const;
  const PERIOD = [{ fromMs: 0, toMs: 24 * HOUR }];
  /** Roll-ups of a value every 15 seconds, as production keeps them. */
  const rollUpsOf = (values: readonly number[]): readonly RollUp[] => {
    const minutes = new Map<number, RollUp>();
    values.forEach((value, i) => {
      const atMs = 15_000 * (i + 1);
      const one = rollUpOf({
        signal: 's',
        dimensions: {},
        fromMs: atMs - 15_000,
        atMs,
        value: { kind: 'gauge', value },
      });
      if (one === null) return;
      const known = minutes.get(one.minuteMs);
      minutes.set(one.minuteMs, known === undefined ? one : mergeRollUps(known, one));
    });
    return [...minutes.values()];
  };
  const noise = (n: number, sd: number, carry: number): readonly number[] => {
    const next = numbers(99);
    let slow = 0;
    return Array.from({ length: n }, () => {
      const normal = normalQuantile(((next() % 9999) + 1) / 10001);
      slow = carry * slow + Math.sqrt(1 - carry * carry) * normal;
      return Math.exp(Math.log(0.4) + sd * slow);
    });
  };
  test.each([
    ['independent values', 0.3, 0],
    ['values that hang together', 0.1, 0.8],
    ['values that lie far apart', 0.8, 0.3],
  ])('%s: close to what the values themselves say', (_, sd, carry) => {
    const raw = noise(1440, sd, carry);
    const exact = only(valuesBaseline([valuesWindow(raw, { fromMs: 0, ...o })], { transform: 'log' }), 'values');
    const window = valuesWindowOf(rollUpsOf(raw), PERIOD, o);
    const found = only(valuesBaseline(window === null ? [] : [window], { transform: 'log' }), 'values');
    expect(found.m).toBe(1440);
    expect(Math.abs(found.mean - exact.mean)).toBeLessThan(0.15 * sd * sd + 0.002);
    expect(found.deviation / exact.deviation).toBeGreaterThan(0.9);
    expect(found.deviation / exact.deviation).toBeLessThan(1.15);
    expect(found.longRunVariance / exact.longRunVariance).toBeGreaterThan(0.75);
    expect(found.longRunVariance / exact.longRunVariance).toBeLessThan(1.35);
  });
  test('an hour that is left out leaves no correlation across it', () => {
    const raw = noise(480, 0.2, 0);
    const periods = [
      { fromMs: 0, toMs: HOUR },
      { fromMs: 10 * HOUR, toMs: 11 * HOUR },
    ];
    const later = rollUpsOf(raw).map((r) => (r.minuteMs < HOUR ? r : { ...r, minuteMs: r.minuteMs + 9 * HOUR }));
    const window = valuesWindowOf(later, periods, o);
    expect(window?.intervals.length).toBe(60 + 60 + 60);
    expect(window?.intervals.slice(60, 120).every((v) => v === null)).toBe(true);
    expect(window).toMatchObject({ fromMs: 0, toMs: 11 * HOUR });
  });
  test('a minute with a value that has no logarithm is left out', () => {
    const window = valuesWindowOf(rollUpsOf([1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1]), PERIOD, o);
    expect(window?.intervals.map((v) => v?.mean ?? null)).toEqual([0, null, 0]);
  });
  test('a few minutes are no estimate of how values hang together', () => {
    const window = valuesWindowOf(rollUpsOf(noise(60, 0.2, 0)), PERIOD, o);
    const found = only(valuesBaseline(window === null ? [] : [window], { transform: 'log' }), 'values');
    expect(found.isAssumed).toBe(true);
    expect(found.longRunVariance).toBeCloseTo(2 * found.deviation ** 2, 12);
  });
  test('two series of one minute are averaged, as the test averages them', () => {
    const minute = (value: number): RollUp => ({
      minuteMs: 0,
      n: 4,
      count: 0,
      of: 0,
      sum: 4 * value,
      min: value,
      max: value,
      histogram: null,
    });
    const window = valuesWindowOf([minute(1), minute(4)], PERIOD, o);
    expect(window?.intervals).toEqual([{ mean: Math.log(2), values: 4, within: 0 }]);
  });
});

describe('a baseline of latencies', () => {
  const window = (rows: readonly (readonly number[])[], intervalMs: number, bounds = BOUNDS) =>
    bucketsWindow(
      rows.map((counts) => ({ bounds, counts })),
      { fromMs: 0, intervalMs },
    );
  test.each([
    [
      240,
      24,
      15,
      [1, 1.4233207090558828, 9.893374634389303, 2.781014285438938, 1],
      [9.0135648895419, 9.049046195193938, 8.66881864106884, 7.9323012274342055, 9.044470540354522],
    ],
    [
      120,
      20,
      60,
      [1, 1.184620984795575, 8.7776051287162, 2.193439794310282, 1],
      [8.113330494991825, 8.143774275146983, 7.791672967250437, 7.105826623298597, 7.5966275534922865],
    ],
  ])('of %i intervals in blocks of %i agrees with the independent computation', (n, block, seconds, tails, scores) => {
    const found = only(
      histogramBaseline([window(histograms(n, block), seconds * 1000)], { worseBy: 0.05 }),
      'histogram',
    );
    expect(found.tailDispersions.map((d) => d.phi)).toEqual(tails.map((phi) => expect.closeTo(phi, 9)));
    expect(found.scoreDispersions.map((s) => s.dispersion.phi)).toEqual(scores.map((phi) => expect.closeTo(phi, 9)));
    expect(found.scoreDispersions.map((s) => s.times)).toEqual([1.1, 1.25, 1.5, 2, 3]);
    expect(found).toMatchObject({ bounds: BOUNDS, drift: 0.03, tailDrift: 0.1 });
  });
  test.each([
    ['nothing is no history', [], { why: 'no-history', exposure: 0 }],
    ['fewer than 50 requests are too few', [[10, 20, 10, 9, 0, 0]], { why: 'too-few-requests', exposure: 49 }],
  ])('%s', (_, rows, expected) => {
    expect(histogramBaseline([window(rows, 15_000)], { worseBy: 0.05 })).toEqual({ kind: 'unusable', ...expected });
  });
  test('bounds that changed: the newest count, finer ones are read by them, others are left out', () => {
    const mixed = bucketsWindow(
      [
        { bounds: [0.1, 0.4], counts: [1000, 1000, 1000] },
        { bounds: [0.1, 0.15, 0.2, 0.3], counts: [100, 10, 20, 30, 40] },
        { bounds: [0.1, 0.2, 0.3], counts: [100, 30, 30, 40] },
      ],
      { fromMs: 0, intervalMs: 15_000 },
    );
    expect(histogramBaseline([mixed], { worseBy: 0.05 })).toMatchObject({
      bounds: [0.1, 0.2, 0.3],
      counts: [200, 60, 60, 80],
    });
  });
  test('from roll-ups the same as from the histograms of its minutes', () => {
    const rows = histograms(120, 20);
    const rollUps = rows.map(
      (counts, i): RollUp => ({
        minuteMs: i * MINUTE_MS,
        n: 4,
        count: 0,
        of: 0,
        sum: 0,
        min: null,
        max: null,
        histogram: { bounds: BOUNDS, counts },
      }),
    );
    const found = bucketsWindowOf(rollUps, [{ fromMs: 0, toMs: 2 * HOUR }]);
    expect(histogramBaseline(found === null ? [] : [found], { worseBy: 0.05 })).toEqual(
      histogramBaseline([window(rows, MINUTE_MS)], { worseBy: 0.05 }),
    );
  });
});

describe('a baseline of counts', () => {
  test('earlier weeks are pooled, and dispersion is around the rate of each', () => {
    const week = (events: number) =>
      countsWindow(new Array(60).fill({ events, exposure: 100 }), { fromMs: 0, intervalMs: MINUTE_MS });
    expect(countsBaseline([week(1), week(5)])).toMatchObject({
      events: 360,
      exposure: 12_000,
      dispersion: { phi: 1, isAssumed: false },
    });
  });
  test('several series of a minute are added up', () => {
    const minute = (count: number): RollUp => ({ ...EMPTY, count, of: 50 });
    const window = countsWindowOf('proportion', 'high', [minute(1), minute(2)], [{ fromMs: 0, toMs: HOUR }]);
    expect(window?.intervals).toEqual([{ events: 3, exposure: 100 }]);
  });
});

describe('drift between healthy windows', () => {
  const pairs = (spread: readonly [number, number]) => {
    const next = numbers(21);
    return Array.from({ length: 9 }, () => {
      const before = { events: 20 + (next() % spread[0]), exposure: 2000 };
      return countsPair(before, { events: 20 + (next() % spread[1]), exposure: 2100 }, 1.1);
    });
  };
  test.each([
    ['of counts agrees with the independent computation', [30, 40], 0.3504357791379762],
    ['of counts further apart', [300, 400], 0.6856212792558996],
  ] as const)('%s', (_, spread, tau) => {
    expect(driftOf(pairs(spread), 0.1)).toBeCloseTo(tau, 9);
  });
  test('fewer than eight pairs, or pairs without an event, say nothing: it is assumed', () => {
    expect(driftOf(pairs([30, 40]).slice(0, 7), 0.1)).toBe(0.1);
    expect(driftOf([...pairs([30, 40]).slice(0, 7), null, null], 0.1)).toBe(0.1);
    expect(countsPair({ events: 0, exposure: 10 }, { events: 1, exposure: 10 }, 1)).toBeNull();
  });
  test('what chance explains is no drift', () => {
    const near = Array.from({ length: 12 }, (_, i) => ({ logRatio: i % 2 ? 0.05 : -0.05, samplingVariance: 0.01 }));
    expect(driftOf(near, 0.1)).toBe(0);
  });
  test('of latencies by the middle of their buckets, as the independent computation has it', () => {
    const pair = latencyPair(
      { bounds: BOUNDS, counts: [10, 60, 50, 30, 10, 5] },
      { bounds: BOUNDS, counts: [8, 50, 60, 40, 14, 7] },
      1.3,
    );
    expect(pair).toEqual({
      logRatio: expect.closeTo(0.11926071468624366, 12),
      samplingVariance: expect.closeTo(0.0060798958825711985, 12),
    });
  });
  test('of values as they are relative to their size', () => {
    const window = (mean: number) => ({ mean, m: 100, longRunVariance: 4 });
    expect(valuesPair(window(20), window(22), 'none')).toEqual({
      logRatio: expect.closeTo(0.1, 12),
      samplingVariance: expect.closeTo(0.0002, 12),
    });
    expect(valuesPair(window(0), window(1), 'none')).toBeNull();
  });
});

describe('how two arms differ by themselves', () => {
  const o = { fromMs: 0, intervalMs: MINUTE_MS };
  test('in values: interval by interval, where both were heard', () => {
    const watched = valuesWindow([null, 2, 4, 8, 16], { ...o, transform: 'log' });
    const control = valuesWindow([1, 2, null, 2], { ...o, fromMs: MINUTE_MS, transform: 'log' });
    expect(differencesOf(watched, control).intervals.map((v) => v?.mean ?? null)).toEqual([
      null,
      expect.closeTo(Math.log(2), 12),
      expect.closeTo(Math.log(2), 12),
      null,
      expect.closeTo(Math.log(8), 12),
    ]);
  });
  test('in latencies: for each bound the share of slower ones, and how it divides', () => {
    const rows = histograms(240, 20);
    const slower = rows.map((row) => [row[0], row[1], row[2], row[3], row[4], 4 * (row[5] ?? 0) + 2] as number[]);
    const found = armsTailsOf(
      bucketsWindow(
        slower.map((counts) => ({ bounds: BOUNDS, counts })),
        o,
      ),
      bucketsWindow(
        rows.map((counts) => ({ bounds: BOUNDS, counts })),
        o,
      ),
      BOUNDS,
    );
    const beyond = (all: readonly (readonly number[])[], i: number) =>
      all.flatMap((row) => row.slice(i + 1)).reduce((a, b) => a + b, 0) / all.flat().reduce((a, b) => a + b, 0);
    expect(found.map((tail) => tail.bound)).toEqual(BOUNDS);
    found.forEach((tail, i) => {
      // Half an event is added to both.
      expect(Math.abs(tail.ratio.ratio / (beyond(slower, i) / beyond(rows, i)) - 1)).toBeLessThan(0.01);
    });
    expect(found[4]?.ratio.ratio).toBeGreaterThan(5);
  });
  test('in too few slow ones: not at all', () => {
    const window = bucketsWindow(new Array(60).fill({ bounds: [1, 2], counts: [9, 1, 0] }), o);
    expect(armsTailsOf(window, window, [1, 2]).map((tail) => tail.bound)).toEqual([1]);
  });
});

const EMPTY: RollUp = { minuteMs: 0, n: 1, count: 0, of: 0, sum: 0, min: null, max: null, histogram: null };
