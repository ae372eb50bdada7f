import {
  type Baseline,
  DISPERSION_ASSUMED,
  type Dispersion,
  shapeOf,
  shiftedShares,
  toleratedRatio,
} from '@parapet/signals';

/** History of a latency histogram. */
export type HistogramBaseline = Extract<Baseline, { kind: 'histogram' }>;

/** One tail: "slower than this bound" as a bad event (statistics 5.6 a). */
export interface Tail {
  /** Index of the bound; the buckets after it are the tail. */
  readonly bound: number;
  /** Requests of the baseline that were slower. */
  readonly events: number;
  readonly dispersion: Dispersion;
}

/** How many times worse than tolerated the alternatives of a tail are, equally weighted (statistics 5.6 a). */
export const TAIL_GRID = [1.25, 1.5, 2, 3, 5] as const;
/** A pass needs evidence that no more than so many times as many requests are in the tails (statistics 9). */
export const TAIL_UNACCEPTABLE = 2;
/** What is tolerated of any rate where nothing else is said (statistics 4.3). */
const TAIL_WORSE_BY = 0.1;

const PERCENTILES = [0.75, 0.9, 0.95, 0.99] as const;
const [FRACTION_MIN, FRACTION_MAX] = [0.003, 0.35] as const;

/** The bounds nearest to the 75th, 90th, 95th and 99th percentile, those that leave a tail worth counting (statistics 5.6 a). */
export function tailsOf(baseline: HistogramBaseline): readonly Tail[] {
  const { bounds, counts, tailDispersions } = baseline;
  const total = counts.reduce((sum, count) => sum + count, 0);
  let upTo = 0;
  const slower = bounds.map((_, i) => {
    upTo += counts[i] as number;
    return total - upTo;
  });
  const nearest = PERCENTILES.map((percentile) => {
    let best = 0;
    slower.forEach((events, i) => {
      if (distance(events / total, percentile) < distance((slower[best] as number) / total, percentile)) best = i;
    });
    return best;
  });
  return [...new Set(nearest)]
    .filter((bound) => {
      const fraction = (slower[bound] as number) / total;
      return fraction >= FRACTION_MIN && fraction <= FRACTION_MAX;
    })
    .map((bound) => ({
      bound,
      events: slower[bound] as number,
      dispersion: tailDispersions[bound] ?? DISPERSION_ASSUMED,
    }));
}

function distance(slowerFraction: number, percentile: number): number {
  return Math.abs(1 - slowerFraction - percentile);
}

/**
 * What a release may multiply the share of slow requests by, tail by tail (statistics 4.3): as much as any rate, and as much as the
 * tolerated change of all latencies does to it. A tail moves by more than latency does, the further out the more: without the
 * second, what is tolerated as a shift would be punished as a tail.
 */
export function tolerancesOf(
  baseline: HistogramBaseline,
  tails: readonly Tail[],
  o: { readonly latency: number; readonly tailDrift: number },
): readonly number[] {
  const asRates = toleratedRatio(TAIL_WORSE_BY, o.tailDrift);
  const shape = shapeOf(baseline);
  if (shape === null) return tails.map(() => asRates);
  const [before, after] = [shiftedShares(shape, 1), shiftedShares(shape, o.latency)];
  return tails.map(({ bound }) => Math.max(asRates, beyond(after, bound) / beyond(before, bound)));
}

function beyond(shares: readonly number[], bound: number): number {
  return shares.slice(bound + 1).reduce((sum, share) => sum + share, 0);
}
