/** What so many runs can tell: exact 95 % limits, without any approximation. */
import { logFactorial } from './chance.ts';

/** A figure with what it may be as well. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const TAIL = 0.025;

/** A share of runs with its exact limits (Clopper and Pearson, 1934). */
export function shareOf(hits: number, runs: number): Estimate {
  return {
    value: hits / runs,
    low: hits === 0 ? 0 : bisect((p) => 1 - below(hits - 1, runs, p) - TAIL),
    high: hits === runs ? 1 : bisect((p) => TAIL - below(hits, runs, p)),
  };
}

/** The median of values, infinite ones among them, between two of its order statistics: exact, whatever the distribution. */
export function medianOf(values: readonly number[]): Estimate {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  if (n === 0) return { value: Number.POSITIVE_INFINITY, low: 0, high: Number.POSITIVE_INFINITY };
  const at = (rank: number) => sorted[rank] ?? Number.POSITIVE_INFINITY;
  const middle = (at((n - 1) >> 1) + at(n >> 1)) / 2;
  let rank = 0;
  while (rank < n && below(rank, n, 0.5) <= TAIL) rank += 1;
  return {
    value: middle,
    low: rank === 0 ? 0 : at(rank - 1),
    high: rank === 0 ? Number.POSITIVE_INFINITY : at(n - rank),
  };
}

/** Chance of at most so many hits. */
function below(hits: number, runs: number, p: number): number {
  if (p <= 0) return 1;
  if (p >= 1) return hits >= runs ? 1 : 0;
  let sum = 0;
  for (let k = 0; k <= hits; k++) {
    const ways = logFactorial(runs) - logFactorial(k) - logFactorial(runs - k);
    sum += Math.exp(ways + k * Math.log(p) + (runs - k) * Math.log1p(-p));
  }
  return Math.min(1, sum);
}

/** Where a rising function of a probability crosses 0. */
function bisect(f: (p: number) => number): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (f(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
