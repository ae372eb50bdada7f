import { describe, expect, it } from '@jest/globals';
import { medianOf, shareOf } from './estimates.js';

describe('a share', () => {
  // Quantiles of the beta distribution, from scipy 1.x.
  it.each([
    [0, 32, 0, 0.108881],
    [1, 32, 0.000791, 0.162171],
    [3, 28, 0.022665, 0.282264],
    [28, 28, 0.876564, 1],
    [0, 2000, 0, 0.001843],
    [7, 2000, 0.001408, 0.007198],
    [150, 1000, 0.128425, 0.173658],
  ])('%d of %d lies between %d and %d', (count, of, low, high) => {
    const share = shareOf(count, of);
    expect(share.rate).toBeCloseTo(count / of, 12);
    expect(share.low).toBeCloseTo(low, 6);
    expect(share.high).toBeCloseTo(high, 6);
  });

  it('of nothing is unknown', () => {
    expect(shareOf(0, 0)).toEqual({ count: 0, of: 0, rate: null, low: 0, high: 1 });
  });
});

describe('a median', () => {
  const to = (n: number) => Array.from({ length: n }, (_, i) => n - i);

  // Ranks of the binomial distribution of fair coins, from scipy.
  it.each([
    [6, 3.5, 5.5, 1, 6],
    [10, 5.5, 9.1, 2, 9],
    [25, 13, 22.6, 8, 18],
    [100, 50.5, 90.1, 40, 61],
  ])(
    'of %d values in any order lies at %d, nine tenths below %d, and between the values %d and %d',
    (n, median, p90, low, high) => {
      const found = medianOf(to(n));
      expect(found).toMatchObject({ n, median, low, high });
      expect(found.p90).toBeCloseTo(p90, 9);
    },
  );

  it('of fewer than six values has no interval, of none no value', () => {
    expect(medianOf(to(5))).toMatchObject({ median: 3, low: null, high: null });
    expect(medianOf([])).toEqual({ n: 0, median: null, p90: null, low: null, high: null });
  });
});
