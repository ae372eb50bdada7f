import { describe, expect, it } from '@jest/globals';
import type { Pod } from './objects.js';
import { RestartCounter } from './restarts.js';

const MINUTE_MS = 60_000;

/** A pod with the restarts of its containers, created at a minute. */
function pod(uid: string, restarts: readonly number[], createdMinute = -60): Pod {
  return {
    metadata: { name: uid, uid, creationTimestamp: createdMinute * MINUTE_MS },
    status: {
      phase: 'Running',
      containerStatuses: restarts.map((restartCount, n) => ({ name: `c${n}`, restartCount })),
      initContainerStatuses: [],
    },
  };
}

/** Readings a minute apart, and the restarts that each found. */
function counted(...readings: readonly (readonly Pod[])[]): readonly (number | null)[] {
  const counter = new RestartCounter();
  return readings.map((pods, minute) => counter.since(pods, minute * MINUTE_MS, 4 * MINUTE_MS)?.count ?? null);
}

describe('restarts between two readings', () => {
  it.each<[string, readonly (readonly Pod[])[], readonly (number | null)[]]>([
    ['are not known from the first one', [[pod('a', [7])]], [null]],
    ['are those of each container', [[pod('a', [7, 1])], [pod('a', [9, 2])]], [null, 3]],
    ['are all of a new pod', [[pod('a', [7])], [pod('a', [7]), pod('b', [2], 0)]], [null, 2]],
    ['do not go down with a pod that is gone', [[pod('a', [7]), pod('b', [3])], [pod('a', [8])]], [null, 1]],
    [
      'are none of an old pod that only now has the labels',
      [[pod('a', [0])], [pod('a', [0]), pod('b', [40])], [pod('a', [0]), pod('b', [41])]],
      [null, 0, 1],
    ],
    ['are those since the container was made anew under its name', [[pod('a', [7])], [pod('a', [2])]], [null, 2]],
  ])('%s', (_, readings, found) => {
    expect(counted(...readings)).toEqual(found);
  });

  it('are told with their time, and not at all after a pause', () => {
    const counter = new RestartCounter();
    counter.since([pod('a', [0])], 0, 4 * MINUTE_MS);
    expect(counter.since([pod('a', [1])], 4 * MINUTE_MS, 4 * MINUTE_MS)).toEqual({ count: 1, seconds: 240 });
    expect(counter.since([pod('a', [9])], 9 * MINUTE_MS, 4 * MINUTE_MS)).toBeNull();
    expect(counter.since([pod('a', [9])], 10 * MINUTE_MS, 4 * MINUTE_MS)).toEqual({ count: 0, seconds: 60 });
  });
});
