/**
 * The Mann–Whitney test as Kayenta computes it: the asymptotic two-sample confidence interval of R's `wilcox.test`, for the shift
 * between experiment and control, found by inverting the test.
 *
 * Source of the rule: kayenta-mannwhitney (MannWhitney.scala), which names R's wilcox.test as its own source. For a shift μ the
 * experiment minus μ is ranked together with the control, ties by their average rank; the rank sum less its expectation, less a
 * continuity correction of half its sign, over the standard deviation corrected for ties, falls as μ grows. Limits are where it
 * crosses the two quantiles of the confidence level, the estimate (Hodges–Lehmann) where it crosses 0.
 */
import { brentRoot } from './brent.ts';

// Looked up once: within the context that tests run in, every use of a global costs more than the arithmetic does.
const { min, sign, sqrt } = Math;
const NEVER = Number.POSITIVE_INFINITY;

/** Confidence interval and estimate of experiment minus control. */
export interface Shift {
  readonly low: number;
  readonly high: number;
  readonly estimate: number;
}

/** The standardised rank sum at a shift, less a quantile; null where every observation is tied and it is not defined. */
export function rankSumAt(
  shift: number,
  quantile: number,
  experiment: readonly number[],
  control: readonly number[],
): number | null {
  return rankSum(shift, [...experiment].sort(ascending), [...control].sort(ascending), quantile);
}

/** The shift between two samples at a confidence level such as 0.98; null where it is not defined. */
export function shiftBetween(
  experiment: readonly number[],
  control: readonly number[],
  confidence: number,
): Shift | null {
  const x = [...experiment].sort(ascending);
  const y = [...control].sort(ascending);
  const least = (x[0] as number) - (y.at(-1) as number);
  const most = (x.at(-1) as number) - (y[0] as number);
  const z = confidence === KAYENTA_CONFIDENCE ? KAYENTA_QUANTILE : normalQuantile((1 - confidence) / 2);
  const limit = (quantile: number): number | null => {
    const [atLeast, atMost] = [rankSum(least, x, y, quantile), rankSum(most, x, y, quantile)];
    if (atLeast === null || atMost === null) return null;
    if (atLeast <= 0) return least;
    return atMost >= 0 ? most : root(x, y, quantile, least, most, atLeast, atMost);
  };
  const [low, high] = [limit(-z), limit(z)];
  const [atLeast, atMost] = [rankSum(least, x, y, 0), rankSum(most, x, y, 0)];
  if (low === null || high === null || atLeast === null || atMost === null) return null;
  return { low, high, estimate: root(x, y, 0, least, most, atLeast, atMost) };
}

function root(
  x: readonly number[],
  y: readonly number[],
  quantile: number,
  least: number,
  most: number,
  atLeast: number,
  atMost: number,
): number {
  // Not defined inside the bracket means that everything is tied there: no evidence either way.
  return brentRoot((shift) => rankSum(shift, x, y, quantile) ?? -quantile, least, most, atLeast, atMost);
}

/** Of samples in ascending order: merging them costs no sorting, and a shift changes no order. */
function rankSum(shift: number, x: readonly number[], y: readonly number[], quantile: number): number | null {
  const [m, n] = [x.length, y.length];
  let [i, j, ranks, ties] = [0, 0, 0, 0];
  while (i < m || j < n) {
    const nextX = i < m ? (x[i] as number) - shift : NEVER;
    const nextY = j < n ? (y[j] as number) : NEVER;
    const value = min(nextX, nextY);
    const before = i + j;
    const firstX = i;
    while (i < m && (x[i] as number) - shift === value) i++;
    while (j < n && y[j] === value) j++;
    const tied = i + j - before;
    ranks += (i - firstX) * (before + (tied + 1) / 2);
    ties += tied ** 3 - tied;
  }
  const centred = ranks - (m * (m + 1)) / 2 - (m * n) / 2;
  const sigma = sqrt(((m * n) / 12) * (m + n + 1 - ties / ((m + n) * (m + n - 1))));
  if (!(sigma > 0)) return null;
  return (centred - sign(centred) * 0.5) / sigma - quantile;
}

/** The one that is asked for thousands of times. */
const KAYENTA_CONFIDENCE = 0.98;
const KAYENTA_QUANTILE = normalQuantile((1 - KAYENTA_CONFIDENCE) / 2);

function ascending(a: number, b: number): number {
  return a - b;
}

/** Quantile of the standard normal distribution, by bisection of its distribution function to double precision. */
export function normalQuantile(p: number): number {
  let [low, high] = [-40, 40];
  for (let i = 0; i < 200 && low < high; i++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (normalBelow(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Φ by its series near 0 and its continued fraction in the tails. */
function normalBelow(z: number): number {
  if (z > 0) return 1 - normalBelow(-z);
  const density = Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < -3) {
    let fraction = -z;
    for (let k = 200; k >= 1; k--) fraction = -z + k / fraction;
    return density / fraction;
  }
  let [term, sum] = [z, z];
  for (let k = 1; term !== 0 && sum + term !== sum - term; k++) {
    term *= (z * z) / (2 * k + 1);
    sum += term;
  }
  return 0.5 + density * sum;
}
