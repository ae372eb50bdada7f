import { normalCumulative, normalQuantile } from './normal.js';

/** Requests per bucket: upper bounds ascending, the last one (infinity) left out, so one count more than bounds. */
export interface Buckets {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

/** How many times slower than tolerated the alternatives of a shift are, equally weighted (statistics 5.6 b). */
export const SHIFT_GRID = [1.1, 1.25, 1.5, 2, 3] as const;

/** Added to every bucket, so that an empty one is rare and not impossible. */
const PSEUDO_COUNT = 0.5;
const CUMULATIVE_MIN = 1e-9;
const PROBABILITY_MIN = 1e-9;
/** No single request may say more than this. */
const SCORE_MAX = 3;

/** A distribution of latency as its buckets show it. */
export interface LatencyShape {
  /** ln of each bound, and the normal quantile of the share up to it. */
  readonly lnBounds: readonly number[];
  readonly z: readonly number[];
}

/** The shape that buckets have; null where there are fewer than two positive bounds, or a shift would mean nothing. */
export function shapeOf(buckets: Buckets): LatencyShape | null {
  const { bounds, counts } = buckets;
  if (bounds.length < 2 || !((bounds[0] as number) > 0)) return null;
  const total = counts.reduce((sum, count) => sum + count + PSEUDO_COUNT, 0);
  let upTo = 0;
  const z = bounds.map((_, i) => {
    upTo += (counts[i] as number) + PSEUDO_COUNT;
    return normalQuantile(Math.min(1 - CUMULATIVE_MIN, Math.max(CUMULATIVE_MIN, upTo / total)));
  });
  return { lnBounds: bounds.map(Math.log), z };
}

/** The share of requests in each bucket once every one of them takes `times` as long (statistics 5.6 b). */
export function shiftedShares(shape: LatencyShape, times: number): readonly number[] {
  const lnTimes = Math.log(times);
  const upTo = shape.lnBounds.map((lnBound) => normalCumulative(zAt(shape, lnBound - lnTimes)));
  // Above the last bound there is nothing to interpolate with: all that is not below it is in the last bucket.
  const shares = [...upTo, 1].map(
    (cumulative, i) => Math.max(0, cumulative - (i === 0 ? 0 : (upTo[i - 1] as number))) + PROBABILITY_MIN,
  );
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => share / sum);
}

/** z between the bounds on straight lines of ln latency, below the first one along the first line. */
function zAt({ lnBounds, z }: LatencyShape, lnLatency: number): number {
  let right = 1;
  while (right < lnBounds.length - 1 && (lnBounds[right] as number) < lnLatency) right += 1;
  const [x0, x1] = [lnBounds[right - 1] as number, lnBounds[right] as number];
  const [z0, z1] = [z[right - 1] as number, z[right] as number];
  return z0 + ((z1 - z0) * (lnLatency - x0)) / (x1 - x0);
}

/**
 * What one request in each bucket says for "every request takes `times` × `tolerated` as long" against "`tolerated` as long":
 * never falling with the bucket, so that together they are a test for "slower" as a whole (statistics 5.6 b).
 */
export function shiftScores(shape: LatencyShape, tolerated: number, times: number): readonly number[] {
  const worse = shiftedShares(shape, tolerated * times);
  const usual = shiftedShares(shape, tolerated);
  let highest = Number.NEGATIVE_INFINITY;
  const raised = worse.map((share, i) => {
    highest = Math.max(highest, Math.log(share / (usual[i] as number)));
    return Math.min(SCORE_MAX, Math.max(-SCORE_MAX, highest));
  });
  const norm = Math.log(raised.reduce((sum, score, i) => sum + (usual[i] as number) * Math.exp(score), 0));
  return raised.map((score) => score - norm);
}

/** Shares of the buckets, each with half a request added. */
export function sharesOf(counts: readonly number[]): readonly number[] {
  const total = counts.reduce((sum, count) => sum + count + PSEUDO_COUNT, 0);
  return counts.map((count) => (count + PSEUDO_COUNT) / total);
}
