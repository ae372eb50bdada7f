import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { againstBaseline, toleratedRatio } from './against-baseline.js';
import { CountMixture } from './anchored-counts.js';
import { planAnchors } from './anchors.js';
import type { CountKernel } from './count-kernel.js';
import { GRID } from './grid.js';
import { logSumExp } from './log-space.js';
import { proportionLimit } from './proportion-limit.js';
import { rateLimit } from './rate-limit.js';
import { ORDERS, specOf } from '../testing/watch.js';

/** The expected numbers were computed by libs/guardrails/reference/kernels.py, from the formulas and by other ways round. */

const RATE = rateLimit({ limit: 0.02, unacceptable: 3, phi: 1.5 });
const PROPORTION = proportionLimit({ limit: 0.02, unacceptable: 3, phi: 1.5 });
const HISTORY = {
  baselineEvents: 60,
  baselineExposure: 6000,
  worseBy: 0.1,
  unacceptable: 3,
  drift: 0.1,
  phi: 1.2,
  bad: 'more',
} as const;
const BASELINE = againstBaseline(HISTORY);
const FEWER = againstBaseline({ ...HISTORY, baselineEvents: 6000, bad: 'fewer' });

describe('kernels agree with the independent computation', () => {
  test.each([
    ['rate against a limit, ×1.25', RATE.worse(12, 300, 1.25), 0.7851484105136782],
    ['rate against a limit, ×3', RATE.worse(12, 300, 3), 0.7888983093448777],
    ['rate against a limit, acceptable', RATE.acceptable(3, 300), 5.802775422663781],
    ['proportion against a limit, odds ×1.25', PROPORTION.worse(12, 300, 1.25), 0.7876401083058684],
    ['proportion against a limit, odds ×3', PROPORTION.worse(12, 300, 3), 0.9447556786886248],
    ['proportion against a limit, acceptable', PROPORTION.acceptable(3, 300), 5.646918053320033],
    ['tolerated ratio', toleratedRatio(0.1, 0.1), 1.2966839265067678],
    ['counts against a baseline, ×1.25', BASELINE.worse(30, 1000, 1.25), 2.2822223937645516],
    ['counts against a baseline, ×3', BASELINE.worse(30, 1000, 3), 4.403678258282694],
    ['counts against a baseline, ×10', BASELINE.worse(30, 1000, 10), -14.876845127632805],
    ['counts against a baseline, acceptable', BASELINE.acceptable(11, 1000), 4.798824360495932],
    ['fewer than the baseline, ×1.25', FEWER.worse(300, 600, 1.25), 19.947655468279915],
    ['fewer than the baseline, ×2', FEWER.worse(300, 600, 2), 18.135395969051388],
    ['not unacceptably fewer', FEWER.acceptable(590, 600), 196.8100815059945],
  ])('%s', (_, actual, expected) => {
    expect(actual).toBeCloseTo(expected, 9);
  });

  const needed = Math.log(100) + Math.log(6) + Math.log(2) + Math.log(4);
  test.each([
    ['against a baseline', BASELINE.capped(50, 25, needed / 3), 2.7606853618499745],
    ['of a rate against a limit', RATE.capped(50, 25, needed / 3), 3.7949457872524266],
    ['leaves what is below it alone', BASELINE.capped(2, 25, needed / 3), 2],
    ['lets one event count always', rateLimit({ limit: 1e-9, unacceptable: 3, phi: 1 }).capped(1, 1, 0.1), 1],
    ['raises what is bad when it is too few', FEWER.capped(0, 600, needed / 3) > 100 ? 1 : 0, 1],
  ])('the cap %s', (_, actual, expected) => {
    expect(actual).toBeCloseTo(expected, 9);
  });
});

