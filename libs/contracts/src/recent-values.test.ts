import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chartValueOf, encodeRecent, type RecentEntry, readRecent } from './recent-values.js';

const entry = (n: number, after: number | null): RecentEntry => ({ atMs: n * 1000, value: n, n, after });
const texts = (...entries: readonly RecentEntry[]): string[] => entries.map(encodeRecent);

describe('of a list in Redis is believed', () => {
  type Row = readonly [sentence: string, list: readonly string[], believed: readonly number[]];
  const rows: readonly Row[] = [
    ['all, where none is missing', texts(entry(9, 7), entry(7, 4), entry(4, null)), [9, 7, 4]],
    ['nothing of an empty list', [], []],
    ['what is newer than a lost entry', texts(entry(9, 7), entry(7, 4), entry(3, 1), entry(1, null)), [9, 7]],
    ['what is newer than a writer that knows nothing before', texts(entry(9, 7), entry(7, null), entry(4, 1)), [9, 7]],
    ['what is newer than an unreadable entry', [...texts(entry(9, 7)), 'x', ...texts(entry(4, null))], [9]],
    ['nothing where the newest is unreadable', ['{"at":"now"}', ...texts(entry(4, null))], []],
    ['an entry once, where it stands twice', texts(entry(9, 7), entry(7, 4), entry(7, 4)), [9, 7]],
  ];
  test.each(rows)('%s', (_sentence, list, believed) => {
    expect(readRecent(list).map((one) => one.n)).toEqual(believed);
  });
});

test.each([
  [
    { kind: 'count' as const, count: 9, of: 10 },
    { value: 0.9, sums: { count: 9, of: 10 } },
  ],
  [
    { kind: 'count' as const, count: 0, of: 0 },
    { value: null, sums: { count: 0, of: 0 } },
  ],
  [{ kind: 'gauge' as const, value: 3.5 }, { value: 3.5 }],
  [{ kind: 'gap' as const, reason: 'unreachable' as const }, { value: null }],
  [{ kind: 'histogram' as const, bounds: [1], counts: [2, 3], sum: null }, { value: null }],
])('%j is drawn as %j', (value, drawn) => {
  expect(chartValueOf({ atMs: 5, value })).toEqual({ atMs: 5, ...drawn });
});

test('a value comes out of Redis as it went in, to the last digit', () => {
  const value = fc.oneof(
    fc.record({ kind: fc.constant('gauge' as const), value: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
    fc.record({ kind: fc.constant('count' as const), count: fc.nat(), of: fc.nat() }),
    fc.constant({ kind: 'gap' as const, reason: 'unreachable' as const }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), value, (atMs, seen) => {
      const whole = { ...chartValueOf({ atMs, value: seen }), n: 2, after: 1 };
      // JSON has no negative zero, and a chart neither.
      expect(readRecent([encodeRecent(whole)])).toEqual([{ ...whole, value: whole.value === 0 ? 0 : whole.value }]);
    }),
  );
});
