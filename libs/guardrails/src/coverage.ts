import type { InstantMs } from '@parapet/kernel';

/**
 * Times that were spoken of, as one flat array: how long those are that nothing can join any more, up to when they reach, and the
 * newer ones as ranges without overlap, `from` and `to` one after the other in the order of time.
 */
export type Covered = number[];

/** Where the ranges begin. */
const RANGES = 2;

export const NOTHING_COVERED: Covered = [0, 0];

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

/**
 * Takes over the times and adds that which one observation speaks of, cut at the start of the watch; the union is the same in
 * whatever order they came.
 */
export function cover(covered: Covered, fromMs: InstantMs, toMs: InstantMs, pace: Pace): Covered {
  const from = Math.max(fromMs, pace.startMs, covered[1] as number);
  if (toMs <= from) return covered;
  const slackMs = JITTER_SHARE * pace.intervalMs;
  const last = covered.length - 2;
  // Nearly everything goes on where the newest range ends.
  const goesOn = last >= RANGES && from >= (covered[last] as number) && from <= (covered[last + 1] as number) + slackMs;
  if (!goesOn) return fold(joined(covered, from, toMs, slackMs), pace);
  if (toMs <= (covered[last + 1] as number)) return covered;
  covered[last + 1] = toMs;
  return fold(covered, pace);
}

function joined(covered: Covered, fromMs: number, toMs: number, slackMs: number): Covered {
  const next = covered.slice(0, RANGES);
  let [from, to] = [fromMs, toMs];
  let isPlaced = false;
  for (let i = RANGES; i < covered.length; i += 2) {
    const [a, b] = [covered[i] as number, covered[i + 1] as number];
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
function fold(covered: Covered, pace: Pace): Covered {
  const foldsBeforeMs =
    (covered[covered.length - 1] as number) - pace.latenessMs - (INTERVALS_SPOKEN_OF + 1) * pace.intervalMs;
  let end = RANGES;
  while (end + 2 < covered.length && (covered[end + 1] as number) < foldsBeforeMs) end += 2;
  if (end === RANGES) return covered;
  const foldedMs = (covered[0] as number) + lengthOf(covered, end);
  return [foldedMs, covered[end - 1] as number, ...covered.slice(end)];
}

/** How long the ranges are before a place in the array. */
function lengthOf(covered: Covered, end: number): number {
  let sum = 0;
  for (let i = RANGES; i < end; i += 2) sum += (covered[i + 1] as number) - (covered[i] as number);
  return sum;
}

/** How long was spoken of. */
export function coveredMs(covered: Covered): number {
  return (covered[0] as number) + lengthOf(covered, covered.length);
}

/** The times that are not only a sum yet. */
export function rangesOf(covered: Covered): readonly number[] {
  return covered.slice(RANGES);
}

/** How much of the elapsed time is covered, 0 to 1; 0 before any time has passed. */
export function coverageShare(covered: Covered, elapsedMs: number): number {
  return elapsedMs > 0 ? Math.min(1, coveredMs(covered) / elapsedMs) : 0;
}
