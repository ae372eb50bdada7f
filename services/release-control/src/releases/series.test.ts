import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pointsOf } from './series.js';

const share = (atMs: number, count: number, of: number) => ({ atMs, amount: { kind: 'share' as const, count, of } });
const value = (atMs: number, v: number) => ({ atMs, amount: { kind: 'value' as const, value: v } });

test('few measurements are drawn as they are', () => {
  expect(pointsOf([share(0, 9, 10), share(1000, 0, 0)], 'low')).toEqual([
    { at: '1970-01-01T00:00:00.000Z', value: 0.9, of: 10 },
    { at: '1970-01-01T00:00:01.000Z', value: null, of: 0 },
  ]);
});

test('many shares are joined by their sums, so that a busy second weighs more than a quiet one', () => {
  const busy = Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? share(i, 90, 100) : share(i, 0, 1)));
  for (const point of pointsOf(busy, 'low')) expect(point.value).toBeCloseTo(90 / 101, 10);
});

test.each([
  ['high', 5],
  ['low', 1],
] as const)('many values of a signal that is bad when %s keep the worst', (badDirection, worst) => {
  const values = Array.from({ length: 1000 }, (_, i) => value(i, i % 5 === 0 ? worst : 3));
  expect(new Set(pointsOf(values, badDirection).map((p) => p.value))).toEqual(new Set([worst]));
});

test('a gap stays a gap', () => {
  expect(pointsOf([value(0, 1), { atMs: 1000, amount: null }, value(2000, 2)], 'high').map((p) => p.value)).toEqual([
    1,
    null,
    2,
  ]);
});

test('never more than 200 points, in order of time, whatever comes in', () => {
  const measure = fc.record({
    atMs: fc.integer({ min: 0, max: 1e12 }),
    amount: fc.constant({ kind: 'value' as const, value: 1 }),
  });
  fc.assert(
    fc.property(fc.array(measure, { maxLength: 600 }), (measures) => {
      const points = pointsOf(measures, 'high');
      expect(points.length).toBeLessThanOrEqual(200);
      expect(points.map((p) => p.at)).toEqual(points.map((p) => p.at).toSorted());
      expect(points.length > 0).toBe(measures.length > 0);
    }),
  );
});
