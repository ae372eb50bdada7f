import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { meanBounds, proportionBounds, rateBounds, ratioBounds } from './effect-size.js';
import { logBeta, logGamma } from './log-gamma.js';
import { shareWords } from '../testing/interval.js';
import { binomial, normal, poisson, random } from '../testing/random.js';

/** The expected numbers were computed by libs/guardrails/reference/effect_size.py: other distributions, integrated numerically. */

describe('the logarithm of the gamma function', () => {
  test.each([
    [0.5, 0.5 * Math.log(Math.PI)],
    [1, 0],
    [2, 0],
    [5, Math.log(24)],
    [21, 42.335616460753485],
    [1e-5, 11.512919692895826],
    [1_000_000.5, 12_815_511.476902766],
  ])('of %d', (x, expected) => {
    expect(Math.abs(logGamma(x) - expected)).toBeLessThan(1e-14 * Math.max(10, Math.abs(expected)));
  });
  test('is no question of a number that is not positive', () => {
    expect(() => logGamma(0)).toThrow('gamma');
    expect(() => logGamma(Number.NaN)).toThrow('gamma');
  });
  test('gives the beta function: B(½, ½) is π', () => {
    expect(Math.exp(logBeta(0.5, 0.5))).toBeCloseTo(Math.PI, 12);
  });
});

describe('bounds agree with the independent computation', () => {
  test.each([
    [0, 100, 0.05, 0, 0.05702859763877187],
    [1, 100, 0.05, 1.4177795458913699e-5, 0.08402231446396645],
    [41, 1000, 0.01, 0.02035322589091744, 0.0716989386884425],
    [60_000, 1_000_000, 0.01, 0.0588561757654302, 0.0611575975169238],
    [100, 100, 0.05, 0.9429714023612281, 1],
    [3, 5, 0.01, 0.05066170032841067, 0.988993467760562],
  ])('a share of %d in %d at %d', (bad, total, alpha, low, high) => {
    const bounds = proportionBounds(bad, total, alpha);
    expect(bounds.low).toBeCloseTo(low, 9);
    expect(bounds.high).toBeCloseTo(high, 9);
  });

  test.each([
    [41, 1000, 48, 4000, 0.01, 1.5057389860691228, 7.621678421907288],
    [0, 1000, 48, 4000, 0.01, 0, 0.639186090525415],
    [12, 1000, 0, 4000, 0.05, 8.090071323967104, null],
  ])('a ratio of %d in %d to %d in %d', (x1, n1, x0, n0, alpha, low, high) => {
    const bounds = ratioBounds({ events: x1, exposure: n1 }, { events: x0, exposure: n0 }, alpha);
    expect(bounds.low).toBeCloseTo(low, 8);
    if (high === null) expect(bounds.high).toBeNull();
    else expect(bounds.high).toBeCloseTo(high, 7);
  });

  test.each([
    [0, 300, 0.02, 0.05, 0, 0.014260689840949203],
    [12, 300, 0.02, 0.05, 0.013826222294706744, 0.08773753705312534],
    [12, 300, 2, 0.05, 0.011773928633566981, 0.09550597517787209],
    [4000, 9000, 0.3, 0.01, 0.41482783851360483, 0.4754382309348438],
  ])('a rate of %d in %d around %d', (events, exposure, expected, alpha, low, high) => {
    const bounds = rateBounds(events, exposure, expected, alpha);
    expect(bounds?.low).toBeCloseTo(low, 9);
    expect(bounds?.high).toBeCloseTo(high, 9);
  });

  test.each([
    [0.4, 40, 0.09, 240, 0.01, 0.2124585779617622, 0.5875414220382378],
    [-2.5, 240, 4, 240, 0.05, -2.8918437957328638, -2.1081562042671362],
    [10, 3, 1, 240, 0.01, 5.027955281953408, 14.972044718046593],
  ])('a mean of %d of %d values', (mean, n, variance, plannedN, alpha, low, high) => {
    const bounds = meanBounds(mean, n, { variance, plannedN, alpha });
    expect(bounds?.low).toBeCloseTo(low, 9);
    expect(bounds?.high).toBeCloseTo(high, 9);
  });
});

