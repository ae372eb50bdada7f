import { describe, expect, test } from '@jest/globals';
import {
  armsTailsOf,
  type Baseline,
  type Buckets,
  bucketsWindow,
  type ExponentialHistogram,
  fromExponential,
  histogramBaseline,
  SECONDS_GRID,
  shapeOf,
  shiftedShares,
  shiftScores,
  toleratedRatio,
} from '@parapet/signals';
import fc from 'fast-check';
import {
  AGAINST,
  BOUNDS,
  CONTROL,
  gauge,
  histogram,
  histogramHistory,
  histograms,
  OTHER,
  type Sample,
  THEN,
  told,
  valuesHistory,
  watchOf,
} from '../../testing/latency.js';
import { normal, random } from '../../testing/random.js';
import { START } from '../../testing/watch.js';
import { logMeanExp } from '../log-space.js';
import type { StatisticalTest } from './guardrail-test.js';
import { histogramTest } from './histogram.js';
import type { HistogramState, HistogramTest } from './histogram-state.js';
import { tailsOf, tolerancesOf } from './tails.js';

/** The expected numbers were computed by libs/guardrails/reference/latency.py, from the formulas and by other ways round. */

const BASELINE = { kind: 'histogram', ...AGAINST.baseline } as const;
const AGAINST_CONTROL = { kind: 'histogram', ...AGAINST.control } as const;

const made = (
  of: HistogramTest,
  baselines: readonly Baseline[],
  o: Parameters<typeof watchOf>[2] = {},
): StatisticalTest<HistogramState, unknown> => {
  const { spec, watched } = watchOf(of, baselines, o);
  return histogramTest(spec, watched);
};
type Rows = readonly (readonly number[])[];
const alone = (rows: Rows, bounds: readonly number[] = BOUNDS): Sample[] =>
  rows.map((counts, i) => [i, 'watched', histogram(counts, bounds)]);
const both = (own: Rows, others: Rows): Sample[] =>
  own.flatMap((counts, i): Sample[] => [
    [i, 'watched', histogram(counts)],
    [i, 'control', histogram(others[i] as readonly number[])],
  ]);
const fourfold = (rows: Rows): Rows => rows.map((counts) => counts.map((count) => 4 * count));
const burst = (rows: Rows): Rows => rows.map((row, i) => (i === 20 ? row.map((_, b) => (b === 10 ? 400 : 0)) : row));

describe('latency histograms agree with the independent computation', () => {
  const history = made(BASELINE, [histogramHistory(THEN)]);
  const other = made(BASELINE, [histogramHistory(OTHER)]);
  const control = made(AGAINST_CONTROL, [histogramHistory(THEN)]);
  const rows: readonly (readonly [string, typeof history, readonly Sample[], number, number])[] = [
    ['a quiet hour', history, alone(histograms(100)), -1.1184457669715264, 92.69965058114653],
    ['a quiet hour against another week', other, alone(histograms(100)), -1.1376425270975083, 141.2192536496221],
    ['slower from the start', history, alone(histograms(100, 0)), 29.476644667508744, 1.218957645947816],
    ['slower against another week', other, alone(histograms(100, 0)), 14.146542931899381, 6.473147267331408],
    ['slower after a quarter of an hour', history, alone(histograms(100, 60)), 13.531959911898952, 20.5140234245869],
    ['one interval with 400 slow ones', history, alone(burst(histograms(40))), -0.5890806073765118, -43.23006912799263],
    [
      'both arms the same',
      control,
      both(histograms(100), fourfold(histograms(100))),
      -1.0804846552574294,
      156.95395099032322,
    ],
    [
      'slower than the control',
      control,
      both(histograms(100, 0), fourfold(histograms(100))),
      79.75696742002899,
      4.031528603443842,
    ],
    [
      'one interval with 400 slow ones in one arm',
      control,
      both(burst(histograms(40)), histograms(40)),
      -0.4696587831227783,
      18.439359727539344,
    ],
  ];
  test.each(rows)('%s', (_, one, samples, evidence, acceptable) => {
    const found = told(one, samples);
    expect(found.evidence).toBeCloseTo(evidence, 9);
    expect(found.acceptable).toBeCloseTo(acceptable, 8);
  });
  test('which tails are worth counting', () => {
    expect(tailsOf(histogramHistory(THEN)).map((t) => t.bound)).toEqual([4, 5, 6, 8]);
    expect(tailsOf(histogramHistory(OTHER)).map((t) => t.bound)).toEqual([4, 6, 8]);
    expect(tailsOf(histogramHistory([5000, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0])).map((t) => t.bound)).toEqual([]);
  });
  const shape = shapeOf({ bounds: BOUNDS, counts: THEN });
  test.each([
    [
      'the shares of a shift',
      [
        0.0007451719079634693, 0.02105182328407137, 0.06828573585392568, 0.11730628118319379, 0.2750949012619089,
        0.19372114830827106, 0.19459464964495143, 0.06791729951336092, 0.04054966074606111, 0.014307028576155118,
        0.006426299720137384,
      ],
      shape === null ? [] : shiftedShares(shape, 1.5),
    ],
    [
      'the scores of a small shift',
      [
        -0.4865477509459373, -0.31235195391202947, -0.21772885724907912, -0.12505351817129828, 0.02946531772775116,
        0.12332636780582623, 0.19794723381168458, 0.2840104306128498, 0.2840104306128498, 0.2840104306128498,
        0.2840104306128498,
      ],
      shape === null ? [] : shiftScores(shape, toleratedRatio(0.05, 0.03), 1.1),
    ],
    [
      'the scores of a large shift',
      [
        -3.009632405098139, -3.009632405098139, -3.009632405098139, -2.886990424233951, -1.702007639195295,
        -0.4508423248029966, 0.8203501314160138, 1.8798509431603798, 2.593536137514862, 2.7629151204499807,
        2.7629151204499807,
      ],
      shape === null ? [] : shiftScores(shape, toleratedRatio(0.05, 0.03), 3),
    ],
  ])('%s', (_, expected, found) => {
    expect(found).toEqual(expected.map((value) => expect.closeTo(value, 9)));
  });
});

