/** Longer windows than this are trusted with the smaller margin (statistics 6.1). */
const SIX_HOURS_MS = 6 * 3_600_000;

/** Lags that the long-run variance of `n` intervals looks at (statistics 6.1). */
export function bandwidthOf(n: number): number {
  return Math.min(60, Math.max(8, Math.round(n / 12)), n - 1);
}

/** By how much the excess of an estimate is enlarged, for the estimate's own error (statistics 6.1). */
export function marginOf(windowMs: number): number {
  return windowMs >= SIX_HOURS_MS ? 1.25 : 1.5;
}

/**
 * n times the long-run variance of residuals in the order of time: γ₀ + 2·Σ(1 − j/(B+1))·γⱼ with Bartlett weights (statistics 6.1;
 * Newey and West), without the division by n. A missing interval is a zero.
 */
export function longRunSum(residuals: ArrayLike<number>): number {
  const n = residuals.length;
  const bandwidth = bandwidthOf(n);
  let sum = 0;
  for (let lag = 0; lag <= bandwidth; lag++) {
    let products = 0;
    for (let t = lag; t < n; t++) products += (residuals[t] as number) * (residuals[t - lag] as number);
    sum += (lag === 0 ? 1 : 2 * (1 - lag / (bandwidth + 1))) * products;
  }
  return sum;
}
