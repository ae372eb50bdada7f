/**
 * One sequential test of counts: log likelihood ratios of the data since one anchor, divided by the dispersion.
 * `times` is how many times worse than tolerated the alternative is.
 */
export interface CountKernel {
  /** For "`times` worse than tolerated" against "as bad as tolerated". */
  worse(events: number, exposure: number, times: number): number;
  /** One such alternative by itself, made ready to be asked often. */
  against(times: number): Alternative;
  /** For "as good as the baseline" against "unacceptable", over the whole watch (section 9). */
  acceptable(events: number, exposure: number): number;
  /** The events of one interval that may count, so that it contributes at most `evidenceMax` to any of the alternatives. */
  capped(events: number, exposure: number, evidenceMax: number, alternatives: readonly Alternative[]): number;
  /** Events per exposure at the tolerated level. */
  readonly tolerated: number;
  /** Events per exposure at the level compared with. */
  readonly reference: number;
}

/** One alternative of a count kernel. */
export interface Alternative {
  worse(events: number, exposure: number): number;
  /** The events of one interval with this exposure that contribute `evidenceMax`. */
  bound(exposure: number, evidenceMax: number): number;
}

/** The largest count of one interval; at least one event always counts. */
export function cappedFromAbove(events: number, ceilings: readonly number[]): number {
  return Math.min(events, Math.max(1, Math.min(...ceilings)));
}

/** The largest count of one interval with this exposure. */
export function cappedBy(
  alternatives: readonly Alternative[],
  events: number,
  exposure: number,
  evidenceMax: number,
): number {
  if (events <= 1) return events;
  let most = Number.POSITIVE_INFINITY;
  for (const alternative of alternatives) most = Math.min(most, alternative.bound(exposure, evidenceMax));
  return Math.min(events, Math.max(1, most));
}

/** Where too few events are bad, an interval is capped by counting it as having had more of them. */
export function raisedBy(
  alternatives: readonly Alternative[],
  events: number,
  exposure: number,
  evidenceMax: number,
): number {
  let least = events;
  for (const alternative of alternatives) least = Math.max(least, alternative.bound(exposure, evidenceMax));
  return least;
}
