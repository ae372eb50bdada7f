import { describe, expect, test } from '@jest/globals';
import { isOtherVerdict, LastVerdicts, unknownRelease } from './verdict.js';

const known = { ...unknownRelease('rel_1', 0), verdict: 'pass' as const, action: 'continue' as const };

describe('while our own servers are away', () => {
  test('a gate is told what was last known as inconclusive, with its age', () => {
    const last = new LastVerdicts();
    last.remember('a', known);
    expect(last.whileAway('a')).toEqual({
      ...known,
      verdict: 'inconclusive',
      final: false,
      reason: 'stale',
      action: 'hold',
    });
  });

  test('an ordered rollback stays ordered', () => {
    const last = new LastVerdicts();
    last.remember('a', { ...known, verdict: 'fail', action: 'roll-back' });
    expect(last.whileAway('a')).toMatchObject({ verdict: 'inconclusive', action: 'roll-back' });
  });

  test('nothing is made up of a release that nobody asked for before', () => {
    expect(new LastVerdicts().whileAway('a')).toBeNull();
  });

  test('memory is bounded, and the oldest answer goes first', () => {
    const last = new LastVerdicts();
    for (let i = 0; i <= 10_000; i++) last.remember(`k${i}`, known);
    expect(last.whileAway('k0')).toBeNull();
    expect(last.whileAway('k10000')).not.toBeNull();
  });
});

test.each([
  [{ verdict: 'fail' as const }, true],
  [{ final: true }, true],
  [{ action: 'hold' as const }, true],
  [{ asOf: 'later', sequence: 9 }, false],
])('a waiting asker hears of %j: %s', (change, isTold) => {
  expect(isOtherVerdict(known, { ...known, ...change })).toBe(isTold);
});