describe('the anchored mixture', () => {
  /** A quarter of the evidence of a watch of an hour that begins at 0. */
  const planFor = (durationMs: number) => {
    const spec = { ...specOf([ORDERS, ORDERS, ORDERS, ORDERS], { durationMs }), startMs: 0 };
    return planAnchors(spec, ORDERS);
  };
  const plan = planFor(3_600_000);
  const fed = (
    intervals: readonly (readonly [end: number, events: number, exposure: number])[],
    kernel: CountKernel = BASELINE,
  ) => {
    const mixture = new CountMixture(plan, [kernel]);
    let state = mixture.start();
    let newest = 0;
    for (const [end, events, exposure] of intervals) {
      newest = Math.max(newest, end * 1000);
      state = mixture.observe(state, end * 1000, newest, events, exposure);
    }
    return mixture.evidence(JSON.parse(JSON.stringify(state)) as typeof state)[0] as number;
  };
  const quiet = Array.from({ length: 80 }, (_, i) => [15 * (i + 1), i % 7 === 0 ? 1 : 0, 25] as const);
  const late = Array.from(
    { length: 80 },
    (_, i) => [15 * (i + 1), (i >= 40 ? 1 : 0) + (i % 9 === 0 ? 1 : 0), 25] as const,
  );

  test('agrees with the independent computation on a quiet hour', () => {
    expect(fed(quiet)).toBeCloseTo(-0.9583913102053837, 9);
  });
  test('agrees with the independent computation on a degradation that starts late', () => {
    expect(fed(late)).toBeCloseTo(9.036817978702747, 9);
  });
  test('is nothing before any data', () => {
    expect(fed([])).toBeCloseTo(0, 12);
  });
  test('has twelve anchors in an hour, and one in a short watch', () => {
    expect(plan.count).toBe(12);
    expect(planFor(180_000).count).toBe(1);
  });
  test('stays small in a watch of a week', () => {
    const long = planFor(7 * 86_400_000);
    expect(long.count).toBe(48);
    expect(long.count * long.anchorMs).toBeGreaterThanOrEqual(7 * 86_400_000);
  });
  test('no interval contributes more than a third of what is needed, whatever it holds', () => {
    const enough = Math.log(100) + Math.log(4);
    expect(fed([[15, 1e6, 1e6]])).toBeLessThan(enough / 2);
    expect(
      fed([
        [15, 1e6, 1e6],
        [30, 1e6, 1e6],
      ]),
    ).toBeLessThan(enough);
  });
  test('series of the same interval share its cap', () => {
    const together = fed([[15, 50, 25]]);
    const apart = fed(Array.from({ length: 25 }, () => [15, 2, 1] as const));
    expect(apart).toBeCloseTo(together, 9);
  });
  test('any order within the lateness gives the same', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(6), fc.integer({ min: 1, max: 60 })), { minLength: 30, maxLength: 60 }),
        fc.array(fc.nat(2), { minLength: 60 }),
        (values, shifts) => {
          const inOrder = values.map(([events, exposure], i) => [15 * (i + 1), events, exposure] as const);
          // Each may arrive up to two intervals late.
          const arrived = inOrder
            .map((v, i) => ({ v, at: i + (shifts[i] ?? 0) }))
            .sort((a, b) => a.at - b.at)
            .map(({ v }) => v);
          expect(fed(arrived)).toBeCloseTo(fed(inOrder), 9);
        },
      ),
    );
  });
  test('scaling the unit of exposure of a rate changes nothing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(6), fc.integer({ min: 1, max: 60 })), { maxLength: 40 }),
        fc.constantFrom(60, 1 / 60, 1000),
        (values, unit) => {
          const scaled = againstBaseline({ ...HISTORY, baselineExposure: HISTORY.baselineExposure * unit });
          const plainIntervals = values.map(([events, exposure], i) => [15 * (i + 1), events, exposure] as const);
          const scaledIntervals = plainIntervals.map(
            ([end, events, exposure]) => [end, events, exposure * unit] as const,
          );
          expect(fed(scaledIntervals, scaled)).toBeCloseTo(fed(plainIntervals), 7);
        },
      ),
    );
  });
  test('more bad events never lower the evidence of a degradation', () => {
    fc.assert(
      fc.property(
        fc.nat(200),
        fc.integer({ min: 1, max: 500 }),
        fc.constantFrom(...GRID),
        (events, exposure, times) => {
          expect(BASELINE.worse(events + 1, exposure, times)).toBeGreaterThan(BASELINE.worse(events, exposure, times));
        },
      ),
    );
  });
});

test.each([
  [[], Number.NEGATIVE_INFINITY],
  [[0, 0], Math.log(2)],
  [[-2000, -2000], -2000 + Math.log(2)],
  [[900, Number.NEGATIVE_INFINITY], 900],
])('logSumExp of %j', (terms, expected) => {
  expect(logSumExp(terms)).toBeCloseTo(expected, 12);
});
