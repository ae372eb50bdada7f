import type { Counts } from './baseline.js';

/** Long-run variance of counts divided by the Poisson variance, at least 1 (statistics 6.1). */
export interface Dispersion {
  readonly phi: number;
  /** Too little history to estimate it: the value is a cautious guess, and the report says so. */
  readonly isAssumed: boolean;
}

/** Without history. */
export const DISPERSION_ASSUMED: Dispersion = { phi: 2, isAssumed: true };

/** With fewer increments the autocovariances below say nothing: their sum is pulled to zero by the mean they share. */
const INCREMENTS_MIN = 30;
const SIX_HOURS_MS = 6 * 3_600_000;

/** Estimates dispersion from increments in the order of time; Bartlett weights, and a margin for the estimate's own error. */
export function dispersionOf(increments: readonly Counts[], intervalMs: number): Dispersion {
  const n = increments.length;
  const events = increments.reduce((sum, c) => sum + c.events, 0);
  const exposure = increments.reduce((sum, c) => sum + c.exposure, 0);
  if (!(n >= INCREMENTS_MIN && exposure > 0)) return DISPERSION_ASSUMED;
  if (events === 0) return { phi: 1, isAssumed: false };

  const rate = events / exposure;
  const residuals = increments.map((c) => c.events - rate * c.exposure);
  const bandwidth = Math.min(60, Math.max(8, Math.round(n / 12)), n - 1);
  let longRun = autocovariance(residuals, 0);
  for (let lag = 1; lag <= bandwidth; lag++) {
    longRun += 2 * (1 - lag / (bandwidth + 1)) * autocovariance(residuals, lag);
  }
  const estimate = longRun / (rate * (exposure / n));
  const margin = n * intervalMs >= SIX_HOURS_MS ? 1.25 : 1.5;
  return { phi: Math.max(1, 1 + margin * (estimate - 1)), isAssumed: false };
}

function autocovariance(residuals: readonly number[], lag: number): number {
  let sum = 0;
  for (let t = lag; t < residuals.length; t++) sum += (residuals[t] as number) * (residuals[t - lag] as number);
  return sum / residuals.length;
}
