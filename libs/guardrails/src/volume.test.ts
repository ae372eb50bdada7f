import { describe, expect, it } from '@jest/globals';
import type { Observation } from '@parapet/signals';
import { START } from '../testing/watch.js';
import { hearVolume, isComparable, UNHEARD_VOLUME, type VolumeState } from './volume.js';
import type { WatchedVolume } from './watch-spec.js';

const REQUESTS: WatchedVolume = { signal: 'requests', intervalMs: 15_000, usual: { before: 10 } };

/** Traffic of so many requests a second for so many intervals. */
function heard(perSecond: number, intervals: number): VolumeState {
  let state = UNHEARD_VOLUME;
  for (let i = 1; i <= intervals; i++) {
    const atMs = START + i * 15_000;
    const value = { kind: 'count', count: 0, of: perSecond * 15 } as const;
    const observation: Observation = { signal: 'requests', dimensions: {}, fromMs: atMs - 15_000, atMs, value };
    state = hearVolume(REQUESTS, state, observation, atMs);
  }
  return state;
}

const MINUTE = 60_000;

describe('traffic', () => {
  it.each<[string, VolumeState, readonly number[], number, boolean]>([
    ['as usual can be compared', heard(10, 8), [10], 2, true],
    ['twice as usual can be compared', heard(20, 8), [10], 2, true],
    ['five times as usual cannot', heard(50, 8), [10], 2, false],
    ['a tenth of the usual cannot', heard(1, 8), [10], 2, false],
    ['like that of one of two windows can be compared', heard(50, 8), [10, 40], 2, true],
    ['of which one interval is known is not doubted yet', heard(10, 1), [10], 0.25, true],
    ['that nobody has told yet is not doubted yet', UNHEARD_VOLUME, [10], 1, true],
    ['that nobody tells cannot be compared: it may be anything', UNHEARD_VOLUME, [10], 1.5, false],
    ['of which nobody tells any more cannot either, whatever it was', heard(10, 8), [10], 3.5, false],
    ['without a usual cannot be called unlike', heard(50, 8), [], 2, true],
    ['without a usual that nobody tells cannot either', UNHEARD_VOLUME, [], 30, true],
  ])('%s', (_what, state, usual, minutes, expected) => {
    expect(isComparable(REQUESTS, state, usual, START, START + minutes * MINUTE)).toBe(expected);
  });
});