describe('a latency histogram', () => {
  const history = made(BASELINE, [histogramHistory(THEN)]);
  const slow = histograms(100, 0);
  const one = (value: Sample[2]) => {
    const observation = { signal: 'checkout', dimensions: {}, fromMs: START, atMs: START + 300_000, value };
    return { arm: 'watched', observation, newestAtMs: observation.atMs, isComparable: true } as const;
  };

  test('knows nothing before any request', () => {
    expect(history.evidence(history.start())).toBeCloseTo(0, 12);
    expect(history.acceptance(history.startAcceptance())).toBe(0);
  });
  test('no requests are no evidence, and no misfit', () => {
    const empty = told(history, alone(new Array(60).fill(THEN.map(() => 0))));
    expect([empty.evidence, empty.acceptable, history.samples(empty.state)]).toEqual([expect.closeTo(0, 12), 0, 0]);
  });
  test.each([
    ['that came as a number', gauge(0.3)],
    ['with bounds that were none of history', histogram([1, 2, 3], [0.07, 0.5])],
    ['with fewer bounds than history', histogram([1, 2, 3], [0.1, 0.4])],
  ])('cannot read a sample %s', (_, value) => {
    expect(history.observe(history.start(), one(value))).toBeNull();
    expect(history.accept(history.startAcceptance(), one(value))).toEqual(history.startAcceptance());
  });
  test('reads finer bounds than those of history', () => {
    const finer = [...BOUNDS.slice(0, 4), 0.25, ...BOUNDS.slice(4)];
    const split = slow.map((row) => [...row.slice(0, 4), 1, (row[4] as number) - 1, ...row.slice(5)]);
    expect(told(history, alone(split, finer)).evidence).toBe(told(history, alone(slow)).evidence);
  });
  test('says nothing of the first two minutes, but counts them', () => {
    const cold = told(history, alone(slow.slice(0, 8)));
    expect([cold.evidence, cold.acceptable]).toEqual([expect.closeTo(0, 12), 0]);
    expect(history.samples(cold.state)).toBe(
      slow
        .slice(0, 8)
        .flat()
        .reduce((a, b) => a + b, 0),
    );
  });
  test('says nothing of a time with too different a load', () => {
    const busy = told(history, alone(slow), { isComparable: () => false });
    expect([busy.evidence, busy.acceptable]).toEqual([expect.closeTo(0, 12), 0]);
    expect(history.samples(busy.state)).toBeGreaterThan(3000);
  });
  test('has to be worse than both windows, and acceptable by their mean', () => {
    const two = told(made(BASELINE, [histogramHistory(THEN), histogramHistory(OTHER)]), alone(slow));
    const each = [THEN, OTHER].map((b) => told(made(BASELINE, [histogramHistory(b)]), alone(slow)));
    expect(two.evidence).toBe(Math.min(...each.map((e) => e.evidence)));
    expect(two.acceptable).toBeCloseTo(logMeanExp(each.map((e) => e.acceptable)), 9);
  });
  test('reads an earlier week by its coarser bounds, and leaves out one that it cannot read', () => {
    const coarse = histogramHistory([540, 1800, 1150, 1120, 170, 150], {
      bounds: [0.1, 0.2, 0.3, 0.6, 0.8],
      tailDispersions: new Array(5).fill({ phi: 1.4, isAssumed: false }),
    });
    const strange = histogramHistory([440, 3000, 100], { bounds: [0.1, 0.77] });
    const own = told(history, alone(slow)).evidence;
    const withCoarse = told(made(BASELINE, [histogramHistory(THEN), coarse]), alone(slow)).evidence;
    expect(withCoarse).not.toBe(own);
    expect(withCoarse).toBeGreaterThan(5);
    expect(told(made(BASELINE, [histogramHistory(THEN), strange]), alone(slow)).evidence).toBe(own);
  });
  test('tolerates of a tail what it tolerates of a rate, and what the tolerated shift does to it', () => {
    const then = histogramHistory(THEN);
    const of = (latency: number) => tolerancesOf(then, tailsOf(then), { latency, tailDrift: 0.1 });
    const asRates = 1.1 * Math.exp(1.645 * 0.1);
    expect(of(1)).toEqual([asRates, asRates, asRates, asRates]);
    expect(of(toleratedRatio(0.05, 0.03))).toEqual(
      [1.2966839265067678, 1.2966839265067678, 1.3378158253272587, 1.2966839265067678].map((tolerated) =>
        expect.closeTo(tolerated, 9),
      ),
    );
    expect(of(1.5).every((tolerated) => tolerated > 1.6)).toBe(true);
  });
  test.each([
    ['no history', BASELINE, [], {}],
    ['history of another form', BASELINE, [valuesHistory(0)], {}],
    ['a control, but no idea which tails are usual', AGAINST_CONTROL, [], {}],
    ['a signal that would be bad when low', BASELINE, [histogramHistory(THEN)], { signal: { badDirection: 'low' } }],
    ['the same against a control', AGAINST_CONTROL, [histogramHistory(THEN)], { signal: { badDirection: 'low' } }],
  ] as const)('abstains with %s', (_, of, baselines, o) => {
    const idle = made(of, baselines, o);
    const found = told(idle, alone(slow));
    expect([idle.abstains, found.evidence, found.acceptable]).toEqual(['no-baseline', 0, 0]);
    expect(idle.samples(found.state)).toBeGreaterThan(3000);
  });
  test('an interval in which an arm is silent says nothing', () => {
    const control = made(AGAINST_CONTROL, [histogramHistory(THEN)]);
    for (const arm of ['watched', 'control'] as const) {
      const silent = told(
        control,
        slow.map((counts, i): Sample => [i, arm, histogram(counts)]),
      );
      expect([silent.evidence, silent.acceptable]).toEqual([expect.closeTo(0, 12), 0]);
    }
  });
  test('shops that always were slower than the others are held against what they were', () => {
    const window = (rows: Rows) =>
      bucketsWindow(
        rows.map((counts) => ({ bounds: BOUNDS, counts })),
        { fromMs: 0, intervalMs: 15_000 },
      );
    const [slower, others] = [histograms(240, 0), fourfold(histograms(240))];
    const armsTails = armsTailsOf(window(slower), window(others), BOUNDS);
    const { spec, watched } = watchOf(AGAINST_CONTROL, [histogramHistory(THEN)]);
    const samples = both(histograms(100, 0), fourfold(histograms(100)));
    expect(told(histogramTest(spec, watched) as typeof history, samples).evidence).toBeGreaterThan(20);
    const knowing = histogramTest(spec, { ...watched, armsTails }) as typeof history;
    expect(told(knowing, samples).evidence).toBeLessThan(0);
  });
  test('no single interval carries more than a third of what is needed', () => {
    const enough = Math.log(100);
    const huge = THEN.map((_, b) => (b === 10 ? 1e7 : 0));
    const after = (n: number) => {
      const rows = new Array(8 + n).fill(huge);
      return told(history, alone(rows)).evidence;
    };
    expect(after(1)).toBeLessThan(enough / 2);
    expect(after(2)).toBeLessThan(enough);
  });
});

