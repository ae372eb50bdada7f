import type { InstantMs } from '@parapet/kernel';
import { type AnchoredSums, anchoredSums } from './anchored-sums.js';
import { type AnchorPlan, INTERVALS_MIN } from './anchors.js';
import type { CountKernel } from './count-kernel.js';
import { GRID } from './grid.js';
import { mixtureOver } from './mixture.js';

/** Everything that was counted, and what each anchor's share of it is. */
export interface AnchoredCounts {
  /** Not capped. */
  events: number;
  exposure: number;
  /** Exposure, and the events that the cap of each kernel let count. */
  readonly anchored: AnchoredSums;
}

/** Counts over beginnings and sizes, judged by one kernel or by one for each window of history. */
export interface CountMixture {
  start(): AnchoredCounts;
  /**
   * Adds one observation, in place, and answers the same counts. Series that report in the same interval share its cap, and late ones find their interval open, so the
   * order of arrival within the lateness does not matter.
   */
  observe(
    counts: AnchoredCounts,
    atMs: InstantMs,
    newestAtMs: InstantMs,
    events: number,
    exposure: number,
  ): AnchoredCounts;
  /** ln of the mixture by each kernel; 0 before any data. */
  evidence(counts: AnchoredCounts): readonly number[];
}

/** The mixture of statistics 7 for counts. */
export function countMixture(plan: AnchorPlan, kernels: readonly CountKernel[]): CountMixture {
  const mixture = mixtureOver(plan, GRID.length);
  const evidenceMax = (plan.evidenceNeeded + Math.log(GRID.length)) / INTERVALS_MIN;
  const width = 2 * kernels.length;
  const anchored = anchoredSums(plan, {
    rowWidth: 2,
    width,
    contribute: (rows, at, into) => {
      const [events, exposure] = [rows[at + 1] as number, rows[at + 2] as number];
      for (let k = 0; k < kernels.length; k++) {
        const kernel = kernels[k] as CountKernel;
        const share = kernel.share?.(exposure) ?? 1;
        into[2 * k] = share * exposure;
        into[2 * k + 1] = kernel.capped(share * events, share * exposure, evidenceMax);
      }
    },
  });
  const evidenceOf = (kernel: CountKernel, k: number, begun: number): number => {
    const { since } = anchored;
    for (let anchor = 0, row = 0; anchor < begun; anchor++, row += width) {
      const [exposure, events] = [since[row + 2 * k] as number, since[row + 2 * k + 1] as number];
      kernel.write(events, exposure, mixture.terms, anchor * GRID.length);
    }
    return mixture.evidence(begun);
  };
  return {
    start: () => ({ events: 0, exposure: 0, anchored: anchored.start() }),
    observe: (counts, atMs, newestAtMs, events, exposure) => {
      counts.events += events;
      counts.exposure += exposure;
      anchored.add(counts.anchored, atMs, newestAtMs, [events, exposure]);
      return counts;
    },
    evidence: (counts) => {
      const begun = anchored.fill(counts.anchored);
      return kernels.map((kernel, k) => evidenceOf(kernel, k, begun));
    },
  };
}
