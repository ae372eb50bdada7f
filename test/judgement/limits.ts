/** What so many runs can tell, with exact 95 % limits; what never came counts as infinitely late. */
import { medianOf as exactMedianOf, shareOf as exactShareOf } from '@parapet/guardrails';

/** A figure with what it may be as well. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A share of runs with its limits. */
export function shareOf(hits: number, runs: number): Estimate {
  const { rate, low, high } = exactShareOf(hits, runs);
  return { value: rate ?? Number.NaN, low, high };
}

/** The median of values, infinite ones among them; limits that too few values cannot give are those of nothing known. */
export function medianOf(values: readonly number[]): Estimate {
  const { median, low, high } = exactMedianOf(values);
  return {
    value: median ?? Number.POSITIVE_INFINITY,
    low: low ?? 0,
    high: high ?? Number.POSITIVE_INFINITY,
  };
}