describe('whatever the requests of a latency histogram', () => {
  const forms: readonly (readonly [string, StatisticalTest<HistogramState, unknown>])[] = [
    ['history', made(BASELINE, [histogramHistory(THEN), histogramHistory(OTHER)])],
    ['control', made(AGAINST_CONTROL, [histogramHistory(THEN)])],
  ];
  const counts = fc.array(fc.nat(30), { minLength: 11, maxLength: 11 });
  const drawnRows = fc.array(fc.record({ own: counts, other: counts, late: fc.nat(3) }), {
    minLength: 1,
    maxLength: 60,
  });
  const samplesOf = (drawn: readonly { readonly own: readonly number[]; readonly other: readonly number[] }[]) =>
    drawn.flatMap((d, i): Sample[] => [
      [i, 'watched', histogram(d.own)],
      [i, 'control', histogram(d.other)],
    ]);
  const heard = (name: string, samples: readonly Sample[]) =>
    name === 'history' ? samples.filter(([, arm]) => arm === 'watched') : samples;
  test.each(forms)('against %s a restart at any sample changes nothing', (name, one) => {
    fc.assert(
      fc.property(drawnRows, (drawn) => {
        const samples = heard(name, samplesOf(drawn));
        expect(told(one, samples, { isThroughJson: true })).toEqual(told(one, samples));
      }),
      { numRuns: 30 },
    );
  });
  test.each(forms)('against %s late samples within the lateness change nothing', (name, one) => {
    fc.assert(
      fc.property(drawnRows, (drawn) => {
        const inOrder = heard(name, samplesOf(drawn));
        const arrived = inOrder
          .map((sample, i) => ({ sample, at: sample[0] + (drawn[sample[0]]?.late ?? 0), i }))
          .sort((a, b) => a.at - b.at || b.i - a.i)
          .map(({ sample }) => sample);
        const [a, b] = [told(one, inOrder), told(one, arrived)];
        expect(b.evidence).toBeCloseTo(a.evidence, 8);
        expect(b.acceptable).toBeCloseTo(a.acceptable, 8);
      }),
      { numRuns: 60 },
    );
  });
  test.each(forms)('against %s seconds or milliseconds are the same', (name, one) => {
    const inMs = (b: Extract<Baseline, { kind: 'histogram' }>) => ({ ...b, bounds: b.bounds.map((x) => x * 1024) });
    const scaled = made(
      name === 'history' ? BASELINE : AGAINST_CONTROL,
      (name === 'history' ? [THEN, OTHER] : [THEN]).map((b) => inMs(histogramHistory(b))),
    );
    fc.assert(
      fc.property(drawnRows, (drawn) => {
        const samples = heard(name, samplesOf(drawn));
        const inUnit = samples.map(
          ([i, arm, value]): Sample => [
            i,
            arm,
            value.kind === 'histogram' ? { ...value, bounds: value.bounds.map((x) => x * 1024) } : value,
          ],
        );
        expect(told(scaled, inUnit).evidence).toBeCloseTo(told(one, samples).evidence, 8);
      }),
      { numRuns: 30 },
    );
  });
  test.each(forms)('against %s slower requests never lower the evidence of a degradation', (name, one) => {
    fc.assert(
      fc.property(drawnRows, fc.nat(59), fc.nat(9), (drawn, at, from) => {
        const slower = drawn.map((d, i) =>
          i === at && (d.own[from] as number) > 0
            ? { ...d, own: d.own.map((c, b) => (b === from ? c - 1 : b === from + 1 ? c + 1 : c)) }
            : d,
        );
        const [a, b] = [drawn, slower].map((rows) => told(one, heard(name, samplesOf(rows))).evidence);
        expect(b).toBeGreaterThanOrEqual((a as number) - 1e-9);
      }),
      { numRuns: 60 },
    );
  });
});

