import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ArmCounts, betweenArms } from '../between-arms.js';
import { GRID } from '../grid.js';
import { armDispersionOf } from './arm-dispersion.js';
import type { Told } from './guardrail-test.js';
import { ARMS, armsTest, historyOf, type Interval, observeAll, told, toldOf } from '../../testing/arms.js';
import { specOf, START } from '../../testing/watch.js';

/** The expected numbers were computed by libs/guardrails/reference/between_arms.py: binomial likelihoods and a search for the caps. */

const NO_CAP = 1e9;
const arms = (...[watchedEvents, watchedExposure, controlEvents, controlExposure]: Interval): ArmCounts => ({
  watchedEvents,
  watchedExposure,
  controlEvents,
  controlExposure,
});
const kernel = (phi: number, bad: 'more' | 'fewer' = 'more') =>
  betweenArms({ worseBy: 0.1, unacceptable: 3, phi, bad });
const NEEDED = Math.log(100) + Math.log(6) + Math.log(2);

describe('one interval of two arms agrees with the independent computation', () => {
  test.each([
    ['×1.25', arms(5, 200, 8, 800), 1.25, 1.25, 0.3463866487089959],
    ['×3', arms(5, 200, 8, 800), 3, 1.25, 0.6646575470621581],
    ['×10', arms(5, 200, 8, 800), 10, 1.25, -2.0092801062918886],
    ['nothing bad with the release', arms(0, 200, 12, 800), 3, 1.25, -3.4428845608710277],
    ['ten million orders', arms(300, 1e6, 900, 9e6), 2, 1.5, 55.92675254892101],
    ['a canary of three orders in four million', arms(7, 3, 70, 4e6), 5, 1.25, 9.012649030134071],
  ])('%s', (_, counts, times, phi, expected) => {
    expect(kernel(phi).gains(counts, [times], NO_CAP)[0]).toBeCloseTo(expected, 8);
  });

  test.each([
    ['acceptable, little traffic', arms(5, 200, 20, 800), 1.25, 2.334995577751821],
    ['acceptable, more bad than the control', arms(60, 200, 250, 800), 1.5, 25.59310402165963],
  ])('%s', (_, counts, phi, expected) => {
    expect(kernel(phi).acceptable(counts)).toBeCloseTo(expected, 9);
  });

  test.each([
    ['one bad of the control', arms(50, 25, 1, 100), 1.25, 3.295546093452412],
    ['none bad of the control', arms(50, 25, 0, 100), 1.5, 2.8968046965848093],
    ['a busy interval', arms(50, 250, 10, 1000), 1.25, 8.838820236578991],
    ['a small canary', arms(50, 1, 300, 10_000), 1.25, 1.4125066107115156],
  ])('the cap: %s', (_, counts, phi, expected) => {
    const { gains } = kernel(phi);
    const capped = gains(counts, GRID, NEEDED / 3);
    expect(capped).toEqual(gains({ ...counts, watchedEvents: 1e6 }, GRID, NEEDED / 3));
    gains({ ...counts, watchedEvents: expected }, GRID, NO_CAP).forEach((gain, i) => {
      expect(capped[i]).toBeCloseTo(gain, 8);
    });
    expect(Math.max(...capped)).toBeLessThanOrEqual(NEEDED / 3 + 1e-9);
  });

  test('one bad order always counts, however small the canary is', () => {
    const one = arms(1, 1, 0, 1e6);
    expect(kernel(1.25).gains(one, GRID, 0.1)).toEqual(kernel(1.25).gains(one, GRID, NO_CAP));
  });

  test.each([
    ['the release is silent', arms(0, 0, 8, 800)],
    ['the control is silent', arms(5, 200, 0, 0)],
    ['both are', arms(0, 0, 0, 0)],
    ['it failed without any traffic', arms(5, 0, 8, 800)],
  ])('nothing where %s', (_, counts) => {
    expect(kernel(1.25).gains(counts, GRID, NO_CAP)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(kernel(1.25).acceptable(counts)).toBe(0);
  });
});

describe('an hour of both arms agrees with the independent computation', () => {
  const every = (count: number, of: (i: number) => Interval): Interval[] =>
    Array.from({ length: count }, (_, i) => of(i));
  const LATE = every(80, (i) => [(i >= 40 ? 1 : 0) + (i % 9 === 0 ? 1 : 0), 25, i % 3, 100]);
  test.each([
    [
      'a quiet one',
      every(80, (i) => [i % 7 === 0 ? 1 : 0, 25, i % 2 === 0 ? 1 : 0, 100]),
      -0.5476953528788358,
      3.4505670722286097,
    ],
    ['a degradation that starts late', LATE, 10.559759308659013, -8.610844685777685],
    [
      'one interval in which fifty fail',
      every(40, (i) => [i === 30 ? 50 : 0, i === 30 ? 75 : 25, i % 2, 100]),
      -0.5533187220559217,
      -13.799367424536042,
    ],
    [
      'arms that fall silent now and then',
      every(60, (i) => [2, i % 4 === 0 ? 0 : 25, 3, i % 5 === 0 ? 0 : 100]),
      9.95520307818808,
      -14.828065753828435,
    ],
  ])('%s', (_, intervals, evidence, acceptable) => {
    // A rate, for what comes without exposure is not cut to it there.
    const { test: of } = armsTest({
      ...ARMS,
      guardrail: { ...ARMS.guardrail, test: { ...ARMS.guardrail.test, kind: 'rate' } },
      signal: { ...ARMS.signal!, badDirection: 'high' },
    });
    const all = toldOf(intervals);
    expect(of.evidence(observeAll(of, all))).toBeCloseTo(evidence, 9);
    expect(of.acceptance(all.reduce(of.accept, of.startAcceptance()))).toBeCloseTo(acceptable, 8);
  });

  test('of a guardrail with an eighth of the weight, and an assumed dispersion', () => {
    const other = { ...ARMS, guardrail: { ...ARMS.guardrail, name: 'other', weight: 7 } };
    const watched = {
      ...ARMS,
      baselines: [],
      signal: { ...ARMS.signal!, badDirection: 'high' as const },
    };
    const { test: of } = armsTest(watched, specOf([watched, other]));
    expect(of.evidence(observeAll(of, toldOf(LATE)))).toBeCloseTo(8.142969722476224, 9);
  });

  test('too few of what should happen', () => {
    const watched = {
      ...ARMS,
      guardrail: { ...ARMS.guardrail, test: { ...ARMS.guardrail.test, kind: 'rate' as const } },
    };
    const { test: of } = armsTest(watched);
    const all = toldOf(every(20, () => [30, 25, 200, 100]));
    expect(of.evidence(observeAll(of, all))).toBeCloseTo(37.36634974242515, 8);
    expect(of.acceptance(all.reduce(of.accept, of.startAcceptance()))).toBeCloseTo(0.7227939630149649, 8);
  });

  test('good ones of all are turned into bad ones of all', () => {
    const { test: low } = armsTest();
    const { test: high } = armsTest({ ...ARMS, signal: { ...ARMS.signal!, badDirection: 'high' } });
    const good = LATE.map(([x1, n1, x0, n0]): Interval => [n1 - x1, n1, n0 - x0, n0]);
    expect(low.evidence(observeAll(low, toldOf(good)))).toBeCloseTo(high.evidence(observeAll(high, toldOf(LATE))), 12);
  });
});

describe('the dispersion between the arms', () => {
  test.each([
    ['of a calm history is never less than a quarter', historyOf(1), 1.25, false],
    ['of a noisy one is a quarter of what it has in excess', historyOf(5), 2, false],
    ['of two windows is that of the noisier one', [...historyOf(3), ...historyOf(7)], 2.5, false],
    ['is assumed without history', [], 1.5, true],
    [
      'is assumed where history is too short to tell',
      historyOf(1).map((one) => ({
        ...one,
        baseline: { ...one.baseline, dispersion: { phi: 2, isAssumed: true } } as typeof one.baseline,
      })),
      1.5,
      true,
    ],
    [
      'is assumed where history cannot be used',
      [{ window: 'before' as const, baseline: { kind: 'unusable' as const, why: 'no-history' as const, exposure: 0 } }],
      1.5,
      true,
    ],
  ])('%s', (_, baselines, phi, isAssumed) => {
    expect(armDispersionOf({ baselines })).toEqual({ phi, isAssumed });
  });

  test('is what a time showed in which neither arm had the release', () => {
    const [shown, guessed] = [
      { phi: 1, isAssumed: false },
      { phi: 2, isAssumed: true },
    ];
    expect(armDispersionOf({ baselines: historyOf(5), armsDispersion: shown })).toEqual(shown);
    expect(armDispersionOf({ baselines: historyOf(5), armsDispersion: guessed })).toEqual({ phi: 2, isAssumed: false });
  });
});

describe('arms that are unlike by themselves, as stores are', () => {
  const usual = { ratio: 2, logDeviation: 0.05 };
  const [high, low] = [{ ...ARMS.signal!, badDirection: 'high' as const }, ARMS.signal!];
  const evidenceOf = (rest: Partial<typeof ARMS>, intervals: readonly Interval[]) => {
    const { test: of } = armsTest({ ...ARMS, ...rest });
    return of.evidence(observeAll(of, toldOf(intervals)));
  };
  const twice = Array.from({ length: 80 }, (): Interval => [2, 50, 4, 200]);

  test('twice as bad as the control is evidence, unless it always was', () => {
    expect(evidenceOf({ signal: high }, twice)).toBeGreaterThan(Math.log(100));
    expect(evidenceOf({ signal: high, armsRatio: usual }, twice)).toBeLessThan(0);
  });

  test('six times as bad is three times what is usual', () => {
    const worse = twice.map(([x1, n1, x0, n0]): Interval => [3 * x1, n1, x0, n0]);
    expect(evidenceOf({ signal: high, armsRatio: usual }, worse)).toBeGreaterThan(Math.log(100));
  });

  test('an arm that usually has twice the rate is one of twice the exposure, whichever way is bad', () => {
    const rate = (watched: Partial<typeof ARMS>) =>
      evidenceOf(
        { ...watched, guardrail: { ...ARMS.guardrail, test: { ...ARMS.guardrail.test, kind: 'rate' } } },
        twice,
      );
    const doubled = twice.map(([x1, n1, x0, n0]): Interval => [x1, 2 * n1, x0, n0]);
    for (const signal of [high, low]) {
      const { test: of } = armsTest({
        ...ARMS,
        signal,
        guardrail: { ...ARMS.guardrail, test: { ...ARMS.guardrail.test, kind: 'rate' } },
      });
      expect(rate({ signal, armsRatio: { ratio: 2, logDeviation: 0 } })).toBeCloseTo(
        of.evidence(observeAll(of, toldOf(doubled))),
        9,
      );
    }
  });

  test('as little as is known of it, so much more is tolerated, and so much less is acceptable', () => {
    for (const bad of ['more', 'fewer'] as const) {
      const known = betweenArms({ worseBy: 0.1, unacceptable: 3, phi: 1, bad, usual: { ratio: 1, logDeviation: 0.1 } });
      const vague = betweenArms({ worseBy: 0.1, unacceptable: 3, phi: 1, bad, usual: { ratio: 1, logDeviation: 0.3 } });
      const worse = bad === 'more' ? arms(30, 200, 8, 800) : arms(2, 200, 80, 800);
      expect(vague.gains(worse, [1.25], NO_CAP)[0]).toBeLessThan(known.gains(worse, [1.25], NO_CAP)[0] as number);
      expect(vague.acceptable(arms(5, 200, 20, 800))).toBeLessThan(known.acceptable(arms(5, 200, 20, 800)));
    }
  });

  test('a shop manager is told what is usual', () => {
    const { test: of } = armsTest({ ...ARMS, armsRatio: usual });
    const state = observeAll(of, toldOf(Array.from({ length: 80 }, (): Interval => [48, 50, 196, 200])));
    const { words, numbers } = of.describe(state, { verdict: 'pass', evidence: of.evidence(state), clockMs: START });
    expect(words).toBe(
      'orders is 96.0 % with the release (160 of 4 000 failed since 09:12 UTC), 98.0 % without it, where 2 times as often is usual; no worse than is tolerated',
    );
    expect(numbers.limit).toBeCloseTo(1 - 0.02 * 1.1 * 2 * Math.exp(1.645 * 0.05), 12);
  });
});

const { test: TEST, plan: PLAN } = armsTest();
const interval = fc.tuple(
  fc.nat(30),
  fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 9, arbitrary: fc.integer({ min: 30, max: 60 }) }),
  fc.nat(30),
  fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 9, arbitrary: fc.integer({ min: 30, max: 240 }) }),
);
const intervals = fc.array(interval, { minLength: 1, maxLength: 80 });
/** Good ones of all, as the signal counts them. */
const said = (all: readonly (readonly [number, number, number, number])[]) =>
  toldOf(all.map(([x1, n1, x0, n0]): Interval => [Math.max(0, n1 - x1), n1, Math.max(0, n0 - x0), n0]));
