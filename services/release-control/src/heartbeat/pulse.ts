import type { Beat } from '@parapet/contracts';
import type { InstantMs } from '@parapet/kernel';

const SENDERS_MAX = 64;

/** How our own heart beats. */
export interface HeartRate {
  /** Time between two beats of a sender. */
  readonly everyMs: number;
  /** How long a beat may take from being sent to being judged. */
  readonly boundMs: number;
  /** Beats go through this many partitions, in turn. */
  readonly partitions: number;
}

interface Heard {
  readonly first: number;
  readonly newest: Beat;
  /** Numbers that were heard of the last round through all partitions. */
  readonly numbers: readonly number[];
}

/** Which of our own beats came through. */
export type Pulse = Readonly<Record<string, Heard>>;

/** Why nobody should believe that all is well. */
export interface Missed {
  readonly reason: 'never-heard' | 'silent' | 'lost';
  readonly detail: string;
}

/** Takes one beat that has been judged. */
export function hearBeat(pulse: Pulse, beat: Beat, rate: HeartRate): Pulse {
  const known = Object.hasOwn(pulse, beat.sender) ? pulse[beat.sender] : undefined;
  const newest = known !== undefined && known.newest.n > beat.n ? known.newest : beat;
  const heard: Heard = {
    first: Math.min(known?.first ?? beat.n, beat.n),
    newest,
    numbers: [...new Set([...(known?.numbers ?? []), beat.n])].filter(
      (n) => n > newest.n - patienceOf(rate) - rate.partitions,
    ),
  };
  const all = { ...pulse, [beat.sender]: heard };
  const names = Object.keys(all);
  if (names.length <= SENDERS_MAX) return all;
  const quietest = names.sort((a, b) => (all[a]?.newest.sentAtMs ?? 0) - (all[b]?.newest.sentAtMs ?? 0))[0];
  return Object.fromEntries(Object.entries(all).filter(([name]) => name !== quietest));
}

/**
 * What is missing of our own heartbeat; null while every beat has come through within the bound. Beats go through the partitions in
 * turn, so one of the last round that is missing while later ones came is a partition that nobody judges.
 */
export function missedBeat(pulse: Pulse, nowMs: InstantMs, rate: HeartRate): Missed | null {
  const all = Object.values(pulse);
  // A sender that was stopped says nothing more; another one speaks for the doors as well.
  const alive = all.filter((heard) => nowMs - heard.newest.sentAtMs <= rate.boundMs);
  if (all.length === 0)
    return { reason: 'never-heard', detail: 'no heartbeat has come through since this service started' };
  if (alive.length === 0) {
    const seconds = Math.round((nowMs - Math.max(...all.map((heard) => heard.newest.sentAtMs))) / 1_000);
    return { reason: 'silent', detail: `the newest heartbeat that came through was sent ${seconds} s ago` };
  }
  for (const { first, newest, numbers } of alive) {
    const due = newest.n - patienceOf(rate);
    for (let n = Math.max(first, due - rate.partitions + 1); n <= due; n++) {
      if (numbers.includes(n)) continue;
      const partition = n % rate.partitions;
      return {
        reason: 'lost',
        detail: `heartbeat ${n}, through partition ${partition}, has not come through, and ${newest.n} has`,
      };
    }
  }
  return null;
}

/** How many later beats may come through before one is missed. */
function patienceOf({ everyMs, boundMs }: HeartRate): number {
  return Math.ceil(boundMs / everyMs);
}
