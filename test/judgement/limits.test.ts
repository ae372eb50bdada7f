import { describe, expect, test } from '@jest/globals';
import { chanceOf } from './chance.ts';
import { medianOf, shareOf } from './limits.ts';

// Limits of scipy.stats.binomtest(k, n).proportion_ci(0.95, 'exact').
describe('exact limits of a share', () => {
  test.each([
    [0, 100, 0, 0.0362167],
    [1, 100, 0.0002531, 0.0544594],
    [3, 1000, 0.000619, 0.0087422],
    [10, 20, 0.2719578, 0.7280422],
    [2000, 2000, 0.9981573, 1],
  ])('%d of %d', (hits, runs, low, high) => {
    const { value, ...limits } = shareOf(hits, runs);
    expect(value).toBe(hits / runs);
    expect(limits.low).toBeCloseTo(low, 6);
    expect(limits.high).toBeCloseTo(high, 6);
  });
});

describe('exact limits of a median', () => {
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
  // Order statistics from tables of the sign test.
  test.each([
    [5, { value: 3, low: 0, high: Number.POSITIVE_INFINITY }],
    [10, { value: 5.5, low: 2, high: 9 }],
    [25, { value: 13, low: 8, high: 18 }],
    [100, { value: 50.5, low: 40, high: 61 }],
  ])('of %d values', (n, expected) => {
    expect(medianOf(upTo(n))).toEqual(expected);
  });

  test('what never came is later than everything that did', () => {
    expect(medianOf([1, 2, Number.POSITIVE_INFINITY]).value).toBe(2);
    expect(medianOf([1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]).value).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('chance draws what it says', () => {
  const N = 40_000;
  const moments = (draw: () => number) => {
    let [sum, squares] = [0, 0];
    for (let i = 0; i < N; i++) {
      const value = draw();
      sum += value;
      squares += value * value;
    }
    return { mean: sum / N, variance: squares / N - (sum / N) ** 2 };
  };
  const chance = chanceOf(1);
  test.each<[string, () => number, number, number]>([
    ['uniform', () => chance.uniform(), 1 / 2, 1 / 12],
    ['normal', () => chance.normal(), 0, 1],
    ['Poisson, by inversion', () => chance.poisson(5), 5, 5],
    ['Poisson, by rejection', () => chance.poisson(50), 50, 50],
    ['binomial, by inversion', () => chance.binomial(300, 0.01), 3, 2.97],
    ['binomial, by rejection', () => chance.binomial(1250, 0.03), 37.5, 36.375],
    ['binomial, of more than half', () => chance.binomial(1250, 0.7), 875, 262.5],
    ['gamma', () => chance.gamma(3), 3, 3],
  ])('%s', (_, draw, mean, variance) => {
    const found = moments(draw);
    // Five standard errors of a mean, and of a variance of something not far from normal.
    expect(Math.abs(found.mean - mean)).toBeLessThan(5 * Math.sqrt(variance / N));
    expect(Math.abs(found.variance - variance)).toBeLessThan(variance * 5 * Math.sqrt(8 / N));
  });

  test('the same seed draws the same', () => {
    const [a, b] = [chanceOf(9), chanceOf(9)];
    expect(Array.from({ length: 50 }, () => a.poisson(20))).toEqual(Array.from({ length: 50 }, () => b.poisson(20)));
  });
});
