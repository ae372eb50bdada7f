import type { InstantMs } from '@parapet/kernel';
import { Anchored, type AnchoredSums } from './anchored-sums.js';
import { type AnchorPlan, INTERVALS_MIN } from './anchors.js';
import type { CountKernel } from './count-kernel.js';
import { GRID } from './grid.js';
import { type Mixture, mixtureOver } from './mixture.js';

/** Everything that was counted, and what each anchor's share of it is. */
export interface AnchoredCounts {
  /** Not capped. */
  events: number;
  exposure: number;
  /** Exposure, and the events that the cap of each kernel let count. */
  readonly anchored: AnchoredSums;
}

/** The mixture of statistics 7 for counts over beginnings and sizes, judged by one kernel or by one for each window of history. */
export class CountMixture {
  readonly #kernels: readonly CountKernel[];
  readonly #mixture: Mixture;
  readonly #anchored: Anchored;

  constructor(plan: AnchorPlan, kernels: readonly CountKernel[]) {
    this.#kernels = kernels;
    this.#mixture = mixtureOver(plan, GRID.length);
    const evidenceMax = (plan.evidenceNeeded + Math.log(GRID.length)) / INTERVALS_MIN;
    this.#anchored = new Anchored(plan, {
      rowWidth: 2,
      width: 2 * kernels.length,
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
  }

  start(): AnchoredCounts {
    return { events: 0, exposure: 0, anchored: this.#anchored.start() };
  }

  /**
   * Adds one observation, in place, and answers the same counts. Series that report in the same interval share its cap, and late
   * ones find their interval open, so the order of arrival within the lateness does not matter.
   */
  observe(
    counts: AnchoredCounts,
    atMs: InstantMs,
    newestAtMs: InstantMs,
    events: number,
    exposure: number,
  ): AnchoredCounts {
    counts.events += events;
    counts.exposure += exposure;
    this.#anchored.add(counts.anchored, atMs, newestAtMs, [events, exposure]);
    return counts;
  }

  /** ln of the mixture by each kernel; 0 before any data. */
  evidence(counts: AnchoredCounts): readonly number[] {
    const begun = this.#anchored.fill(counts.anchored);
    return this.#kernels.map((kernel, k) => this.#evidenceOf(kernel, k, begun));
  }

  #evidenceOf(kernel: CountKernel, k: number, begun: number): number {
    const { since } = this.#anchored;
    const width = 2 * this.#kernels.length;
    for (let anchor = 0, row = 0; anchor < begun; anchor++, row += width) {
      const [exposure, events] = [since[row + 2 * k] as number, since[row + 2 * k + 1] as number];
      kernel.write(events, exposure, this.#mixture.terms, anchor * GRID.length);
    }
    return this.#mixture.evidence(begun);
  }
}
