import { describe, expect, it } from '@jest/globals';
import type { KnownRelease } from './environment.js';
import { scopeOf } from './scope.js';
import { nearbyOf } from './surroundings.js';

const SINCE = 1000;

const release = (id: string, told: Partial<KnownRelease>): KnownRelease => ({
  release: id,
  workload: 'shop',
  name: `name of ${id}`,
  registered: {},
  phase: 'live',
  version: 1,
  startedAtMs: 500,
  liveAtMs: null,
  endedAtMs: null,
  settledAtMs: null,
  scope: null,
  isHistory: true,
  ...told,
});

describe('the releases in flight since another one began', () => {
  it.each<[string, KnownRelease, readonly (number | null)[] | null]>([
    ['one that still is', release('rel_a', {}), [500, null]],
    ['one that began later', release('rel_a', { startedAtMs: 2000 }), [2000, null]],
    ['one that was replaced meanwhile', release('rel_a', { endedAtMs: 1500 }), [500, 1500]],
    ['one that was finished meanwhile', release('rel_a', { settledAtMs: 1200 }), [500, 1200]],
    [
      'one that was finished, and replaced later',
      release('rel_a', { settledAtMs: 1200, endedAtMs: 1500 }),
      [500, 1200],
    ],
    ['none that had ended', release('rel_a', { endedAtMs: 1000 }), null],
    ['none that was finished and stays in place', release('rel_a', { settledAtMs: 900 }), null],
    ['none that has not begun', release('rel_a', { startedAtMs: null }), null],
    ['not the one itself', release('rel_own', {}), null],
  ])('%s', (_, other, expected) => {
    const nearby = nearbyOf([other], 'rel_own', SINCE);
    expect(nearby.map((one) => [one.startMs, one.endedAtMs])).toEqual(expected === null ? [] : [expected]);
  });

  it('come in the order of their beginning, with all that tells them apart', () => {
    const scope = { kind: 'percent', percent: 10 } as const;
    const all = [release('rel_c', { startedAtMs: 3 }), release('rel_b', { scope }), release('rel_a', {})];
    expect(nearbyOf(all, 'rel_own', SINCE)).toEqual([
      expect.objectContaining({ release: 'rel_c', scope: null }),
      expect.objectContaining({ release: 'rel_a' }),
      { release: 'rel_b', name: 'name of rel_b', workload: 'shop', startMs: 500, endedAtMs: null, scope },
    ]);
  });

  it('are a hundred at most, the newest', () => {
    const all = Array.from({ length: 150 }, (_, i) => release(`rel_${i}`, { startedAtMs: i }));
    const nearby = nearbyOf(all, 'rel_own', SINCE);
    expect([nearby.length, nearby[0]?.startMs]).toEqual([100, 50]);
  });
});

describe('the scope of a release', () => {
  it.each<[string, unknown, unknown]>([
    ['some stores', { stores: ['b', 'a', 'b'] }, { kind: 'values', dimension: 'store', values: ['a', 'b'] }],
    ['a share of the traffic', { percent: 10 }, { kind: 'percent', percent: 10 }],
    [
      'stores, where both are said',
      { stores: ['a'], percent: 10 },
      { kind: 'values', dimension: 'store', values: ['a'] },
    ],
    ['everything', { percent: 100 }, null],
    ['no stores named', { stores: [] }, null],
    ['nothing said', undefined, null],
  ])('%s', (_, said, expected) => {
    expect(scopeOf(said)).toEqual(expected);
  });
});
