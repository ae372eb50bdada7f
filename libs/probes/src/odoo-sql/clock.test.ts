import { describe, expect, test } from '@jest/globals';
import { type DatabaseClock, ReplicaLag } from './clock.js';

const S = 1000;
const original = (nowS: number): DatabaseClock => ({
  nowMs: nowS * S,
  isReplica: false,
  isCaughtUp: false,
  replayedMs: null,
});
const copy = (nowS: number, isCaughtUp: boolean, replayedS: number | null): DatabaseClock => ({
  nowMs: nowS * S,
  isReplica: true,
  isCaughtUp,
  replayedMs: replayedS === null ? null : replayedS * S,
});

describe('how far a copy is behind', () => {
  test.each<[string, readonly DatabaseClock[], readonly (number | string)[]]>([
    ['an original is never behind', [original(100)], [0]],
    [
      'a copy that has everything is not, however long ago the last commit was: the primary is idle',
      [copy(100, true, 7_200)],
      [0],
    ],
    ['a copy that has not is behind by the age of what it replayed last', [copy(100, false, 12)], [12]],
    [
      'after an idle night the first commit under way is no lag of a night: it had everything a minute ago',
      [copy(100, true, 28_800), copy(130, false, 28_830)],
      [0, 30],
    ],
    [
      'a copy that fell behind before is behind by the age of what it replayed last, not by when it had everything',
      [copy(100, true, 0), copy(190, false, 5)],
      [0, 5],
    ],
    ['more than it may: no answer, since old rows look healthy', [copy(100, false, 61)], ['behind']],
    [
      'a copy without a receiver does not know what it misses, and is too old in the end',
      [copy(100, true, 0), copy(150, false, 50), copy(200, false, 100)],
      [0, 50, 'behind'],
    ],
    ['a copy that has replayed nothing yet cannot tell', [copy(100, false, null)], ['behind']],
    ['once it has everything again it is asked again', [copy(100, false, 90), copy(110, true, 1)], ['behind', 0]],
  ])('%s', (_, clocks, expected) => {
    const lag = new ReplicaLag(60 * S);
    const found = clocks.map((clock) => {
      try {
        return lag.of(clock) / S;
      } catch (error) {
        return (error as { reason: string }).reason;
      }
    });
    expect(found).toEqual(expected);
  });

  test('says by how much and how much it may be', () => {
    expect(() => new ReplicaLag(60 * S).of(copy(100, false, 90.4))).toThrow(
      'the copy is up to 90 s behind its primary, more than 60 s: old rows look healthy',
    );
  });
});
