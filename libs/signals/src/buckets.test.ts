import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromCumulative, quantileOf, rebin } from './buckets.js';
import {
  type ExponentialHistogram,
  fromExponential,
  mergeExponential,
  MILLISECONDS_GRID,
  SECONDS_GRID,
} from './exponential.js';

const INF = Number.POSITIVE_INFINITY;

describe('cumulative buckets', () => {
  const of = (...rows: (readonly [bound: number, cumulative: number])[]) =>
    fromCumulative(rows.map(([bound, cumulative]) => ({ bound, cumulative })));
  test.each([
    ['become counts of their own', of([0.1, 3], [0.5, 7], [INF, 9]), { bounds: [0.1, 0.5], counts: [3, 4, 2] }],
    [
      'that fall with the bound are raised',
      of([0.1, 5], [0.5, 4], [INF, 9]),
      { bounds: [0.1, 0.5], counts: [5, 0, 4] },
    ],
    ['without infinity are none', of([0.1, 3], [0.5, 7]), null],
    ['out of order are none', of([0.5, 3], [0.1, 7], [INF, 9]), null],
    ['with a count that is none are none', of([0.1, Number.NaN], [INF, 9]), null],
    ['below nought are none', of([0.1, -1], [INF, 9]), null],
  ])('%s', (_, found, expected) => {
    expect(found).toEqual(expected);
  });
});

describe('a quantile for display', () => {
  const of = (q: number, bounds: readonly number[], counts: readonly number[]) => quantileOf({ bounds, counts }, q);
  const [bounds, counts] = [
    [0.1, 0.5, 1],
    [10, 20, 10, 10],
  ] as const;
  test.each([
    ['lies in its bucket on a straight line', of(0.5, bounds, counts), 0.1 + (0.4 * 15) / 20],
    ['begins at nought in the first', of(0.1, bounds, counts), 0.05],
    ['at an edge is the edge', of(0.6, bounds, counts), 0.5],
    ['beyond the last bound is the last bound', of(0.99, bounds, counts), 1],
    ['of a first bucket not above nought is its bound', of(0.1, [-1, 2], [5, 5, 0]), -1],
    ['passes over empty buckets', of(0.5, [1, 2, 3], [5, 0, 5, 0]), 1],
    ['below 0', of(-0.1, bounds, counts), -INF],
    ['above 1', of(1.1, bounds, counts), INF],
    ['of no requests', of(0.5, bounds, [0, 0, 0, 0]), Number.NaN],
    ['of a single bucket', of(0.5, [], [4]), Number.NaN],
  ])('%s', (_, found, expected) => {
    if (Number.isFinite(expected)) expect(found).toBeCloseTo(expected, 12);
    else expect(found).toBe(expected);
  });
});

describe('other bounds', () => {
  test.each([
    ['the same are the same', [1, 2, 4], [1, 2, 3, 4]],
    ['fewer add up', [2], [3, 7]],
    ['none at all add up everything', [], [10]],
    ['one of which nothing is known cannot be read', [1, 3], null],
    ['one beyond the last cannot be read', [1, 8], null],
  ])('%s', (_, bounds, expected) => {
    expect(rebin({ bounds: [1, 2, 4], counts: [1, 2, 3, 4] }, bounds)).toEqual(expected);
  });
});

