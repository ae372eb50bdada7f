import type { CountKernel } from './count-kernel.js';
import { logSumExp } from './log-space.js';

/**
 * A Shiryaev–Roberts e-detector (statistics 8, "After the watch"): permanent monitoring with a known distance between false alarms.
 * It bounds how often they come, not the chance of one a release. One number for each size of degradation: ln(R + 1), which is 0
 * at the start and always finite, where ln R is not.
 */
export type DetectorState = readonly number[];

/** A detector before any interval, or begun again after an alarm. */
export function startDetector(grid: readonly number[]): DetectorState {
  return grid.map(() => 0);
}

/**
 * One whole interval: R ← (R + 1)·exp(Δℓ). `gains` are its Δℓ, in the order of the grid: `limitGains` against a limit, the `gains`
 * of `betweenArms` against a control. Capped ones only make false alarms rarer.
 */
export function detect(state: DetectorState, gains: readonly number[]): DetectorState {
  return state.map((log, i) => {
    const next = log + (gains[i] as number);
    return Math.max(next, 0) + Math.log1p(Math.exp(-Math.abs(next)));
  });
}

/** Whether the mean of the R has reached `intervals`: without a degradation that takes as many intervals or more on average. */
export function isAlarming(state: DetectorState, intervals: number): boolean {
  return logSumExp(state) - Math.log(state.length) >= Math.log1p(intervals);
}

/** Δℓ of one interval against a declared limit (statistics 5.1, 5.2), in the order of the grid. */
export function limitGains(
  kernel: Pick<CountKernel, 'worse'>,
  grid: readonly number[],
  events: number,
  exposure: number,
): readonly number[] {
  return grid.map((times) => kernel.worse(events, exposure, times));
}
