import { describe, expect, it } from '@jest/globals';
import { fromExponential, SECONDS_GRID } from '@parapet/signals';
import fc from 'fast-check';
import { version1, version2 } from '../../test/write-requests.js';
import type { OutsideValue } from '../series/outside.js';
import { readVersion1 } from './version-1.js';
import { readVersion2 } from './version-2.js';

const span = (offset: number, length: number) => ({ offset, length });
type Body = Parameters<typeof version1>[0][number]['histograms'][number]['body'];

function valueOf(body: Body): OutsideValue | undefined {
  const sent = [{ labels: [['__name__', 'm']] as const, samples: [], histograms: [{ at: 1_000, body }] }];
  const [first, second] = [readVersion1(version1(sent), () => true), readVersion2(version2(sent), () => true)];
  expect(second.series[0]?.points).toEqual(first.series[0]?.points);
  expect(first.series[0]?.points[0]?.atMs).toBe(1_000);
  return first.series[0]?.points[0]?.value;
}
const integer = (body: object): Body => ({
  schema: 0,
  sum: 1,
  count: { case: 'countInt', value: 1n },
  zeroCount: { case: 'zeroCountInt', value: 0n },
  ...body,
});

describe('a native histogram', () => {
  it('of integers: each bucket is written as its difference from the one before', () => {
    const body = { positiveSpans: [span(1, 2), span(1, 1)], positiveDeltas: [3n, -1n, 5n] };
    expect(valueOf(integer(body))).toEqual({
      kind: 'exponential',
      histogram: {
        scale: 0,
        zeroCount: 0,
        positive: { offset: 0, bucketCounts: [3, 2, 0, 7] },
        negative: { offset: 0, bucketCounts: [] },
      },
      sum: 1,
    });
  });

  it('of floats: each bucket is written as it is', () => {
    const zeroCount = { case: 'zeroCountFloat' as const, value: 0.5 };
    const body = { zeroCount, positiveSpans: [span(0, 2)], positiveCounts: [1.5, 2.5] };
    expect(valueOf(integer(body))).toEqual(
      expect.objectContaining({
        histogram: expect.objectContaining({ zeroCount: 0.5, positive: { offset: -1, bucketCounts: [1.5, 2.5] } }),
      }),
    );
  });

  it('of declared bounds is one of explicit buckets', () => {
    const body = {
      schema: -53,
      customValues: [0.1, 1],
      positiveSpans: [span(0, 1), span(1, 1)],
      positiveDeltas: [4n, 2n],
    };
    expect(valueOf(integer(body))).toEqual({ kind: 'explicit', bounds: [0.1, 1], counts: [4, 0, 6], sum: 1 });
  });

  it.each<[string, object]>([
    ['with a bucket that no count is of', { positiveSpans: [span(0, 2)], positiveDeltas: [1n] }],
    ['with a count that no bucket is of', { positiveSpans: [span(0, 1)], positiveDeltas: [1n, 1n] }],
    ['with counts and no spans', { positiveDeltas: [1n] }],
    ['with spans that run backwards', { positiveSpans: [span(0, 1), span(-3, 1)], positiveDeltas: [1n, 1n] }],
    ['wider than anything', { positiveSpans: [span(0, 1), span(2_000_000_000, 1)], positiveDeltas: [1n, 1n] }],
    ['of billions of buckets in a few bytes', { positiveSpans: [span(0, 4_294_967_295)], positiveDeltas: [1n] }],
    ['of a schema that there is not', { schema: 9 }],
    ['that falls and rises', { resetHint: 3, positiveSpans: [span(0, 1)], positiveDeltas: [1n] }],
    [
      'with a bucket beyond the declared bounds',
      { schema: -53, customValues: [1], positiveSpans: [span(2, 1)], positiveDeltas: [1n] },
    ],
  ])('%s is broken', (_, body) => {
    expect(valueOf(integer(body))).toEqual({ kind: 'broken' });
  });

  it('at any schema and with any holes holds what was put in, in buckets whose bounds were its own', () => {
    const buckets = fc.uniqueArray(fc.tuple(fc.integer({ min: -40, max: 40 }), fc.integer({ min: 1, max: 50 })), {
      selector: ([index]) => index,
      maxLength: 12,
    });
    fc.assert(
      fc.property(fc.integer({ min: -2, max: 8 }), buckets, (schema, put) => {
        const sorted = [...put].sort(([a], [b]) => a - b);
        const spans = sorted.map(([index], i) => span(i === 0 ? index : index - (sorted[i - 1]?.[0] ?? 0) - 1, 1));
        const deltas = sorted.map(([, count], i) => BigInt(count - (sorted[i - 1]?.[1] ?? 0)));
        const value = valueOf(integer({ schema, positiveSpans: spans, positiveDeltas: deltas }));
        if (value?.kind !== 'exponential') throw new Error(`read as ${value?.kind}`);
        const read = fromExponential(value.histogram, SECONDS_GRID);
        if (read === null) throw new Error('not as the protocol says');
        for (const [i, bound] of read.bounds.entries()) {
          const upTo = read.counts.slice(0, i + 1).reduce((sum, count) => sum + count, 0);
          // Bucket i of a schema ends at 2^(i / 2^schema).
          const ended = sorted.filter(([index]) => index / 2 ** schema <= Math.log2(bound) + 1e-9);
          expect(upTo).toBe(ended.reduce((sum, [, count]) => sum + count, 0));
        }
        expect(read.counts.reduce((sum, count) => sum + count, 0)).toBe(put.reduce((sum, [, count]) => sum + count, 0));
      }),
    );
  });
});
