/**
 * A shop that trades for a day and then for the hour of a release watch, drawn by chance: statistics 14, set-up A. Samples of 15 s.
 */
import type { Chance } from './chance.ts';

// Looked up once: within the context that tests run in, every use of a global costs more than the arithmetic does.
const { SQRT2, abs, ceil, exp, log, max, min, sqrt } = Math;

export const INTERVAL_MS = 15_000;
export const WATCH_TICKS = 240;
const PER_MINUTE = 60_000 / INTERVAL_MS;

/** Independent draws, or such as wander together: failures, traffic and latency each by a process of their own. */
export type Noise = 'independent' | 'correlated';

/** Latencies are log-normal, median 0.2 s. The set-up leaves their spread open; the delay of a percentile grows with its square. */
export const LATENCY = { logMedian: log(0.2), sigma: 0.4 } as const;
/** Upper bounds in seconds of the latency buckets; one more bucket holds everything slower. */
export const BUCKET_BOUNDS = [0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.2, 2, 5] as const;

/** A first-order autoregression, by its standard deviation in the long run; begins anywhere in it. */
export function wander(chance: Chance, coefficient: number, deviation: number): () => number {
  const step = deviation * sqrt(1 - coefficient ** 2);
  let value = deviation * chance.normal();
  return () => {
    value = coefficient * value + step * chance.normal();
    return value;
  };
}

const still = () => 0;

/** Bad ones of a total in one interval. */
export interface Counted {
  readonly bad: number;
  readonly total: number;
}

/** Orders, or synchronisation attempts, and how many of them fail. */
export function failures(
  chance: Chance,
  o: { readonly perMinute: number; readonly share: number; readonly noise: Noise },
): (times: number) => Counted {
  const isCorrelated = o.noise === 'correlated';
  const failing = isCorrelated ? wander(chance, 0.8, 0.4) : still;
  const traffic = isCorrelated ? wander(chance, 0.9, 0.3) : still;
  return (times) => {
    const total = chance.poisson((o.perMinute / PER_MINUTE) * exp(traffic()));
    return { bad: chance.binomial(total, min(1, o.share * times * exp(failing()))), total };
  };
}

/** The same in two parts of one shop: what gets the release, and the rest. Noise is shared, the draws are not. */
export function splitFailures(
  chance: Chance,
  o: { readonly perMinute: number; readonly share: number; readonly noise: Noise; readonly canary: number },
): (times: number) => { readonly canary: Counted; readonly control: Counted } {
  const isCorrelated = o.noise === 'correlated';
  const failing = isCorrelated ? wander(chance, 0.8, 0.4) : still;
  const traffic = isCorrelated ? wander(chance, 0.9, 0.3) : still;
  return (times) => {
    const mean = (o.perMinute / PER_MINUTE) * exp(traffic());
    const share = o.share * exp(failing());
    const part = (size: number, worse: number): Counted => {
      const total = chance.poisson(mean * size);
      return { bad: chance.binomial(total, min(1, share * worse)), total };
    };
    return { canary: part(o.canary, times), control: part(1 - o.canary, 1) };
  };
}

/** How many requests there were in an interval, and by how much all of them were slower than usual, as a logarithm. */
function requests(
  chance: Chance,
  o: { readonly perMinute: number; readonly noise: Noise },
): () => { readonly count: number; readonly shift: number } {
  const slower = o.noise === 'correlated' ? wander(chance, 0.8, 0.1) : still;
  return () => ({ count: chance.poisson(o.perMinute / PER_MINUTE), shift: slower() });
}

/** The 95th percentile of the requests of one interval in seconds; null without any. */
export function percentiles(
  chance: Chance,
  o: { readonly perMinute: number; readonly noise: Noise },
): (times: number) => number | null {
  const next = requests(chance, o);
  return (times) => {
    const { count, shift } = next();
    if (count === 0) return null;
    // The rank-th smallest of so many uniform draws, without drawing them: a beta distribution, of two gamma ones.
    const rank = ceil(0.95 * count);
    const [a, b] = [chance.gamma(rank), chance.gamma(count - rank + 1)];
    return exp(LATENCY.logMedian + shift + LATENCY.sigma * normalQuantile(a / (a + b))) * times;
  };
}

/** The requests of one interval by the bucket that their latency falls into. */
export function histograms(
  chance: Chance,
  o: { readonly perMinute: number; readonly noise: Noise },
): (times: number) => readonly number[] {
  const next = requests(chance, o);
  return (times) => {
    const { count, shift } = next();
    let [left, above] = [count, 1];
    const counts = BUCKET_BOUNDS.map((bound) => {
      const beyond = 1 - normalBelow((log(bound / times) - LATENCY.logMedian - shift) / LATENCY.sigma);
      const inside = above > 0 ? chance.binomial(left, min(1, max(0, 1 - beyond / above))) : left;
      left -= inside;
      above = beyond;
      return inside;
    });
    return [...counts, left];
  };
}

/** Φ, by the complementary error function of Numerical Recipes (relative error below 1.2e-7). */
function normalBelow(z: number): number {
  const x = abs(z) / SQRT2;
  const t = 1 / (1 + 0.5 * x);
  const series = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ];
  const exponent = series.reduceRight((sum, coefficient) => sum * t + coefficient, 0);
  const tail = 0.5 * t * exp(-x * x + exponent);
  return z > 0 ? 1 - tail : tail;
}

/** Φ⁻¹ by Acklam's rational approximation (relative error below 1.2e-9). */
function normalQuantile(p: number): number {
  const central = abs(p - 0.5) <= 0.47575;
  const q = central ? p - 0.5 : sqrt(-2 * log(min(p, 1 - p)));
  if (central) {
    const r = q * q;
    const top = polynomial(
      [
        -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
        2.506628277459239,
      ],
      r,
    );
    const bottom = polynomial(
      [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1],
      r,
    );
    return (top * q) / bottom;
  }
  const top = polynomial(
    [
      -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
      2.938163982698783,
    ],
    q,
  );
  const bottom = polynomial([0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1], q);
  return ((p < 0.5 ? 1 : -1) * top) / bottom;
}

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}