describe('exponential histograms of OpenTelemetry', () => {
  /** Sixty intervals of forty latencies around 0.2 s, from an interval on half as slow again, as a sender at that scale counts them. */
  const sent = (scale: number, slowerFrom: number): readonly ExponentialHistogram[] => {
    const next = random(17);
    return Array.from({ length: 60 }, (_, t) => {
      const counts = new Map<number, number>();
      for (let i = 0; i < 40; i++) {
        const latency = 0.2 * Math.exp(0.5 * normal(next)) * (t >= slowerFrom ? 1.5 : 1);
        const bucket = Math.ceil(Math.log2(latency) * 2 ** scale) - 1;
        counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
      }
      const offset = Math.min(...counts.keys());
      const bucketCounts = Array.from(
        { length: Math.max(...counts.keys()) - offset + 1 },
        (_, i) => counts.get(offset + i) ?? 0,
      );
      return { scale, zeroCount: 0, positive: { offset, bucketCounts } };
    });
  };
  const read = (all: readonly ExponentialHistogram[]) =>
    all.map((one) => fromExponential(one, SECONDS_GRID) as Buckets);
  const of = (history: readonly Buckets[], now: readonly Buckets[]) => {
    const baseline = histogramBaseline([bucketsWindow(history, { fromMs: 0, intervalMs: 15_000 })], { worseBy: 0.05 });
    const one = made(BASELINE, [baseline]);
    return told(
      one,
      now.map((b, i): Sample => [i, 'watched', histogram(b.counts, b.bounds)]),
    );
  };
  const before = read(sent(2, Number.POSITIVE_INFINITY));
  test('are judged the same, however finely they were counted', () => {
    const coarse = of(before, read(sent(2, 0)));
    for (const scale of [3, 5, 8]) expect(of(before, read(sent(scale, 0)))).toEqual(coarse);
    expect(coarse.evidence).toBeGreaterThan(Math.log(100));
  });
  test('as fast as before are no evidence', () => {
    expect(of(before, read(sent(8, Number.POSITIVE_INFINITY))).evidence).toBeLessThan(0);
  });
  test('counted more coarsely than their history cannot be read', () => {
    expect(() => of(before, read(sent(1, 0)))).toThrow('interval 0 is a misfit');
  });
});

