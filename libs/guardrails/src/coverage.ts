import type { InstantMs } from '@parapet/kernel';

/** Times that were spoken of, as ranges without overlap in order; the union is the same in whatever order they came. */
export type Covered = readonly (readonly [fromMs: InstantMs, toMs: InstantMs])[];

/** Gaps of jitter, not of silence, are closed: a share of the nominal interval. */
const JITTER_SHARE = 0.5;

/** Adds the time that one observation speaks of, cut at the start of the watch. */
export function cover(
  covered: Covered,
  fromMs: InstantMs,
  toMs: InstantMs,
  startMs: InstantMs,
  intervalMs: number,
): Covered {
  let [from, to] = [Math.max(fromMs, startMs), toMs];
  if (to <= from) return covered;
  const slackMs = JITTER_SHARE * intervalMs;
  const apart: (readonly [number, number])[] = [];
  for (const range of covered) {
    const isApart = range[1] < from - slackMs || range[0] > to + slackMs;
    if (isApart) apart.push(range);
    else [from, to] = [Math.min(from, range[0]), Math.max(to, range[1])];
  }
  return [...apart, [from, to] as const].sort((a, b) => a[0] - b[0]);
}

/** How much of the elapsed time is covered, 0 to 1; 0 before any time has passed. */
export function coverageShare(covered: Covered, elapsedMs: number): number {
  if (!(elapsedMs > 0)) return 0;
  const coveredMs = covered.reduce((sum, [from, to]) => sum + to - from, 0);
  return Math.min(1, coveredMs / elapsedMs);
}
