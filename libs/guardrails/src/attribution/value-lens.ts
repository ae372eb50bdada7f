import type { Baseline, Observation } from '@parapet/signals';
import type { Lens } from './lens.js';
import { bystandersOf, exposedOf, type Pair, type Tally } from './state.js';

/** How far beyond what is tolerated a change may be that is looked for, in standard deviations of one value. */
const SIZES = [0.5, 1.5, 4] as const;
/** An effect is at least this many standard deviations. */
const EFFECT_MIN = 0.5;

/** Values of a gauge, by their logarithm or as they are (statistics 5.5); without a reference against the bystanders of the interval. */
export function valueLens(o: {
  readonly read: (observation: Observation) => Tally | null;
  readonly ofBaseline: (baseline: Baseline) => Tally | null;
  readonly sign: 1 | -1;
  readonly reference: number | null;
  /** How far above the bystanders is usual; not at all, where that is not known. */
  readonly usualDifference?: number;
  readonly variance: number;
  readonly deviation: number;
  readonly tolerated: number;
}): Lens {
  const { reference, sign, variance, deviation, tolerated, usualDifference = 0 } = o;
  const shifts = SIZES.map((size) => tolerated + size * deviation);
  /** How much worse the exposed are; null where there is nothing to compare with. */
  const differenceOf = (pair: Pair): number | null => {
    if (pair.exposedN === 0 || (reference === null && pair.bystanderN === 0)) return null;
    return sign * (mean(exposedOf(pair)) - (reference ?? mean(bystandersOf(pair)) + usualDifference));
  };
  const gains = (interval: Pair): readonly number[] => {
    const difference = differenceOf(interval);
    // Values of one interval are not told apart: several tills of a store say one thing together.
    return shifts.map((shift) =>
      difference === null ? 0 : ((shift - tolerated) * (difference - (shift + tolerated) / 2)) / variance,
    );
  };
  const effectOf = (since: Pair): number | null => {
    const difference = differenceOf(since);
    return difference === null ? null : Math.max(EFFECT_MIN * deviation, difference);
  };
  const asBad = (now: Tally, then: Tally, effect: number): number => {
    if (now.n === 0 || then.n === 0) return 0;
    const worse = sign * (mean(now) - mean(then));
    return ((worse - effect) ** 2 - worse ** 2) / (2 * variance * (1 / now.n + 1 / then.n));
  };
  return { form: 'values', read: o.read, ofBaseline: o.ofBaseline, gains, effectOf, asBad };
}

function mean(tally: Tally): number {
  return tally.sum / tally.n;
}
