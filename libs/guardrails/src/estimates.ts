/** A share of cases with its exact 95 % interval; the rate of none at all is unknown. */
export interface Share {
  readonly count: number;
  readonly of: number;
  readonly rate: number | null;
  readonly low: number;
  readonly high: number;
}

/** A median with its 95 % interval from order statistics; the interval is unknown below six values. */
export interface Median {
  readonly n: number;
  readonly median: number | null;
  readonly p90: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

const TAIL = 0.025;
/** Halvings of [0, 1]: beyond these a double does not change any more. */
const HALVINGS = 60;

/** A share with the interval of Clopper and Pearson: it covers the true rate in at least 95 % of cases, whatever the rate is. */
export function shareOf(count: number, of: number): Share {
  const low = count === 0 ? 0 : solve((p) => 1 - lowerTail(count - 1, of, p) >= TAIL);
  const high = count === of ? 1 : solve((p) => lowerTail(count, of, p) <= TAIL);
  return { count, of, rate: of === 0 ? null : count / of, low, high };
}

/** The smallest p at which a condition that holds from some p on begins to hold. */
function solve(holds: (p: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** P(X ≤ k) of n trials. */
function lowerTail(k: number, n: number, p: number): number {
  if (p <= 0) return 1;
  if (p >= 1) return k >= n ? 1 : 0;
  // The largest term first in logarithms: (1 − p)^n alone is zero to a double long before the sum is.
  let logTerm = n * Math.log1p(-p);
  let logSum = logTerm;
  const logOdds = Math.log(p) - Math.log1p(-p);
  for (let i = 1; i <= k; i++) {
    logTerm += Math.log((n - i + 1) / i) + logOdds;
    const larger = Math.max(logSum, logTerm);
    logSum = larger + Math.log1p(Math.exp(Math.min(logSum, logTerm) - larger));
  }
  return Math.min(1, Math.exp(logSum));
}

/** Median and 90th percentile, interpolated between neighbours, and the interval between two of the values themselves. */
export function medianOf(values: readonly number[]): Median {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  // The l-th smallest and l-th largest enclose the median unless fewer than l of n fair coins show heads.
  let l = 0;
  while (l < n && lowerTail(l, n, 0.5) <= TAIL) l += 1;
  const bound = (rank: number) => (l === 0 ? null : (sorted[rank - 1] as number));
  return { n, median: quantile(sorted, 0.5), p90: quantile(sorted, 0.9), low: bound(l), high: bound(n + 1 - l) };
}

function quantile(sorted: readonly number[], q: number): number | null {
  if (sorted.length === 0) return null;
  const rank = Math.floor((sorted.length - 1) * q);
  const beyond = (sorted.length - 1) * q - rank;
  const below = sorted[rank] as number;
  const above = sorted[rank + 1] ?? below;
  // What never came may be infinite, and nothing of infinity is no number.
  return beyond === 0 || above === below ? below : below + beyond * (above - below);
}
