import { DRIFT_ASSUMED, SHIFT_GRID } from '@parapet/signals';
import { type AnchorPlan, INTERVALS_MIN } from '../anchors.js';
import { type HistogramBaseline, type Tail, TAIL_GRID, TAIL_UNACCEPTABLE, tolerancesOf } from './tails.js';

/** A pseudo-event that keeps an empty tail of history honest (statistics 5.3). */
const PSEUDO_EVENTS = 1;

/** All tails of one window of history, by their place in the list. */
export interface TailKernel {
  /** The requests of one interval that may count as slower (statistics 7). */
  capped(tail: number, events: number, requests: number): number;
  /**
   * Writes a term for each tail and alternative into `terms` from `to` on, and answers where the next one goes; the slower ones of
   * each tail stand in `since` from `at` on.
   */
  write(since: Float64Array, at: number, requests: number, terms: Float64Array, to: number): number;
  /** ln of the likelihood ratio for "as before" against "unacceptable" (section 9). */
  acceptable(tail: number, events: number, requests: number): number;
}

/**
 * Counts against history (statistics 5.3) for all tails of a window; they share their exposure, and so the logarithms that depend
 * on it alone.
 * @param o.tolerated the tolerated ratio of latencies
 * @param o.isAlone there is no shift to share the weight with
 */
export function tailKernel(
  plan: AnchorPlan,
  baseline: HistogramBaseline,
  tails: readonly Tail[],
  o: { readonly tolerated: number; readonly isAlone: boolean },
): TailKernel {
  const total = baseline.counts.reduce((sum, count) => sum + count, 0);
  const share = o.isAlone ? 1 : 0.5;
  const tailDrift = baseline.tailDrift ?? DRIFT_ASSUMED.counts;
  const tolerances = tolerancesOf(baseline, tails, { latency: o.tolerated, tailDrift });
  const evidenceMax =
    (plan.evidenceNeeded + Math.log(TAIL_GRID.length) + Math.log(tails.length / share)) / INTERVALS_MIN;
  const sizes = tails.length * TAIL_GRID.length;
  // The mixture weighs all its terms the same: what this adds gives the tails together their own weight.
  const offset = Math.log((share * (sizes + (o.isAlone ? 0 : SHIFT_GRID.length))) / sizes);
  const logRatios = TAIL_GRID.map(Math.log);
  // Most tails tolerate the same: what depends on that and on the exposure alone is worked out once for all of them.
  const levels = [...new Set(tolerances)].map((tolerated) => ({
    tolerated,
    perRequest: new Float64Array(TAIL_GRID.length),
  }));
  const levelOf = tolerances.map((tolerated) => levels.findIndex((level) => level.tolerated === tolerated));
  const fill = (requests: number) => {
    for (const { tolerated, perRequest } of levels) {
      for (let g = 0; g < TAIL_GRID.length; g++) {
        const worse = tolerated * (TAIL_GRID[g] as number);
        perRequest[g] = Math.log1p(((tolerated - worse) * requests) / (worse * requests + total));
      }
    }
  };
  return {
    capped: (j, events, requests) => {
      if (events <= 1) return events;
      const { dispersion, events: before } = tails[j] as Tail;
      const expected = ((before + PSEUDO_EVENTS) / total) * requests;
      const tolerated = tolerances[j] as number;
      let most = Number.POSITIVE_INFINITY;
      for (let g = 0; g < TAIL_GRID.length; g++) {
        const more = tolerated * ((TAIL_GRID[g] as number) - 1);
        most = Math.min(most, (dispersion.phi * evidenceMax + expected * more) / (logRatios[g] as number));
      }
      return Math.min(events, Math.max(1, most));
    },
    write: (since, at, requests, terms, to) => {
      fill(requests);
      let i = to;
      for (let j = 0; j < tails.length; j++) {
        const { perRequest } = levels[levelOf[j] as number] as (typeof levels)[number];
        const { dispersion, events: before } = tails[j] as Tail;
        const events = since[at + j] as number;
        const all = events + before + PSEUDO_EVENTS;
        for (let g = 0; g < TAIL_GRID.length; g++, i++) {
          terms[i] = (events * (logRatios[g] as number) + all * (perRequest[g] as number)) / dispersion.phi + offset;
        }
      }
      return i;
    },
    acceptable: (j, events, requests) => {
      const { dispersion, events: before } = tails[j] as Tail;
      const fewer = Math.log1p(((TAIL_UNACCEPTABLE - 1) * requests) / (requests + total));
      return (events * -Math.log(TAIL_UNACCEPTABLE) + (events + before) * fewer) / dispersion.phi;
    },
  };
}
