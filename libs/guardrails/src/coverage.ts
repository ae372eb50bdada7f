import type { InstantMs } from '@parapet/kernel';

/**
 * Times that were spoken of: the sum of those that nothing can join any more, up to `foldedToMs`, and the newer ones as ranges
 * without overlap, `from` and `to` one after the other in the order of time.
 */
export interface Covered {
  readonly foldedMs: number;
  readonly foldedToMs: InstantMs | null;
  readonly ranges: readonly number[];
}

export const NOTHING_COVERED: Covered = { foldedMs: 0, foldedToMs: null, ranges: [] };

/** Gaps of jitter, not of silence, are closed: a share of the nominal interval. */
const JITTER_SHARE = 0.5;
/** A counter's increment speaks of up to this many intervals before its own instant (statistics 11). */
const INTERVALS_SPOKEN_OF = 4;

/** When a watch begins, and how regularly its signal comes. */
export interface Pace {
  readonly startMs: InstantMs;
  readonly intervalMs: number;
  readonly latenessMs: number;
}

/** Adds the time that one observation speaks of, cut at the start of the watch; the union is the same in whatever order they came. */
export function cover(covered: Covered, fromMs: InstantMs, toMs: InstantMs, pace: Pace): Covered {
  const from = Math.max(fromMs, covered.foldedToMs ?? pace.startMs);
  if (toMs <= from) return covered;
  const slackMs = JITTER_SHARE * pace.intervalMs;
  const { ranges } = covered;
  const last = ranges.length - 2;
  // Nearly everything goes on where the newest range ends.
  const goesOn = last >= 0 && from >= (ranges[last] as number) && from <= (ranges[last + 1] as number) + slackMs;
  if (goesOn) {
    if (toMs <= (ranges[last + 1] as number)) return covered;
    const next = [...ranges];
    next[last + 1] = toMs;
    return fold(covered, next, pace);
  }
  return fold(covered, joined(ranges, from, toMs, slackMs), pace);
}

function joined(ranges: readonly number[], fromMs: number, toMs: number, slackMs: number): readonly number[] {
  const next: number[] = [];
  let [from, to] = [fromMs, toMs];
  let isPlaced = false;
  for (let i = 0; i < ranges.length; i += 2) {
    const [a, b] = [ranges[i] as number, ranges[i + 1] as number];
    if (b < from - slackMs) next.push(a, b);
    else if (a > to + slackMs) {
      if (!isPlaced) next.push(from, to);
      isPlaced = true;
      next.push(a, b);
    } else [from, to] = [Math.min(from, a), Math.max(to, b)];
  }
  if (!isPlaced) next.push(from, to);
  return next;
}

/** Ranges that ended so long ago that nothing in time can join them are only a sum: a signal with many gaps stays small. */
function fold(covered: Covered, ranges: readonly number[], pace: Pace): Covered {
  const foldsBeforeMs =
    (ranges[ranges.length - 1] as number) - pace.latenessMs - (INTERVALS_SPOKEN_OF + 1) * pace.intervalMs;
  let { foldedMs, foldedToMs } = covered;
  let i = 0;
  for (; i + 2 < ranges.length && (ranges[i + 1] as number) < foldsBeforeMs; i += 2) {
    foldedToMs = ranges[i + 1] as number;
    foldedMs += foldedToMs - (ranges[i] as number);
  }
  return { foldedMs, foldedToMs, ranges: i === 0 ? ranges : ranges.slice(i) };
}

/** How long was spoken of. */
export function coveredMs({ foldedMs, ranges }: Covered): number {
  let sum = foldedMs;
  for (let i = 0; i < ranges.length; i += 2) sum += (ranges[i + 1] as number) - (ranges[i] as number);
  return sum;
}

/** How much of the elapsed time is covered, 0 to 1; 0 before any time has passed. */
export function coverageShare(covered: Covered, elapsedMs: number): number {
  return elapsedMs > 0 ? Math.min(1, coveredMs(covered) / elapsedMs) : 0;
}
