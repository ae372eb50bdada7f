import { describe, expect, it } from '@jest/globals';
import type { KnownRelease } from './environment.js';
import { badTimes } from './spec.js';

const MINUTE_MS = 60_000;
const NOW_MS = 600 * MINUTE_MS;

const release = (told: Partial<KnownRelease>): KnownRelease => ({
  release: 'rel_other',
  workload: 'shop',
  name: 'other',
  registered: { guardrailPolicy: { durationMs: 60 * MINUTE_MS } },
  phase: 'live',
  version: 4,
  startedAtMs: 100 * MINUTE_MS,
  liveAtMs: 110 * MINUTE_MS,
  endedAtMs: null,
  settledAtMs: null,
  scope: null,
  isHistory: false,
  ...told,
});

const minutes = (releases: readonly KnownRelease[]) =>
  badTimes(releases, 'rel_mine', NOW_MS).map(({ fromMs, toMs }) => [fromMs / MINUTE_MS, toMs / MINUTE_MS]);

describe('what is left out of a baseline', () => {
  it.each([
    ['a failed release from its start to its rollback', release({ endedAtMs: 120 * MINUTE_MS }), [[100, 120]]],
    ['one that nobody ended, only while it was watched', release({}), [[100, 170]]],
    [
      'one that ended long after its watch, only while it was watched',
      release({ endedAtMs: 500 * MINUTE_MS }),
      [[100, 170]],
    ],
    ['one that never went live, counted from its start', release({ liveAtMs: null }), [[100, 160]]],
    [
      'one that still runs, up to now',
      release({ startedAtMs: 590 * MINUTE_MS, liveAtMs: 595 * MINUTE_MS }),
      [[590, 600]],
    ],
    ['nothing of a release that did not fail', release({ isHistory: true }), []],
    ['nothing of one that never began', release({ startedAtMs: null, liveAtMs: null }), []],
    ['nothing of the release itself', release({ release: 'rel_mine' }), []],
  ])('%s', (_, other, expected) => {
    expect(minutes([other])).toEqual(expected);
  });
});