const through = (all: readonly Told[], test = TEST) => all.reduce((s, one) => test.observe(s, one) ?? s, test.start());

describe('promises', () => {
  test('there is no evidence before any data, and what cannot be read is said so', () => {
    expect(TEST.evidence(TEST.start())).toBeCloseTo(0, 12);
    expect(TEST.acceptance(TEST.startAcceptance())).toBe(0);
    expect(TEST.abstains).toBeNull();
    const gauge = told('watched', 15, 1, 2);
    const odd = { ...gauge, observation: { ...gauge.observation, value: { kind: 'gauge' as const, value: 3 } } };
    expect(TEST.observe(TEST.start(), odd)).toBeNull();
  });

  test('a restart at any sample changes nothing', () => {
    fc.assert(
      fc.property(intervals, (all) => {
        const sayings = said(all);
        expect(observeAll(TEST, sayings)).toEqual(through(sayings));
        const accepted = sayings.reduce(TEST.accept, TEST.startAcceptance());
        const again = sayings.reduce(
          (acceptance, one) => JSON.parse(JSON.stringify(TEST.accept(acceptance, one))) as typeof acceptance,
          TEST.startAcceptance(),
        );
        expect(again).toEqual(accepted);
      }),
    );
  });

  test('the order of late data within the lateness changes nothing', () => {
    fc.assert(
      fc.property(intervals, fc.array(fc.nat(4), { minLength: 160, maxLength: 160 }), (all, delays) => {
        const inOrder = said(all);
        let newestAtMs = START;
        const arrived = inOrder
          .map((one, i) => ({ one, arrives: one.observation.atMs + 15_000 * (delays[i] as number) }))
          .sort((a, b) => a.arrives - b.arrives)
          .map(({ one }) => {
            newestAtMs = Math.max(newestAtMs, one.observation.atMs);
            return { ...one, newestAtMs };
          });
        const [ordered, shuffled] = [through(inOrder), through(arrived)];
        expect(TEST.evidence(shuffled)).toBeCloseTo(TEST.evidence(ordered), 9);
        expect(shuffled.total).toEqual(ordered.total);
        expect(TEST.acceptance(arrived.reduce(TEST.accept, TEST.startAcceptance()))).toBeCloseTo(
          TEST.acceptance(inOrder.reduce(TEST.accept, TEST.startAcceptance())),
          9,
        );
      }),
    );
  });

  test('silence of either arm is no evidence, neither of a degradation nor of an acceptable release', () => {
    fc.assert(
      fc.property(intervals, fc.constantFrom<'watched' | 'control'>('watched', 'control'), (all, silent) => {
        const heard = said(all).filter((one) => one.arm !== silent);
        expect(TEST.evidence(through(heard))).toBeCloseTo(0, 12);
        expect(TEST.acceptance(heard.reduce(TEST.accept, TEST.startAcceptance()))).toBe(0);
      }),
    );
  });

  test('many series of an arm are one: its stores share a cap', () => {
    const together = through([told('watched', 15, 25, 50), told('control', 15, 99, 100)]);
    const stores = Array.from({ length: 25 }, () => told('watched', 15, 1, 2));
    expect(TEST.evidence(through([...stores, told('control', 15, 99, 100)]))).toBeCloseTo(TEST.evidence(together), 12);
  });

  test('scaling the unit of exposure changes nothing', () => {
    const rate = armsTest({
      ...ARMS,
      guardrail: { ...ARMS.guardrail, test: { ...ARMS.guardrail.test, kind: 'rate' } },
    }).test;
    fc.assert(
      fc.property(intervals, fc.constantFrom(60, 1 / 60, 1000), (all, unit) => {
        const scaled = all.map(([x1, n1, x0, n0]): Interval => [x1, n1 * unit, x0, n0 * unit]);
        expect(rate.evidence(through(toldOf(scaled), rate))).toBeCloseTo(rate.evidence(through(toldOf(all), rate)), 8);
      }),
    );
  });

  test('what hits both arms alike is no evidence, however hard it hits', () => {
    const stormy = Array.from({ length: 80 }, (_, i): Interval => (i < 40 ? [25, 25, 100, 100] : [13, 25, 50, 100]));
    expect(TEST.evidence(through(toldOf(stormy)))).toBeLessThan(0);
  });

  test('no interval contributes more than a third of what is needed, whatever it holds', () => {
    const worst = (count: number) => through(toldOf(Array.from({ length: count }, () => [0, 1e6, 4e6, 4e6])));
    expect(TEST.evidence(worst(1))).toBeLessThan(Math.log(100) / 2);
    expect(TEST.evidence(worst(2))).toBeLessThan(Math.log(100));
    expect(TEST.evidence(worst(4))).toBeGreaterThan(Math.log(100));
  });

  test('memory does not grow with the watch', () => {
    const long = through(toldOf(Array.from({ length: 240 }, () => [20, 25, 99, 100])));
    expect(long.sums.length).toBe(PLAN.count * GRID.length);
    expect(long.open.length).toBeLessThanOrEqual(6);
  });
});

