import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Baseline } from '@parapet/signals';
import {
  AGAINST,
  CONTROL,
  gauge,
  histogram,
  histogramHistory,
  type Sample,
  series,
  THEN,
  told,
  valuesHistory,
  watchOf,
} from '../../testing/latency.js';
import { START } from '../../testing/watch.js';
import { logMeanExp } from '../log-space.js';
import { gaugeTest } from './gauge.js';
import type { GaugeTest } from './gauge-kernels.js';

/** The expected numbers were computed by libs/guardrails/reference/latency.py, from the formulas and by other ways round. */

const LOG = { kind: 'gauge', transform: 'log' } as const;
const PLAIN = { kind: 'gauge', transform: 'none' } as const;
const THEN_MEAN = valuesHistory(Math.log(0.88));
const THEN_PLAIN = valuesHistory(39, { longRunVariance: 60, deviation: 6.5, drift: 0.05 });
const LIMIT = { against: 'limit', limit: 0.95, unacceptable: 1.5 } as const;
const PLAIN_BASELINE = { ...PLAIN, ...AGAINST.baseline, worseBy: 0.1 } as const;

const made = (
  of: GaugeTest,
  baselines: readonly Baseline[],
  o: Parameters<typeof watchOf>[2] & { readonly armsValues?: Extract<Baseline, { kind: 'values' }> } = {},
) => {
  const { spec, watched } = watchOf(of, baselines, o);
  return gaugeTest(spec, o.armsValues === undefined ? watched : { ...watched, armsValues: o.armsValues });
};
const alone = (values: readonly number[]): Sample[] => values.map((v, i) => [i, 'watched', gauge(v)]);
const both = (own: readonly number[], others: readonly number[]): Sample[] =>
  own.flatMap((v, i): Sample[] => [
    [i, 'watched', gauge(v)],
    [i, 'control', gauge(others[i] as number)],
  ]);
const CANARY = { spec: { scope: { kind: 'percent', percent: 20 } } } as const;
const LOW = { signal: { badDirection: 'low' } } as const;

describe('gauges agree with the independent computation', () => {
  const history = made({ ...LOG, ...AGAINST.baseline }, [THEN_MEAN]);
  const spike = series(100, 0.9).map((v, i) => (i === 50 ? 900 : v));
  const rows: readonly (readonly [string, ReturnType<typeof gaugeTest>, readonly Sample[], number, number])[] = [
    ['a quiet hour', history, alone(series(100, 0.9)), -1.1446277979945014, 104.52758388752295],
    ['slower from the start', history, alone(series(100, 0.9, 0, 1.3)), 16.067003956064276, -36.9700408848354],
    [
      'slower after a quarter of an hour',
      history,
      alone(series(100, 0.9, 60, 1.5)),
      26.667899121270032,
      9.451755130029667,
    ],
    ['one value a thousand times as large', history, alone(spike), -1.1446275791512508, 63.17636969566586],
    [
      'against a limit',
      made({ ...LOG, ...LIMIT }, [THEN_MEAN]),
      alone(series(100, 0.9, 0, 1.3)),
      31.846280253830827,
      5.961278496137676,
    ],
    [
      'bad when low',
      made({ ...LOG, ...AGAINST.baseline }, [THEN_MEAN], LOW),
      alone(series(100, 0.9, 0, 1 / 1.3)),
      11.818862491643332,
      -27.350802517646866,
    ],
    [
      'values as they are',
      made({ ...PLAIN_BASELINE, unacceptable: 3 }, [THEN_PLAIN]),
      alone(series(100, 40, 0, 1.4)),
      36.78935169069258,
      1932.0693975903619,
    ],
    [
      'values as they are, bad when low',
      made({ ...PLAIN_BASELINE, unacceptable: 3 }, [THEN_PLAIN], LOW),
      alone(series(100, 40, 0, 0.7)),
      9.625850434614897,
      52.63903614457827,
    ],
    [
      'a canary of a fifth against the rest',
      made({ ...LOG, ...AGAINST.control }, [THEN_MEAN], CANARY),
      both(series(100, 0.9, 0, 1.4), [...series(100, 0.88)].reverse()),
      24.072027617747537,
      -36.993670804204775,
    ],
  ];
  test.each(rows)('%s', (_, one, samples, evidence, acceptable) => {
    const found = told(one, samples);
    expect(found.evidence).toBeCloseTo(evidence, 9);
    expect(found.acceptable).toBeCloseTo(acceptable, 8);
  });
});

