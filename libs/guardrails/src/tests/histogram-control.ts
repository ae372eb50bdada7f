import { Anchored, type AnchoredSums } from '../anchored-sums.js';
import { type AnchorPlan, INTERVALS_MIN, planAnchors } from '../anchors.js';
import { type ArmCounts, type ArmsKernel, betweenArms } from '../between-arms.js';
import { finite, logMeanExp } from '../log-space.js';
import { mixtureOver } from '../mixture.js';
import type { WatchSpec } from '../watch-spec.js';
import { armDispersion } from './arm-dispersion.js';
import type { StatisticalTest, Told } from './guardrail-test.js';
import {
  addCounts,
  boundsOf,
  countsBy,
  type HistogramState,
  histogramsOf,
  isJudged,
  noRequests,
  requestsOf,
  type WatchedHistogram,
} from './histogram-state.js';
import { describeHistogram } from './histogram-words.js';
import { type HistogramBaseline, type Tail, TAIL_GRID, TAIL_UNACCEPTABLE, tailsOf, tolerancesOf } from './tails.js';

/**
 * Latency against a concurrent control (statistics 5.6 a, 5.4): the tails of history's distribution, counted in both arms of each
 * interval. Which bounds are worth counting is history's to say: what is compared must not choose how.
 */
export function histogramControlTest(
  spec: WatchSpec,
  watched: WatchedHistogram,
): StatisticalTest<HistogramState, AnchoredSums> {
  const plan = planAnchors(spec, watched);
  const history = histogramsOf(watched);
  const bounds = boundsOf(history);
  const [newest] = history;
  const isReadable = watched.signal?.badDirection !== 'low';
  const tails = newest === undefined || !isReadable ? [] : tailsOf(newest);
  const kernels = newest === undefined ? [] : kernelsOf(watched, newest, tails, history);
  const sizes = tails.length * TAIL_GRID.length;
  const mixture = mixtureOver(plan, Math.max(1, sizes));
  const evidenceMax =
    (plan.evidenceNeeded + Math.log(TAIL_GRID.length) + Math.log(Math.max(1, tails.length))) / INTERVALS_MIN;
  const worse = byInterval(plan, kernels, TAIL_GRID.length, (kernel, counts, into, to) => {
    const gains = kernel.gains(counts, TAIL_GRID, evidenceMax);
    for (let g = 0; g < TAIL_GRID.length; g++) into[to + g] = gains[g] as number;
  });
  const acceptable = byInterval({ ...plan, count: 1, logWeights: [0] }, kernels, 1, (kernel, counts, into, to) => {
    into[to] = kernel.acceptable(counts);
  });
  const rowOf = (arm: Told['arm'], counts: readonly number[]): readonly number[] => {
    const own = [requestsOf(counts), ...tails.map(({ bound }) => beyond(counts, bound))];
    const none = own.map(() => 0);
    return arm === 'watched' ? [...own, ...none] : [...none, ...own];
  };

  return {
    kind: 'statistical',
    abstains: tails.length === 0 ? 'no-baseline' : null,
    start: () => noRequests(bounds, worse.start()),
    observe: (state, told) => {
      const { value } = told.observation;
      if (value.kind !== 'histogram') return null;
      const counts = tails.length === 0 ? value.counts : countsBy(bounds, told);
      if (counts === null) return null;
      if (tails.length === 0 || !isJudged(spec, told)) {
        if (told.arm === 'watched') state.seen += requestsOf(counts);
        return state;
      }
      const { atMs } = told.observation;
      worse.add(state.anchored, atMs, told.newestAtMs, rowOf(told.arm, counts));
      addCounts(state, told.arm, counts);
      return state;
    },
    evidence: ({ anchored }) => {
      if (tails.length === 0) return 0;
      const begun = worse.fill(anchored);
      mixture.terms.set(worse.since.subarray(0, begun * sizes));
      return mixture.evidence(begun);
    },
    samples: ({ seen }) => seen,
    startAcceptance: () => acceptable.start(),
    accept: (acceptance, told) => {
      const counts = isJudged(spec, told) && tails.length > 0 ? countsBy(bounds, told) : null;
      if (counts === null) return acceptance;
      acceptable.add(acceptance, told.observation.atMs, told.newestAtMs, rowOf(told.arm, counts));
      return acceptance;
    },
    acceptance: (acceptance) => {
      acceptable.fill(acceptance);
      return finite(logMeanExp([...acceptable.since]), 'evidence of an acceptable release');
    },
    describe: (state, standing) => describeHistogram({ spec, watched, baseline: newest ?? null, state, standing }),
  };
}

/** A kernel for each tail; of several windows of history the largest dispersion counts. */
function kernelsOf(
  { guardrail: { test }, armsTails }: WatchedHistogram,
  newest: HistogramBaseline,
  tails: readonly Tail[],
  history: readonly HistogramBaseline[],
): readonly ArmsKernel[] {
  const tolerances = tolerancesOf(newest, tails, { latency: 1 + test.worseBy, tailDrift: 0 });
  return tails.map(({ bound }, j) => {
    const at = newest.bounds[bound] as number;
    const known = history.flatMap((b) => b.tailDispersions[b.bounds.indexOf(at)] ?? []);
    const usual = armsTails?.find((tail) => tail.bound === at);
    return betweenArms({
      worseBy: (tolerances[j] as number) - 1,
      unacceptable: TAIL_UNACCEPTABLE,
      phi: armDispersion(known, usual?.dispersion ?? null).phi,
      bad: 'more',
      ...(usual === undefined ? {} : { usual: usual.ratio }),
    });
  });
}

/** What both arms of an interval say of each tail; a row holds requests and tails of what got the release, then of the control. */
function byInterval(
  plan: AnchorPlan,
  kernels: readonly ArmsKernel[],
  perTail: number,
  say: (kernel: ArmsKernel, counts: ArmCounts, into: Float64Array, to: number) => void,
): Anchored {
  const arm = 1 + kernels.length;
  return new Anchored(plan, {
    rowWidth: 2 * arm,
    width: kernels.length * perTail,
    contribute: (rows, at, into) => {
      const [own, other] = [at + 1, at + 1 + arm];
      for (let j = 0; j < kernels.length; j++) {
        const counts: ArmCounts = {
          watchedEvents: rows[own + 1 + j] as number,
          watchedExposure: rows[own] as number,
          controlEvents: rows[other + 1 + j] as number,
          controlExposure: rows[other] as number,
        };
        say(kernels[j] as ArmsKernel, counts, into, j * perTail);
      }
    },
  });
}

function beyond(counts: readonly number[], bound: number): number {
  let sum = 0;
  for (let i = bound + 1; i < counts.length; i++) sum += counts[i] as number;
  return sum;
}