describe('what a shop manager reads', () => {
  const worse = toldOf(Array.from({ length: 40 }, () => [24, 25, 99, 100]));
  const stores = (...released: string[]) => ({
    ...ARMS,
    guardrail: {
      ...ARMS.guardrail,
      test: { ...ARMS.guardrail.test, control: { kind: 'rest' as const, dimension: 'store', released } },
    },
  });
  const errors = {
    ...ARMS,
    guardrail: { ...ARMS.guardrail, name: 'errors', test: { ...ARMS.guardrail.test, kind: 'rate' as const } },
    signal: { ...ARMS.signal!, badDirection: 'high' as const },
  };
  const described = (watched: typeof ARMS, all: readonly Told[], verdict: 'breach' | 'pass' | 'pending' = 'breach') => {
    const { test: of } = armsTest(watched);
    const state = through(all, of);
    return of.describe(state, { verdict, evidence: of.evidence(state), clockMs: START + 600_000 });
  };

  test.each([
    [
      'a canary that is worse',
      described(ARMS, worse).words,
      /^orders is 96\.0 % with the release \(40 of 1 000 failed since 09:12 UTC\), 99\.0 % without it, at least \d\.\d+ times as often; chance that this is luck: under 1 in [\d ]+$/,
    ],
    [
      'stores that are worse',
      described(stores('lyon', 'nice', 'paris'), worse).words,
      /^orders is 96\.0 % in the 3 stores with the release \(.*\), 99\.0 % in the others, /,
    ],
    [
      'one store',
      described(stores('lyon'), worse).words,
      /^orders is 96\.0 % in store lyon \(.*\), 99\.0 % in the others, /,
    ],
    [
      'a canary like its control',
      described(ARMS, toldOf(Array.from({ length: 40 }, () => [99, 100, 396, 400])), 'pass').words,
      /^orders is 99\.0 % with the release \(40 of 4 000 failed since 09:12 UTC\), 99\.0 % without it; no worse than is tolerated$/,
    ],
    [
      'history that is not known',
      described({ ...ARMS, baselines: [] }, worse).words,
      /under 1 in [\d ]+; how much such counts vary is assumed, for want of history$/,
    ],
    [
      'errors',
      described(errors, toldOf(Array.from({ length: 40 }, () => [4, 25, 3, 100]))).words,
      /^errors: 160 with the release where 30 were to be expected going by the rest, since 09:12 UTC, at least \d\.\d+ times as often; chance/,
    ],
    [
      'a control that says nothing',
      described(
        ARMS,
        worse.filter((one) => one.arm === 'watched'),
        'pending',
      ).words,
      /^orders is 96\.0 % with the release since 09:12 UTC; nothing was measured without it$/,
    ],
    [
      'a canary that says nothing',
      described(
        ARMS,
        worse.filter((one) => one.arm === 'control'),
        'pending',
      ).words,
      /^$/,
    ],
  ])('%s', (_, words, expected) => {
    expect(words).toMatch(expected);
  });

  test('the numbers: shares of good ones where the signal counts those, with bounds on the right side', () => {
    const { numbers } = described(ARMS, worse);
    expect(numbers).toMatchObject({ observed: 0.96, baseline: 0.99 });
    expect(numbers.limit).toBeCloseTo(1 - 0.011, 12);
    expect(numbers.observedLow).toBeLessThan(0.96);
    expect(numbers.observedHigh).toBeGreaterThan(0.96);
    expect(numbers.observedHigh).toBeLessThan(1);
  });

  test('the numbers of a rate are events per exposure', () => {
    const { numbers } = described(errors, toldOf(Array.from({ length: 40 }, () => [4, 25, 3, 100])));
    expect(numbers).toMatchObject({ observed: 0.16, baseline: 0.03 });
    expect(numbers.observedLow).toBeGreaterThan(0.03);
    expect(numbers.observedHigh).toBeGreaterThan(0.16);
  });
});
