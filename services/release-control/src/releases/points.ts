import type { ChartValue, SeriesView } from '@parapet/contracts';
import { formatInstant } from '@parapet/kernel';

/** What a chart draws at one place. */
export type Point = SeriesView['guardrails'][number]['points'][number];

/** The worst of a signal's values. */
export type BadDirection = 'high' | 'low';

/** The time before and since a release's start, each with its own resolution: a young release is not lost in its past. */
export const POINTS_BEFORE_MAX = 80;
export const POINTS_SINCE_MAX = 120;

/** At most so many points: neighbours are joined, shares by their sums and values by the worst of them, so that no peak is hidden. */
export function pointsOf(
  values: readonly ChartValue[],
  badDirection: BadDirection,
  pointsMax: number,
): readonly Point[] {
  const ordered = values.toSorted((a, b) => a.atMs - b.atMs);
  const startMs = ordered[0]?.atMs ?? 0;
  const spanMs = Math.max(1, (ordered.at(-1)?.atMs ?? 0) - startMs);
  const bucketMs = Math.max(1, Math.ceil((spanMs + 1) / pointsMax));
  const buckets = new Map<number, ChartValue[]>();
  for (const value of ordered) {
    const n = Math.floor((value.atMs - startMs) / bucketMs);
    const bucket = buckets.get(n);
    if (bucket === undefined) buckets.set(n, [value]);
    else bucket.push(value);
  }
  return [...buckets.values()].map((bucket) => pointOf(bucket, badDirection));
}

function pointOf(bucket: readonly ChartValue[], badDirection: BadDirection): Point {
  const at = formatInstant(bucket.at(-1)?.atMs ?? 0);
  const sums = bucket.flatMap((one) => (one.sums === undefined ? [] : [one.sums]));
  if (sums.length > 0) {
    const of = sums.reduce((sum, share) => sum + share.of, 0);
    const count = sums.reduce((sum, share) => sum + share.count, 0);
    // A share of nothing is no number and is drawn as a gap.
    return { at, value: of > 0 ? count / of : null, of };
  }
  const values = bucket.flatMap((one) => (one.value === null ? [] : [one.value]));
  if (values.length === 0) return { at, value: null };
  return { at, value: badDirection === 'high' ? Math.max(...values) : Math.min(...values) };
}
