/**
 * One sequential test of counts: log likelihood ratios of the data since one anchor, divided by the dispersion.
 * `times` is how many times worse than tolerated the alternative is.
 */
export interface CountKernel {
  /** For "`times` worse than tolerated" against "as bad as tolerated". */
  worse(events: number, exposure: number, times: number): number;
  /** For "as good as the baseline" against "unacceptable", over the whole watch (section 9). */
  acceptable(events: number, exposure: number): number;
  /** The events of one interval that may count, so that it contributes at most `evidenceMax` to any alternative. */
  capped(events: number, exposure: number, evidenceMax: number, grid: readonly number[]): number;
  /** Events per exposure at the tolerated level. */
  readonly tolerated: number;
  /** Events per exposure at the level compared with. */
  readonly reference: number;
}

/** The largest count of one interval; at least one event always counts. */
export function cappedFromAbove(events: number, ceilings: readonly number[]): number {
  return Math.min(events, Math.max(1, Math.min(...ceilings)));
}
