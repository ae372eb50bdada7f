import { expect, test } from '@jest/globals';
import { chartValueOf } from '@parapet/contracts';
import fc from 'fast-check';
import { pointsOf } from './points.js';

const share = (atMs: number, count: number, of: number) => chartValueOf({ atMs, value: { kind: 'count', count, of } });
const value = (atMs: number, v: number) => ({ atMs, value: v });

test('few measurements are drawn as they are', () => {
  expect(pointsOf([share(0, 9, 10), share(1000, 0, 0)], 'low', 80)).toEqual([
    { at: '1970-01-01T00:00:00.000Z', value: 0.9, of: 10 },
    { at: '1970-01-01T00:00:01.000Z', value: null, of: 0 },
  ]);
});

test('nothing is drawn of nothing', () => {
  expect(pointsOf([], 'low', 80)).toEqual([]);
});

test('many shares are joined by their sums, so that a busy second weighs more than a quiet one', () => {
  const busy = Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? share(i, 90, 100) : share(i, 0, 1)));
  for (const point of pointsOf(busy, 'low', 200)) expect(point.value).toBeCloseTo(90 / 101, 10);
});

test.each([
  ['high', 5],
  ['low', 1],
] as const)('many values of a signal that is bad when %s keep the worst', (badDirection, worst) => {
  const values = Array.from({ length: 1000 }, (_, i) => value(i, i % 5 === 0 ? worst : 3));
  expect(new Set(pointsOf(values, badDirection, 200).map((p) => p.value))).toEqual(new Set([worst]));
});

test('a gap stays a gap', () => {
  const values = [value(0, 1), { atMs: 1000, value: null }, value(2000, 2)];
  expect(pointsOf(values, 'high', 80).map((p) => p.value)).toEqual([1, null, 2]);
});

test('never more points than asked for, in order of time, and the same in whatever order they come', () => {
  const measure = fc.record({ atMs: fc.integer({ min: 0, max: 1e12 }), value: fc.constant(1) });
  fc.assert(
    fc.property(fc.array(measure, { maxLength: 600 }), fc.integer({ min: 1, max: 200 }), (measures, max) => {
      const points = pointsOf(measures, 'high', max);
      expect(points.length).toBeLessThanOrEqual(max);
      expect(points.map((p) => p.at)).toEqual(points.map((p) => p.at).toSorted());
      expect(points.length > 0).toBe(measures.length > 0);
      expect(pointsOf(measures.toReversed(), 'high', max)).toEqual(points);
    }),
  );
});
