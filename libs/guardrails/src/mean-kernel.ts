import { type BadDirection, toleratedRatio } from '@parapet/signals';

/** How many times worse than tolerated the alternatives of a continuous series are, equally weighted (statistics 7). */
export const VALUE_GRID = [1.1, 1.25, 1.5, 2, 3] as const;
/** A value further on the good side than this many deviations says no more than one that is as far (statistics 7). */
const GOOD_DEVIATIONS_MAX = 4;

/** What the mean of a continuous series is compared with, on the scale it is looked at. */
export interface MeanReference {
  readonly transform: 'log' | 'none';
  /** Transformed; 0 between arms. */
  readonly mean: number;
  /** How many values the mean rests on; null where it is known, such as a limit. */
  readonly m: number | null;
  /** Of one value. */
  readonly longRunVariance: number;
  readonly deviation: number;
  /** What a relative change is relative to, where values are looked at as they are. */
  readonly scale: number;
  readonly worseBy: number;
  readonly drift: number;
  readonly unacceptable: number;
  readonly badDirection: BadDirection;
}

/** One sequential test of a mean (statistics 5.5): deviations are counted from the reference, positive ones being worse. */
export interface MeanKernel {
  /** How far one value lies on the bad side. */
  deviation(transformed: number): number;
  /** The part of an interval's deviation that may count, so that it adds at most `evidenceMax` to any alternative. */
  capped(deviation: number, evidenceMax: number): number;
  /** ln of the likelihood ratio of alternative `size` of the grid, from the sum of `n` deviations. */
  worse(sum: number, n: number, size: number): number;
  /** The same for "as good as the reference" against "unacceptable" (section 9). */
  acceptable(sum: number, n: number): number;
  /** A deviation as it counts for that: an impossible reading on the good side is no proof. */
  floored(deviation: number): number;
  /** What deviations are counted from, on the scale that values are looked at. */
  readonly reference: number;
  /** The largest tolerated deviation. */
  readonly tolerated: number;
}

/** @param o what is compared with; `unacceptable` and `1 + worseBy` are ratios, of which the bad direction `low` means the inverse */
export function meanKernel(o: MeanReference): MeanKernel {
  const { longRunVariance: variance, m } = o;
  const sign = o.badDirection === 'high' ? 1 : -1;
  const shift = (ratio: number) => shiftOf(o, ratio);
  const ratio = toleratedRatio(o.worseBy, o.drift);
  const tolerated = shift(ratio);
  const shifts = VALUE_GRID.map((times) => shift(ratio * times));
  const unacceptable = shift(o.unacceptable);
  const floor = -GOOD_DEVIATIONS_MAX * o.deviation;
  const towards = (from: number, to: number, sum: number, n: number): number => {
    if (!(n > 0)) return 0;
    // n_e·(ȳ − …) with n_e = n·m/(n + m), written without a division by n.
    const known = m === null ? 1 : m / (n + m);
    return (known * (to - from) * (sum - (n * (to + from)) / 2)) / variance;
  };
  return {
    deviation: (transformed) => sign * (transformed - o.mean),
    capped: (deviation, evidenceMax) => {
      let most = deviation;
      for (const to of shifts) {
        most = Math.min(most, (to + tolerated) / 2 + (variance * evidenceMax) / (to - tolerated));
      }
      return Math.max(floor, most);
    },
    worse: (sum, n, size) => towards(tolerated, shifts[size] as number, sum, n),
    acceptable: (sum, n) => towards(unacceptable, 0, sum, n),
    floored: (deviation) => Math.max(floor, deviation),
    reference: o.mean,
    tolerated,
  };
}

/**
 * How far a value lies from the reference when it is `ratio` times worse. Logarithms turn ratios into shifts; without them the shift
 * is relative to the size of the reference, because "ten per cent more" has to mean the same in seconds and in milliseconds.
 */
function shiftOf(o: MeanReference, ratio: number): number {
  if (o.transform === 'log') return Math.log(ratio);
  return o.scale * (o.badDirection === 'high' ? ratio - 1 : 1 - 1 / ratio);
}
