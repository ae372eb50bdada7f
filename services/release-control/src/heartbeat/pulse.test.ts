import { describe, expect, it } from '@jest/globals';
import { hearBeat, missedBeat, type Pulse } from './pulse.js';

const RATE = { everyMs: 15_000, boundMs: 60_000, partitions: 4 } as const;
const START = 1_000_000;
const sentAt = (n: number): number => START + n * RATE.everyMs;

/** What was heard of a sender whose beats with these numbers came through. */
function heard(numbers: readonly number[], sender = 'ingest-a'): Pulse {
  return numbers.reduce<Pulse>((pulse, n) => hearBeat(pulse, { sender, n, sentAtMs: sentAt(n) }, RATE), {});
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

describe('our own heartbeat', () => {
  it.each<[what: string, pulse: Pulse, nowMs: number, reason: string | null]>([
    ['nothing heard yet is no good news', {}, START, 'never-heard'],
    ['the first beat is enough to begin with', heard([1]), sentAt(1) + 1, null],
    ['a beat of 60 s ago still counts', heard([1]), sentAt(1) + 60_000, null],
    ['and one older than that does not', heard([1]), sentAt(1) + 60_001, 'silent'],
    ['every beat came through', heard(upTo(20)), sentAt(20), null],
    ['one that is younger than four beats may still be on its way', heard([...upTo(16), 18, 19, 20]), sentAt(20), null],
    ['one that four later ones have overtaken is lost', heard([...upTo(15), 17, 18, 19, 20]), sentAt(20), 'lost'],
    [
      'what was lost before the last round through the partitions is over',
      heard([1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
      sentAt(12),
      null,
    ],
    ['order does not matter', heard([3, 1, 2, 8, 5, 4, 7, 6]), sentAt(8), null],
    [
      'a listener that began late asks for nothing before its first',
      heard([100, 101, 102, 103, 104, 105]),
      sentAt(105),
      null,
    ],
    [
      'a sender that was stopped is no loss while another one beats',
      { ...heard([1, 2]), ...heard(upTo(20), 'ingest-b') },
      sentAt(20),
      null,
    ],
  ])('%s', (_what, pulse, nowMs, reason) => {
    expect(missedBeat(pulse, nowMs, RATE)?.reason ?? null).toBe(reason);
  });

  it('names the partition that nobody judges', () => {
    const everyFourthMissing = upTo(40).filter((n) => n % 4 !== 3);
    expect(missedBeat(heard(everyFourthMissing), sentAt(40), RATE)?.detail).toBe(
      'heartbeat 35, through partition 3, has not come through, and 40 has',
    );
  });

  it('remembers no more than it needs, however long it listens', () => {
    const pulse = heard(upTo(5_000));
    expect(pulse['ingest-a']?.numbers.length).toBeLessThanOrEqual(8);
    const many = upTo(500).reduce<Pulse>((p, i) => hearBeat(p, { sender: `ingest-${i}`, n: 1, sentAtMs: i }, RATE), {});
    expect(Object.keys(many)).toHaveLength(64);
  });
});
