import { GRID } from './grid.js';

/**
 * One sequential test of counts: log likelihood ratios of the data since one anchor, divided by the dispersion.
 * `times` is how many times worse than tolerated the alternative is.
 */
export interface CountKernel {
  /** For "`times` worse than tolerated" against "as bad as tolerated". */
  worse(events: number, exposure: number, times: number): number;
  /** Writes the same for every alternative of the grid into `terms`, from `to` on. */
  write(events: number, exposure: number, terms: Float64Array, to: number): void;
  /** For "as good as the baseline" against "unacceptable", over the whole watch (section 9). */
  acceptable(events: number, exposure: number): number;
  /** The events of one interval that may count, so that it contributes at most `evidenceMax` to any alternative of the grid. */
  capped(events: number, exposure: number, evidenceMax: number): number;
  /**
   * The share of an interval with so much exposure that counts, 0 to 1. Noise that all events of an interval have in common grows with
   * their number, so that those of a rush say less than as many of an ordinary hour. Absent: all of it.
   */
  share?(exposure: number): number;
  /** Events per exposure at the tolerated level. */
  readonly tolerated: number;
  /** Events per exposure at the level compared with. */
  readonly reference: number;
}

/** ln of each alternative of the grid. */
export const LOG_GRID: readonly number[] = GRID.map(Math.log);

/** The largest count of one interval; at least one event always counts. */
export function cappedFromAbove(events: number, ceilings: readonly number[]): number {
  return Math.min(events, Math.max(1, Math.min(...ceilings)));
}

/** The same by a function of the place in the grid: nothing is built for the many intervals that hold next to nothing. */
export function cappedByGrid(events: number, ceiling: (size: number) => number): number {
  if (events <= 1) return events;
  let most = Number.POSITIVE_INFINITY;
  for (let size = 0; size < GRID.length; size++) most = Math.min(most, ceiling(size));
  return Math.min(events, Math.max(1, most));
}