describe('a latency histogram in words', () => {
  const spoken = (
    of: HistogramTest,
    samples: readonly Sample[],
    verdict: 'pending' | 'pass' | 'breach' = 'pending',
  ) => {
    const one = made(of, [histogramHistory(THEN)]);
    const { state, evidence } = told(one, samples);
    return one.describe(state, { verdict, evidence, clockMs: START });
  };
  const slowTail = histograms(100).map((row) => row.map((c, b) => (b === 4 ? c - 3 : b === 9 ? c + 3 : c)));
  const shops = { kind: 'rest', dimension: 'store', released: ['berlin'] } as const;
  test.each([
    [
      'slower for a few',
      spoken(BASELINE, alone(slowTail), 'breach'),
      'checkout took 1.53 s instead of 0.584 s for one in twenty (95th percentile, 3 611 measured since 09:12 UTC); chance that this is luck: under 1 in 1 000 000',
    ],
    [
      'as before',
      spoken(BASELINE, alone(histograms(100)), 'pass'),
      'checkout took 0.58 s for one in twenty (95th percentile, 3 611 measured since 09:12 UTC), it was 0.584 s before; no worse than is tolerated',
    ],
    [
      'slower than the others',
      spoken({ ...AGAINST_CONTROL, control: shops }, both(slowTail, histograms(100))),
      'checkout took 1.53 s in store berlin instead of 0.58 s in the others for one in twenty (95th percentile, 3 611 measured since 09:12 UTC); chance that this is luck: under 1 in 1 000 000',
    ],
    [
      'as with the control',
      spoken({ ...AGAINST_CONTROL, control: CONTROL }, both(histograms(100), histograms(100)), 'pass'),
      'checkout took 0.58 s with the release for one in twenty (95th percentile, 3 611 measured since 09:12 UTC), 0.58 s without it; no worse than is tolerated',
    ],
    [
      'with nothing to compare with yet',
      spoken(AGAINST_CONTROL, alone(histograms(100))),
      'checkout took 0.58 s with the release for one in twenty (95th percentile, 3 611 measured since 09:12 UTC); nothing was measured without it',
    ],
    [
      'of a handful of requests',
      spoken(BASELINE, alone(histograms(9))),
      'checkout took 0.3 s for one in four (75th percentile, 44 measured since 09:12 UTC), it was 0.303 s before',
    ],
    [
      'all of them beyond the last bound',
      spoken(
        BASELINE,
        alone(
          burst(histograms(21))
            .slice(0, 21)
            .map((r, i) => (i === 20 ? r : r.map(() => 0))),
        ),
        'breach',
      ),
      'checkout took 2 s or more instead of 0.207 s for half of them (median, 400 measured since 09:12 UTC); chance that this is luck: under 1 in 4',
    ],
    ['before any request', spoken(BASELINE, []), ''],
  ])('%s', (_, { words }, expected) => {
    expect(words).toBe(expected);
  });
  test('its numbers are a percentile in the unit of its signal', () => {
    const { numbers } = spoken(BASELINE, alone(histograms(100)));
    expect(numbers).toEqual({
      observed: expect.any(Number),
      baseline: expect.closeTo(0.6 - 0.2 * (1 - (0.95 * 4890 - 4260) / 420), 9),
      limit: expect.closeTo((numbers.baseline ?? 0) * toleratedRatio(0.05, 0.03), 9),
    });
  });
});