describe('exponential histograms', () => {
  const grid = { scale: 0, fromPower: -1, toPower: 3 };
  const of = (o: Partial<ExponentialHistogram>): ExponentialHistogram => ({
    scale: 0,
    zeroCount: 0,
    positive: { offset: 0, bucketCounts: [] },
    ...o,
  });
  test.each([
    [
      'buckets at the edges of the grid',
      of({ positive: { offset: -1, bucketCounts: [1, 2, 3, 4] } }),
      { bounds: [0.5, 1, 2, 4, 8], counts: [0, 1, 2, 3, 4, 0] },
    ],
    [
      'nought and below go to the first, beyond the grid to the first and the last',
      of({
        zeroCount: 7,
        positive: { offset: -3, bucketCounts: [1, 1, 0, 0, 0, 0, 5, 6] },
        negative: { offset: 4, bucketCounts: [2] },
      }),
      { bounds: [0.5, 1, 2, 4, 8], counts: [11, 0, 0, 0, 0, 11] },
    ],
    [
      'a finer one is made coarser, below one as above it',
      of({ scale: 1, positive: { offset: -3, bucketCounts: [1, 2, 4, 8, 16] } }),
      { bounds: [0.5, 1, 2, 4, 8], counts: [1, 6, 24, 0, 0, 0] },
    ],
    [
      'a coarser one keeps the bounds it has',
      of({ scale: -1, positive: { offset: -1, bucketCounts: [5, 6, 7] } }),
      { bounds: [1, 4], counts: [5, 6, 7] },
    ],
    ['a count that is none', of({ zeroCount: Number.NaN }), null],
    ['a scale that does not exist', of({ scale: 21 }), null],
    ['a bucket beyond all numbers', of({ positive: { offset: 5000, bucketCounts: [1] } }), null],
    ['an offset between two buckets', of({ positive: { offset: 0.5, bucketCounts: [1] } }), null],
  ])('%s', (_, histogram, expected) => {
    expect(fromExponential(histogram, grid)).toEqual(expected);
  });
  test('every bound is an edge of the histogram as it was sent, to the last digit', () => {
    for (const own of [SECONDS_GRID, MILLISECONDS_GRID]) {
      const coarse = fromExponential(of({ scale: 1 }), own)?.bounds ?? [];
      const fine = fromExponential(of({ scale: 20 }), own)?.bounds ?? [];
      expect(fine).toHaveLength(69);
      expect(coarse.every((bound) => fine.includes(bound))).toBe(true);
      expect(fine.every((bound, i) => Math.abs(Math.log2(bound) - (own.fromPower + i / 4)) < 1e-12)).toBe(true);
    }
  });

  const anyBuckets = fc.record({
    offset: fc.integer({ min: -40, max: 40 }),
    bucketCounts: fc.array(fc.nat(50), { maxLength: 20 }),
  });
  const anyHistogram: fc.Arbitrary<ExponentialHistogram> = fc.record({
    scale: fc.integer({ min: -2, max: 5 }),
    zeroCount: fc.nat(9),
    positive: anyBuckets,
  });
  const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
  test('no request is lost or invented', () => {
    fc.assert(
      fc.property(anyHistogram, (h) => {
        const found = fromExponential(h, SECONDS_GRID);
        expect(total(found?.counts ?? [])).toBe(h.zeroCount + total(h.positive.bucketCounts));
      }),
    );
  });
  test('a bucket holds what lay between its bounds, and nothing else', () => {
    fc.assert(
      fc.property(anyHistogram, (h) => {
        const found = fromExponential(h, SECONDS_GRID);
        const perPower = 2 ** h.scale;
        found?.bounds.forEach((bound, i) => {
          const upTo = h.positive.bucketCounts.filter(
            (_, k) => (h.positive.offset + k + 1) / perPower <= Math.log2(bound) + 1e-9,
          );
          expect(total(found.counts.slice(0, i + 1))).toBe(h.zeroCount + total(upTo));
        });
      }),
    );
  });
  const read = (h: ExponentialHistogram | null) => (h === null ? null : fromExponential(h, SECONDS_GRID));
  test('however far apart, they are added to a bounded number of buckets, in any grouping the same', () => {
    const far = fc.record({
      scale: fc.integer({ min: 0, max: 20 }),
      zeroCount: fc.nat(9),
      positive: fc.record({
        offset: fc.integer({ min: -1000, max: 1000 }),
        bucketCounts: fc.array(fc.nat(50), { minLength: 1, maxLength: 20 }),
      }),
    });
    fc.assert(
      fc.property(far, far, far, (a, b, c) => {
        const both = (x: ExponentialHistogram | null, y: ExponentialHistogram | null) =>
          x === null || y === null ? null : mergeExponential(x, y);
        const left = both(both(a, b), c);
        expect(left).toEqual(both(a, both(b, c)));
        expect(left?.positive.bucketCounts.length).toBeLessThanOrEqual(160);
      }),
    );
  });
  test('one with buckets where no number is cannot be added', () => {
    const sane = of({ positive: { offset: 0, bucketCounts: [1] } });
    const wild = of({ positive: { offset: 2 ** 40, bucketCounts: [1] } });
    expect([mergeExponential(sane, wild), fromExponential(wild, SECONDS_GRID)]).toEqual([null, null]);
  });
  test('added first and read then is read first and added then, whatever the scales and the order', () => {
    fc.assert(
      fc.property(anyHistogram, anyHistogram, (a, b) => {
        const merged = read(mergeExponential(a, b));
        const bounds = merged?.bounds ?? [];
        const [x, y] = [a, b].map((h) => rebin(fromExponential(h, SECONDS_GRID) ?? { bounds: [], counts: [] }, bounds));
        expect(merged?.counts).toEqual(x?.map((count, i) => count + (y?.[i] ?? Number.NaN)));
        expect(read(mergeExponential(b, a))).toEqual(merged);
      }),
    );
  });
});