describe('what nothing was seen of has no bounds', () => {
  test.each([
    ['a share', proportionBounds(0, 0, 0.01), { low: 0, high: 1 }],
    ['a rate', rateBounds(0, 0, 1, 0.01), null],
    ['a rate that nothing is known to expect of', rateBounds(3, 10, 0, 0.01), null],
    ['a mean', meanBounds(0, 0, { variance: 1, plannedN: 10, alpha: 0.01 }), null],
  ])('%s', (_, actual, expected) => {
    expect(actual).toEqual(expected);
  });
});

describe('bounds', () => {
  test('hold what was seen, and tighten with more of the same', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.integer({ min: 1, max: 400 }), fc.constantFrom(0.01, 0.05), (bad, good, alpha) => {
        const total = bad + good;
        const once = proportionBounds(bad, total, alpha);
        const tenfold = proportionBounds(10 * bad, 10 * total, alpha);
        expect(once.low).toBeLessThanOrEqual(bad / total);
        expect(once.high).toBeGreaterThanOrEqual(bad / total);
        expect(tenfold.high - tenfold.low).toBeLessThan(once.high - once.low);
      }),
    );
  });

  test('of a rate scale with its unit', () => {
    fc.assert(
      fc.property(
        fc.nat(50),
        fc.integer({ min: 1, max: 500 }),
        fc.constantFrom(60, 1 / 60),
        (events, exposure, unit) => {
          const plain = rateBounds(events, exposure, 0.1, 0.01);
          const scaled = rateBounds(events, exposure * unit, 0.1 / unit, 0.01);
          expect((scaled?.high ?? 0) * unit).toBeCloseTo(plain?.high ?? 0, 9);
          expect((scaled?.low ?? 0) * unit).toBeCloseTo(plain?.low ?? 0, 9);
        },
      ),
    );
  });
});

/** However often one looks: the truth is outside at any of 100 looks in at most α of the runs. */
describe('looking all the time, the truth is hardly ever outside', () => {
  const [runs, looks, alpha] = [400, 100, 0.1];
  const outside = (draw: (next: () => number) => () => boolean, seed: number) => {
    const next = random(seed);
    let count = 0;
    for (let run = 0; run < runs; run++) {
      const look = draw(next);
      let isOutside = false;
      for (let i = 0; i < looks && !isOutside; i++) isOutside = look();
      if (isOutside) count += 1;
    }
    return count;
  };
  const misses = (bounds: { low: number; high: number | null } | null, truth: number) =>
    bounds !== null && (truth < bounds.low || truth > (bounds.high ?? Number.POSITIVE_INFINITY));

  test.each([
    [
      'a share',
      (next: () => number) => {
        let [bad, total] = [0, 0];
        return () => {
          bad += binomial(next, 20, 0.05);
          total += 20;
          return misses(proportionBounds(bad, total, alpha), 0.05);
        };
      },
    ],
    [
      'a ratio of two arms',
      (next: () => number) => {
        let [first, second] = [0, 0];
        return () => {
          first += poisson(next, 0.5 * 2);
          second += poisson(next, 2);
          return misses(ratioBounds({ events: first, exposure: 1 }, { events: second, exposure: 4 }, alpha), 2);
        };
      },
    ],
    [
      'a rate',
      (next: () => number) => {
        let [events, exposure] = [0, 0];
        return () => {
          events += poisson(next, 0.7);
          exposure += 1;
          return misses(rateBounds(events, exposure, 0.5, alpha), 0.7);
        };
      },
    ],
    [
      'a mean',
      (next: () => number) => {
        let [sum, n] = [0, 0];
        return () => {
          sum += normal(next);
          n += 1;
          return misses(meanBounds(sum / n, n, { variance: 1, plannedN: looks, alpha }), 0);
        };
      },
    ],
  ])('of %s', (name, draw) => {
    const count = outside(draw, 20261123);
    console.log(`bounds of ${name}, truth outside at any look: ${shareWords(count, runs)}, at most ${100 * alpha} %`);
    expect(count / runs).toBeLessThanOrEqual(alpha);
    // Bounds that never miss would be no bounds.
    expect(count).toBeGreaterThan(0);
  });
});
