import type { Counts } from './baseline.js';
import { longRunSum, marginOf } from './long-run.js';

/** Long-run variance of counts divided by the Poisson variance, at least 1 (statistics 6.1). */
export interface Dispersion {
  readonly phi: number;
  /** Too little history to estimate it: the value is a cautious guess, and the report says so. */
  readonly isAssumed: boolean;
}

/** Without history. */
export const DISPERSION_ASSUMED: Dispersion = { phi: 2, isAssumed: true };

/** With fewer increments the autocovariances say nothing: their sum is pulled to zero by the mean they share. */
const INCREMENTS_MIN = 30;

/** What one window says of its dispersion: residuals in the order of time, and the variance they would have without any. */
export interface Residuals {
  readonly residuals: ArrayLike<number>;
  /** Of the sum of all residuals, were the events independent. */
  readonly independentVariance: number;
  readonly intervalMs: number;
}

/** Estimates dispersion from increments in the order of time; Bartlett weights, and a margin for the estimate's own error. */
export function dispersionOf(increments: readonly Counts[], intervalMs: number): Dispersion {
  return pooledDispersion([{ increments, intervalMs }]);
}

/** The dispersion of counts in several windows: the estimates of each around its own rate, weighted by their length. */
export function pooledDispersion(
  windows: readonly { readonly increments: readonly Counts[]; readonly intervalMs: number }[],
): Dispersion {
  return dispersionFrom(windows.map((w) => countResiduals(w.increments, w.intervalMs)));
}

function countResiduals(increments: readonly Counts[], intervalMs: number): Residuals {
  let events = 0;
  let exposure = 0;
  for (const c of increments) {
    events += c.events;
    exposure += c.exposure;
  }
  const rate = exposure > 0 ? events / exposure : 0;
  const residuals = new Float64Array(increments.length);
  increments.forEach((c, t) => (residuals[t] = c.events - rate * c.exposure));
  return { residuals, independentVariance: exposure > 0 ? events : Number.NaN, intervalMs };
}

/** The dispersion that several windows show together (statistics 6.1); one without any events says nothing of it. */
export function dispersionFrom(windows: readonly Residuals[]): Dispersion {
  const long = windows.filter((w) => w.residuals.length >= INCREMENTS_MIN && w.independentVariance >= 0);
  if (long.length === 0) return DISPERSION_ASSUMED;
  const telling = long.filter((w) => w.independentVariance > 0);
  if (telling.length === 0) return { phi: 1, isAssumed: false };
  const n = telling.reduce((sum, w) => sum + w.residuals.length, 0);
  const estimate = telling.reduce(
    (sum, w) => sum + (w.residuals.length / n) * (longRunSum(w.residuals) / w.independentVariance),
    0,
  );
  const margin = marginOf(Math.max(...telling.map((w) => w.residuals.length * w.intervalMs)));
  return { phi: Math.max(1, 1 + margin * (estimate - 1)), isAssumed: false };
}