describe('a gauge', () => {
  const history = made({ ...LOG, ...AGAINST.baseline }, [THEN_MEAN]);
  const slow = series(100, 0.9, 0, 1.3);

  test('knows nothing before any value', () => {
    expect(history.evidence(history.start())).toBeCloseTo(0, 12);
    expect(history.acceptance(history.startAcceptance())).toBe(0);
  });
  test.each([
    ['of nought has no logarithm and is missing', gauge(0)],
    ['below nought as well', gauge(-1)],
    ['that came as a histogram is none', histogram(THEN)],
    ['that came as a count is none', { kind: 'count', count: 1, of: 2 } as const],
  ])('%s', (_, value) => {
    const observation = { signal: 'checkout', dimensions: {}, fromMs: START, atMs: START + 15_000, value };
    const one = { arm: 'watched', observation, newestAtMs: observation.atMs, isComparable: true } as const;
    expect(history.observe(history.start(), one)).toBeNull();
    expect(history.accept(history.startAcceptance(), one)).toEqual(history.startAcceptance());
  });
  test('says nothing of the first two minutes, but counts them', () => {
    const cold = told(history, alone(new Array(8).fill(90)));
    expect(cold.evidence).toBeCloseTo(0, 12);
    expect(cold.acceptable).toBe(0);
    expect(history.samples(cold.state)).toBe(8);
    expect(told(history, alone(new Array(40).fill(90))).evidence).toBeGreaterThan(5);
  });
  test('says nothing of a time with too different a load', () => {
    const busy = told(history, alone(slow), { isComparable: () => false });
    expect([busy.evidence, busy.acceptable, history.samples(busy.state)]).toEqual([expect.closeTo(0, 12), 0, 100]);
  });
  test('several series of an interval are averaged', () => {
    const twice = slow.flatMap((v, i): Sample[] => [
      [i, 'watched', gauge(v * 2)],
      [i, 'watched', gauge(v / 2)],
    ]);
    expect(told(history, twice).evidence).toBeCloseTo(told(history, alone(slow)).evidence, 9);
  });
  test('one absurdly good value is no proof that all is well', () => {
    const glitch = alone(slow.map((v, i) => (i === 40 ? 1e-12 : v)));
    expect(told(history, glitch).acceptable).toBeLessThan(0);
  });
  test('an interval in which an arm is silent says nothing', () => {
    const control = made({ ...LOG, ...AGAINST.control }, [THEN_MEAN], CANARY);
    const silent = told(control, alone(slow));
    expect([silent.evidence, silent.acceptable]).toEqual([expect.closeTo(0, 12), 0]);
    const onlyControl = told(
      control,
      slow.map((v, i): Sample => [i, 'control', gauge(v)]),
    );
    expect([onlyControl.evidence, control.samples(onlyControl.state)]).toEqual([expect.closeTo(0, 12), 0]);
  });
  test('shops that always were slower than the others are held against what they were', () => {
    const slower = valuesHistory(Math.log(1.4), { longRunVariance: 0.05, drift: 0 });
    const samples = both(series(100, 0.9, 0, 1.4), [...series(100, 0.9)].reverse());
    const naive = made({ ...LOG, ...AGAINST.control }, [THEN_MEAN], CANARY);
    const knowing = made({ ...LOG, ...AGAINST.control }, [THEN_MEAN], { ...CANARY, armsValues: slower });
    expect(told(naive, samples).evidence).toBeGreaterThan(20);
    expect(told(knowing, samples).evidence).toBeLessThan(0);
  });
  test('without a word on the split the difference is taken to vary six times as much', () => {
    const evidenceAt = (percent: number | null) =>
      told(
        made({ ...LOG, ...AGAINST.control }, [THEN_MEAN], {
          spec: { scope: percent === null ? null : { kind: 'percent', percent } },
        }),
        both(series(100, 0.9, 0, 1.4), [...series(100, 0.88)].reverse()),
      ).evidence;
    expect(evidenceAt(null)).toBeCloseTo(evidenceAt(1), 9);
    expect(evidenceAt(50)).toBeGreaterThan(evidenceAt(20));
    expect(evidenceAt(20)).toBeGreaterThan(evidenceAt(null));
  });
  test('has to be worse than both windows, and acceptable by their mean', () => {
    const week = valuesHistory(Math.log(1.2));
    const two = told(made({ ...LOG, ...AGAINST.baseline }, [THEN_MEAN, week]), alone(slow));
    const [before, then] = [THEN_MEAN, week].map((b) => told(made({ ...LOG, ...AGAINST.baseline }, [b]), alone(slow)));
    expect(two.evidence).toBe(then?.evidence);
    expect(two.evidence).toBeLessThan(before?.evidence ?? 0);
    expect(two.acceptable).toBeCloseTo(logMeanExp([before?.acceptable ?? 0, then?.acceptable ?? 0]), 9);
  });
  test.each([
    ['no history', { ...LOG, ...AGAINST.baseline }, []],
    ['history of another form', { ...LOG, ...AGAINST.baseline }, [histogramHistory(THEN)]],
    ['a limit, but no idea how much values vary', { ...LOG, ...LIMIT }, []],
    ['a limit without a logarithm', { ...LOG, ...LIMIT, limit: 0 }, [THEN_MEAN]],
  ] as const)('abstains with %s', (_, of, baselines) => {
    const one = made(of, baselines);
    const found = told(one, alone(slow));
    expect([one.abstains, found.evidence, found.acceptable]).toEqual(['no-baseline', 0, 0]);
    expect(one.samples(found.state)).toBe(100);
  });
  test('no single interval carries more than a third of what is needed', () => {
    const enough = Math.log(100);
    const huge = (n: number) => told(history, alone(new Array(8 + n).fill(1e9)).slice(8)).evidence;
    expect(huge(1)).toBeLessThan(enough / 2);
    expect(huge(2)).toBeLessThan(enough);
  });
});

