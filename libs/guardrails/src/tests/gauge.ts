import { transformed } from '@parapet/signals';
import { Anchored, type AnchoredSums } from '../anchored-sums.js';
import { type AnchorPlan, INTERVALS_MIN, planAnchors } from '../anchors.js';
import type { InconclusiveReason } from '../events.js';
import { finite, logMeanExp } from '../log-space.js';
import { type MeanKernel, VALUE_GRID } from '../mean-kernel.js';
import { mixtureOver } from '../mixture.js';
import type { WatchSpec } from '../watch-spec.js';
import { gaugeKernels, type WatchedGauge } from './gauge-kernels.js';
import { describeGauge } from './gauge-words.js';
import type { StatisticalTest, Told } from './guardrail-test.js';

/** How often and how far each arm was seen, and the deviations since each anchor. */
export interface GaugeState {
  /** Values of what got the release, those that were not judged included. */
  seen: number;
  /** Judged values and the sum of them, transformed: of what got the release, then of the control. */
  readonly totals: number[];
  readonly anchored: AnchoredSums;
}

/** Where values and sums of the two arms stand in a sample. */
const [WATCHED, CONTROL] = [0, 2];
const ROW = 4;

/**
 * A continuous series (statistics 5.5) over beginnings and sizes (7). Series that report in the same interval are averaged; values
 * without a logarithm are missing. Of two windows of history the one that shows less decides whether it is worse, and their mean
 * whether it is acceptable (4.2, 9).
 */
export function gaugeTest(spec: WatchSpec, watched: WatchedGauge): StatisticalTest<GaugeState, AnchoredSums> {
  const { test } = watched.guardrail;
  const kernels = gaugeKernels(spec, watched);
  const plan = planAnchors(spec, watched);
  const isBetweenArms = test.against === 'control';
  const mixture = mixtureOver(plan, VALUE_GRID.length);
  const evidenceMax = (plan.evidenceNeeded + Math.log(VALUE_GRID.length)) / INTERVALS_MIN;
  const worse = deviationsOf(plan, kernels, isBetweenArms, (kernel, d) => kernel.capped(d, evidenceMax));
  const acceptable = deviationsOf({ ...plan, count: 1, logWeights: [0] }, kernels, isBetweenArms, (kernel, d) =>
    kernel.floored(d),
  );
  const settledAtMs = spec.startMs + spec.policy.warmUpMs;
  const sampleOf = (told: Told): readonly number[] | null => {
    const { value } = told.observation;
    const y = value.kind === 'gauge' ? transformed(value.value, test.transform) : null;
    if (y === null) return null;
    return told.arm === 'watched' ? [1, y, 0, 0] : [0, 0, 1, y];
  };
  const isJudged = (told: Told) => told.isComparable && told.observation.atMs > settledAtMs;
  const width = 1 + kernels.length;

  return {
    kind: 'statistical',
    abstains: abstentionOf(kernels),
    start: () => ({ seen: 0, totals: [0, 0, 0, 0], anchored: worse.start() }),
    observe: (state, told) => {
      const sample = sampleOf(told);
      if (sample === null) return null;
      state.seen += sample[WATCHED] as number;
      if (!isJudged(told)) return state;
      for (let i = 0; i < ROW; i++) state.totals[i] = (state.totals[i] as number) + (sample[i] as number);
      worse.add(state.anchored, told.observation.atMs, told.newestAtMs, sample);
      return state;
    },
    evidence: ({ anchored }) => {
      const begun = worse.fill(anchored);
      let least = Number.POSITIVE_INFINITY;
      kernels.forEach((kernel, k) => {
        for (let anchor = 0, i = 0; anchor < begun; anchor++) {
          const n = worse.since[anchor * width] as number;
          const sum = worse.since[anchor * width + 1 + k] as number;
          for (let size = 0; size < VALUE_GRID.length; size++, i++) mixture.terms[i] = kernel.worse(sum, n, size);
        }
        least = Math.min(least, mixture.evidence(begun));
      });
      return kernels.length === 0 ? 0 : least;
    },
    samples: ({ seen }) => seen,
    startAcceptance: () => acceptable.start(),
    accept: (acceptance, told) => {
      const sample = sampleOf(told);
      if (sample === null || !isJudged(told)) return acceptance;
      acceptable.add(acceptance, told.observation.atMs, told.newestAtMs, sample);
      return acceptance;
    },
    acceptance: (acceptance) => {
      if (kernels.length === 0) return 0;
      acceptable.fill(acceptance);
      const n = acceptable.since[0] as number;
      const each = kernels.map((kernel, k) => kernel.acceptable(acceptable.since[1 + k] as number, n));
      return finite(logMeanExp(each), 'evidence of an acceptable release');
    },
    describe: ({ totals }, standing) => describeGauge({ spec, watched, kernel: kernels[0] ?? null, totals, standing }),
  };
}

function abstentionOf(kernels: readonly MeanKernel[]): InconclusiveReason | null {
  return kernels.length === 0 ? 'no-baseline' : null;
}

/** Intervals and deviations from each reference; an interval in which an arm is silent says nothing of both. */
function deviationsOf(
  plan: AnchorPlan,
  kernels: readonly MeanKernel[],
  isBetweenArms: boolean,
  counted: (kernel: MeanKernel, deviation: number) => number,
): Anchored {
  return new Anchored(plan, {
    rowWidth: ROW,
    width: 1 + kernels.length,
    contribute: (rows, at, into) => {
      const n = rows[at + 1 + WATCHED] as number;
      const controls = rows[at + 1 + CONTROL] as number;
      const isTelling = n > 0 && (!isBetweenArms || controls > 0);
      into[0] = isTelling ? 1 : 0;
      const own = isTelling ? (rows[at + 2 + WATCHED] as number) / n : 0;
      const y = isBetweenArms && isTelling ? own - (rows[at + 2 + CONTROL] as number) / controls : own;
      for (let k = 0; k < kernels.length; k++) {
        const kernel = kernels[k] as MeanKernel;
        into[1 + k] = isTelling ? counted(kernel, kernel.deviation(y)) : 0;
      }
    },
  });
}
