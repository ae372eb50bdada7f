import { describe, expect, it } from '@jest/globals';
import { slowShare, type StatementsReading } from './slow-statements.js';

type Counters = Readonly<Record<string, readonly [calls: number, ms: number]>>;

const reading = (counters: Counters, resetS: number | null = 1): StatementsReading => ({
  atMs: 0,
  resetS,
  counters: new Map(Object.entries(counters).map(([statement, [calls, ms]]) => [statement, { statement, calls, ms }])),
});

describe('the share of slow calls between two readings', () => {
  it.each<[string, StatementsReading, StatementsReading, readonly [slow: number, of: number]]>([
    ['is of nothing where nothing was called', reading({ a: [9, 9_000] }), reading({ a: [9, 9_000] }), [0, 0]],
    [
      'counts the calls of a statement that was slow on average',
      reading({ a: [0, 0], b: [0, 0] }),
      reading({ a: [3, 1_800], b: [7, 70] }),
      [3, 10],
    ],
    [
      'does not count one that was slow before and is quick now',
      reading({ a: [10, 90_000] }),
      reading({ a: [30, 90_200] }),
      [0, 20],
    ],
    [
      'counts one that was quick before and is slow now, though not on average over all time',
      reading({ a: [1_000, 1_000] }),
      reading({ a: [1_002, 3_000] }),
      [2, 2],
    ],
    ['is not slow at the very bound', reading({}), reading({ a: [2, 1_000] }), [0, 2]],
    [
      'counts a new statement from its beginning',
      reading({ a: [5, 5] }),
      reading({ a: [5, 5], b: [4, 4_000] }),
      [4, 4],
    ],
    ['forgets a statement that was pushed out', reading({ a: [5, 5], b: [9, 9] }), reading({ a: [6, 6] }), [0, 1]],
    [
      'counts one that was pushed out and came again from its beginning',
      reading({ a: [100, 100] }),
      reading({ a: [2, 2_000] }),
      [2, 2],
    ],
    [
      'counts all from their beginning after a reset, also those that are already beyond their old count',
      reading({ a: [5, 5] }, 1),
      reading({ a: [8, 8_000] }, 2),
      [8, 8],
    ],
    [
      'tells a reset by fallen counts where the server does not say when it was',
      reading({ a: [5, 50] }, null),
      reading({ a: [3, 3_000] }, null),
      [3, 3],
    ],
  ])('%s', (_, last, now, [slow, calls]) => {
    expect(slowShare(last, now, 500)).toEqual({ slow, calls });
  });
});
