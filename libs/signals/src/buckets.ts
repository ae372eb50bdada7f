import type { Buckets } from './shift-scores.js';

/** Whether two lists of bounds are the same. */
export function isSameBounds(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((bound, i) => bound === b[i]);
}

/** The counts of a histogram by other bounds; null where these are not a subset of its own, because then nobody knows. */
export function rebin(buckets: Buckets, bounds: readonly number[]): readonly number[] | null {
  if (isSameBounds(buckets.bounds, bounds)) return buckets.counts;
  const counts = new Array<number>(bounds.length + 1).fill(0);
  let to = 0;
  for (let i = 0; i < buckets.counts.length; i++) {
    counts[to] = (counts[to] as number) + (buckets.counts[i] as number);
    const bound = buckets.bounds[i];
    if (bound !== undefined && bound === bounds[to]) to += 1;
    else if (bound !== undefined && bound > (bounds[to] ?? Number.POSITIVE_INFINITY)) return null;
  }
  return to === bounds.length ? counts : null;
}

/**
 * Counts per bucket from cumulative ones ("this many took at most so long", the last bound being infinity). Counts that fall with
 * the bound were read at slightly different instants and are raised to the largest so far (statistics 3.3). Null where the bounds
 * do not ascend to infinity, or a count is none.
 */
export function fromCumulative(
  rows: readonly { readonly bound: number; readonly cumulative: number }[],
): Buckets | null {
  const isAscending = rows.every((row, i) => i === 0 || row.bound > (rows[i - 1] as { bound: number }).bound);
  const isCounted = rows.every((row) => Number.isFinite(row.cumulative) && row.cumulative >= 0);
  if (!isAscending || !isCounted || rows.at(-1)?.bound !== Number.POSITIVE_INFINITY) return null;
  let highest = 0;
  const counts = rows.map((row) => {
    const before = highest;
    highest = Math.max(highest, row.cumulative);
    return highest - before;
  });
  return { bounds: rows.slice(0, -1).map((row) => row.bound), counts };
}

/**
 * The value that a share `q` of the requests does not exceed, for display and for thresholds, never for evidence (statistics 3.4).
 * Of the last bucket nothing is known but where it begins. NaN without requests or with a single bucket.
 */
export function quantileOf(buckets: Buckets, q: number): number {
  const { bounds, counts } = buckets;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (!(total > 0) || bounds.length === 0 || Number.isNaN(q)) return Number.NaN;
  const rank = q * total;
  let before = 0;
  for (let i = 0; i < bounds.length; i++) {
    const upper = bounds[i] as number;
    const upTo = before + (counts[i] as number);
    if (upTo >= rank) {
      if (i === 0 && upper <= 0) return upper;
      const lower = i === 0 ? 0 : (bounds[i - 1] as number);
      return upTo === before ? lower : lower + ((upper - lower) * (rank - before)) / (upTo - before);
    }
    before = upTo;
  }
  return bounds.at(-1) as number;
}
