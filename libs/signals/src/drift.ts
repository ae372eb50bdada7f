import type { Counts } from './baseline.js';
import type { Buckets } from './shift-scores.js';

/** With fewer pairs of healthy windows drift is assumed (statistics 4.3). */
export const DRIFT_PAIRS_MIN = 8;
/** Assumed standard deviation of the log ratio between two healthy windows (statistics 4.3). */
export const DRIFT_ASSUMED = { counts: 0.1, latency: 0.03, values: 0.05 } as const;

/** How far two healthy windows lie apart. */
export interface DriftPair {
  /** ln of the ratio of the later to the earlier one; for values that are not logarithms their difference by the earlier mean. */
  readonly logRatio: number;
  /** The part of it that chance explains. */
  readonly samplingVariance: number;
}

/**
 * τ: the standard deviation of the log ratio of two healthy windows that chance does not explain (statistics 6.3). The pairs are
 * at the same distance as baseline and watch, and each of the same day of the week as the other.
 */
export function driftOf(pairs: readonly (DriftPair | null)[], assumed: number): number {
  const known = pairs.filter((pair) => pair !== null);
  const n = known.length;
  if (n < DRIFT_PAIRS_MIN) return assumed;
  const mean = known.reduce((sum, pair) => sum + pair.logRatio, 0) / n;
  const variance = known.reduce((sum, pair) => sum + (pair.logRatio - mean) ** 2, 0) / (n - 1);
  const byChance = known.reduce((sum, pair) => sum + pair.samplingVariance, 0) / n;
  return Math.sqrt(Math.max(0, variance - byChance));
}

/** Two windows of counts; null where one of them has no event, and a ratio means nothing. */
export function countsPair(earlier: Counts, later: Counts, phi: number): DriftPair | null {
  if (!(earlier.events > 0 && later.events > 0 && earlier.exposure > 0 && later.exposure > 0)) return null;
  return {
    logRatio: Math.log(later.events / later.exposure / (earlier.events / earlier.exposure)),
    samplingVariance: phi * (1 / earlier.events + 1 / later.events),
  };
}

/** The mean of a window of values: logarithms, or as they are. */
export interface WindowMean {
  readonly mean: number;
  readonly m: number;
  readonly longRunVariance: number;
}

/** Two windows of values; of values that are not logarithms the change is by the size of the earlier mean. */
export function valuesPair(earlier: WindowMean, later: WindowMean, transform: 'log' | 'none'): DriftPair | null {
  const scale = transform === 'log' ? 1 : Math.abs(earlier.mean);
  if (!(scale > 0 && earlier.m > 0 && later.m > 0)) return null;
  const variance = earlier.longRunVariance / earlier.m + later.longRunVariance / later.m;
  return { logRatio: (later.mean - earlier.mean) / scale, samplingVariance: variance / scale ** 2 };
}

/**
 * Two windows of latencies in the same buckets, by their mean logarithm; a request counts as being in the middle of its bucket, on
 * the scale of logarithms. Null where the buckets differ, or one is empty.
 */
export function latencyPair(earlier: Buckets, later: Buckets, phi: number): DriftPair | null {
  const [a, b] = [logMoments(earlier), logMoments(later)];
  const isSame = earlier.bounds.length === later.bounds.length && earlier.bounds.every((x, i) => x === later.bounds[i]);
  if (a === null || b === null || !isSame) return null;
  return { logRatio: b.mean - a.mean, samplingVariance: phi * (a.variance / a.n + b.variance / b.n) };
}

function logMoments({ bounds, counts }: Buckets): { mean: number; variance: number; n: number } | null {
  const n = counts.reduce((sum, count) => sum + count, 0);
  const [first, last] = [bounds[0], bounds.at(-1)];
  if (!(n > 0) || first === undefined || last === undefined || !(first > 0)) return null;
  const middles = counts.map((_, i) => {
    if (i === 0) return Math.log(first) - Math.LN2 / 2;
    const upper = bounds[i];
    return upper === undefined ? Math.log(last) + Math.LN2 / 2 : Math.log((bounds[i - 1] as number) * upper) / 2;
  });
  const mean = counts.reduce((sum, count, i) => sum + count * (middles[i] as number), 0) / n;
  const variance = counts.reduce((sum, count, i) => sum + count * ((middles[i] as number) - mean) ** 2, 0) / n;
  return { mean, variance, n };
}