describe('whatever the values of a gauge', () => {
  const forms: readonly (readonly [string, ReturnType<typeof gaugeTest>])[] = [
    ['history', made({ ...LOG, ...AGAINST.baseline }, [THEN_MEAN, valuesHistory(0)])],
    ['limit', made({ ...LOG, ...LIMIT }, [THEN_MEAN])],
    ['control', made({ ...LOG, ...AGAINST.control }, [THEN_MEAN], CANARY)],
    ['plain', made(PLAIN_BASELINE, [THEN_PLAIN])],
  ];
  const values = fc.array(
    fc.record({
      own: fc.double({ min: 1e-3, max: 1e4, noNaN: true }),
      other: fc.double({ min: 1e-3, max: 1e4, noNaN: true }),
      late: fc.nat(3),
    }),
    { minLength: 1, maxLength: 70 },
  );
  const samplesOf = (drawn: readonly { readonly own: number; readonly other: number }[]) =>
    both(
      drawn.map((d) => d.own),
      drawn.map((d) => d.other),
    );
  test.each(forms)('against %s a restart at any sample changes nothing', (_, one) => {
    fc.assert(
      fc.property(values, (drawn) => {
        const samples = samplesOf(drawn);
        const [kept, restarted] = [told(one, samples), told(one, samples, { isThroughJson: true })];
        expect(restarted).toEqual(kept);
      }),
      { numRuns: 30 },
    );
  });
  test.each(forms)('against %s late values within the lateness change nothing', (_, one) => {
    fc.assert(
      fc.property(values, (drawn) => {
        const inOrder = samplesOf(drawn);
        const arrived = inOrder
          .map((sample, i) => ({ sample, at: sample[0] + (drawn[Math.floor(i / 2)]?.late ?? 0) * (i % 2), i }))
          .sort((a, b) => a.at - b.at || b.i - a.i)
          .map(({ sample }) => sample);
        const [a, b] = [told(one, inOrder), told(one, arrived)];
        expect(b.evidence).toBeCloseTo(a.evidence, 9);
        expect(b.acceptable / Math.max(1, Math.abs(a.acceptable))).toBeCloseTo(
          a.acceptable / Math.max(1, Math.abs(a.acceptable)),
          9,
        );
      }),
      { numRuns: 60 },
    );
  });
  test.each([
    ['logarithms', LOG, THEN_MEAN, (unit: number) => valuesHistory(Math.log(0.88 * unit))],
    [
      'values as they are',
      PLAIN,
      THEN_PLAIN,
      (unit: number) =>
        valuesHistory(39 * unit, { longRunVariance: 60 * unit * unit, deviation: 6.5 * unit, drift: 0.05 }),
    ],
  ] as const)('of %s: seconds or milliseconds are the same', (_, form, seconds, scaled) => {
    fc.assert(
      fc.property(values, fc.constantFrom(1000, 1 / 60), (drawn, unit) => {
        const own = drawn.map((d) => d.own);
        const a = told(made({ ...form, ...AGAINST.baseline }, [seconds]), alone(own));
        const b = told(made({ ...form, ...AGAINST.baseline }, [scaled(unit)]), alone(own.map((v) => v * unit)));
        expect(b.evidence).toBeCloseTo(a.evidence, 6);
      }),
      { numRuns: 40 },
    );
  });
  test('a worse value never lowers the evidence of a degradation', () => {
    const one = forms[0]?.[1] as ReturnType<typeof gaugeTest>;
    fc.assert(
      fc.property(values, fc.nat(69), (drawn, at) => {
        const own = drawn.map((d) => d.own);
        const worse = own.map((v, i) => (i === at ? v * 2 : v));
        expect(told(one, alone(worse)).evidence).toBeGreaterThanOrEqual(told(one, alone(own)).evidence - 1e-9);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a gauge in words', () => {
  const spoken = (
    of: GaugeTest,
    samples: readonly Sample[],
    o: {
      readonly verdict?: 'pending' | 'pass' | 'breach';
      readonly baseline?: Extract<Baseline, { kind: 'values' }>;
      readonly unit?: string;
      readonly isLow?: boolean;
    } = {},
  ) => {
    const one = made(of, [o.baseline ?? THEN_MEAN], {
      ...CANARY,
      signal: { unit: o.unit ?? 's', badDirection: o.isLow === true ? 'low' : 'high' },
    });
    const { state, evidence } = told(one, samples);
    return one.describe(state, { verdict: o.verdict ?? 'pending', evidence, clockMs: START });
  };
  const steady = (value: number, n = 60) => alone(new Array(n).fill(value));
  const shops = { kind: 'rest', dimension: 'store', released: ['berlin', 'bremen'] } as const;
  test.each([
    [
      'worse than before',
      spoken({ ...LOG, ...AGAINST.baseline }, steady(1.8), { verdict: 'breach' }),
      'checkout rose from 0.88 s to 1.8 s on average since 09:12 UTC; chance that this is luck: under 1 in 1 000 000',
    ],
    [
      'as before',
      spoken({ ...LOG, ...AGAINST.baseline }, steady(0.88), { verdict: 'pass' }),
      'checkout is 0.88 s on average since 09:12 UTC, it was 0.88 s before; no worse than is tolerated',
    ],
    [
      'fallen where that is bad',
      spoken({ ...LOG, ...AGAINST.baseline }, steady(0.4), { isLow: true, unit: 'orders' }),
      'checkout fell from 0.88 orders to 0.4 orders on average since 09:12 UTC; chance that this is luck: under 1 in 1 000 000',
    ],
    [
      'above a limit',
      spoken({ ...LOG, ...LIMIT }, steady(2)),
      'checkout is 2 s on average since 09:12 UTC, the limit is 0.95 s; chance that this is luck: under 1 in 1 000 000',
    ],
    [
      'in some shops',
      spoken({ ...LOG, ...AGAINST.control, control: shops }, both(new Array(60).fill(0.05), new Array(60).fill(0.05))),
      'checkout is 50 ms on average in the 2 stores with the release since 09:12 UTC, 50 ms in the others',
    ],
    [
      'with nothing to compare with yet',
      spoken({ ...LOG, ...AGAINST.control, control: CONTROL }, steady(400)),
      'checkout is 6.67 min on average since 09:12 UTC; nothing was measured without it',
    ],
    [
      'of assumed variance',
      spoken({ ...LOG, ...AGAINST.baseline }, steady(0.88), { baseline: { ...THEN_MEAN, isAssumed: true }, unit: '' }),
      'checkout is 0.88 on average since 09:12 UTC, it was 0.88 before; how much such values vary is assumed, for want of history',
    ],
    [
      'in a unit with a long name',
      spoken({ ...LOG, ...AGAINST.baseline }, steady(42), {
        baseline: valuesHistory(Math.log(42)),
        unit: 'milliseconds',
      }),
      'checkout is 42 ms on average since 09:12 UTC, it was 42 ms before',
    ],
    ['before any value', spoken({ ...LOG, ...AGAINST.baseline }, []), ''],
  ])('%s', (_, { words }, expected) => {
    expect(words).toBe(expected);
  });
  test('its numbers are in the unit of its signal', () => {
    const { numbers } = spoken({ ...LOG, ...AGAINST.baseline }, steady(1.8));
    expect(numbers).toEqual({
      observed: expect.closeTo(1.8, 9),
      observedLow: expect.any(Number),
      observedHigh: expect.any(Number),
      baseline: expect.closeTo(0.88, 9),
      limit: expect.closeTo(0.88 * 1.05 * Math.exp(1.645 * 0.03), 9),
    });
    expect(numbers.observedLow).toBeLessThan(1.8);
    expect(numbers.observedHigh).toBeGreaterThan(1.8);
  });
});
