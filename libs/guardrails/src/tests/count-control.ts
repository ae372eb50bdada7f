import { countsOf } from '@parapet/signals';
import { type AnchorPlan, INTERVALS_MIN, newestAnchor, planAnchors, slotOf } from '../anchors.js';
import { type ArmCounts, type ArmsKernel, addArms, betweenArms, NO_ARM_COUNTS } from '../between-arms.js';
import { GRID } from '../grid.js';
import type { GuardrailTest } from '../guardrail.js';
import { finite } from '../log-space.js';
import { type Mixture, mixtureOver } from '../mixture.js';
import { closeIntervals, mergeInterval, type OpenInterval, type OpenIntervals } from '../open-intervals.js';
import type { WatchedGuardrail, WatchSpec } from '../watch-spec.js';
import { describeArms } from './arm-words.js';
import { armDispersionOf } from './arm-dispersion.js';
import type { StatisticalTest, Told } from './guardrail-test.js';

/** A proportion or a rate of what got the release, compared with what did not. */
export type CountControl = Extract<GuardrailTest, { kind: 'proportion' | 'rate'; against: 'control' }>;

/** One interval of both arms, with what it adds for each size of degradation. */
interface ArmInterval extends ArmCounts {
  readonly gains: readonly number[];
}

/** ln of the likelihood ratios by anchor and size of degradation, and the intervals still open to late samples. */
export interface ControlState {
  /** The sizes of the first anchor, then those of the second, … as far as anchors have begun. */
  readonly sums: readonly number[];
  readonly open: OpenIntervals<ArmInterval>;
  /** Everything that was told, not capped. */
  readonly total: ArmCounts;
}

/** ln of the likelihood ratio for "acceptable" of the intervals that are over, and the counts of those that are not. */
export interface ControlAcceptance {
  readonly sum: number;
  readonly open: OpenIntervals<ArmCounts>;
}

/**
 * Counts against a concurrent control (statistics 5.4, 7, 9). The arms meet by interval: one in which either has no exposure says
 * nothing, so that a silent canary is neither better nor worse than its control.
 */
export function countControlTest(
  spec: WatchSpec,
  watched: WatchedGuardrail & { readonly guardrail: { readonly test: CountControl } },
): StatisticalTest<ControlState, ControlAcceptance> {
  const { test } = watched.guardrail;
  const plan = planAnchors(spec, watched);
  const badDirection = watched.signal?.badDirection ?? 'high';
  const dispersion = armDispersionOf(watched);
  const bad = test.kind === 'rate' && badDirection === 'low' ? 'fewer' : 'more';
  const usual = watched.armsRatio;
  const kernel = betweenArms({
    worseBy: test.worseBy,
    unacceptable: test.unacceptable,
    phi: dispersion.phi,
    bad,
    ...(usual === undefined ? {} : { usual }),
  });
  const mixture = mixtureOver(plan, GRID.length);
  const intervalEvidenceMax = (plan.evidenceNeeded + Math.log(GRID.length)) / INTERVALS_MIN;

  const weighed = (counts: ArmCounts): ArmInterval => ({
    ...counts,
    gains: kernel.gains(counts, GRID, intervalEvidenceMax),
  });
  const armCountsOf = ({ arm, observation }: Told): ArmCounts | null => {
    if (observation.value.kind !== 'count') return null;
    const { events, exposure } = countsOf(test.kind, badDirection, observation.value.count, observation.value.of);
    return arm === 'watched'
      ? { ...NO_ARM_COUNTS, watchedEvents: events, watchedExposure: exposure }
      : { ...NO_ARM_COUNTS, controlEvents: events, controlExposure: exposure };
  };

  return {
    kind: 'statistical',
    abstains: null,
    start: () => ({ sums: [], open: [], total: NO_ARM_COUNTS }),
    observe: (state, told) => {
      const counts = armCountsOf(told);
      if (counts === null) return null;
      const slot = slotOf(plan, told.observation.atMs);
      const merged = mergeInterval(state.open, slot, weighed(counts), (a, b) => weighed(addArms(a, b)));
      const { closed, open } = closeIntervals(plan, merged, told.newestAtMs);
      return { sums: addClosed(plan, state.sums, closed), open, total: addArms(state.total, counts) };
    },
    evidence: (state) => evidenceOf(plan, mixture, state),
    samples: (state) => state.total.watchedExposure,
    startAcceptance: () => ({ sum: 0, open: [] }),
    accept: (acceptance, told) => {
      const counts = armCountsOf(told);
      if (counts === null) return acceptance;
      const merged = mergeInterval(acceptance.open, slotOf(plan, told.observation.atMs), counts, addArms);
      const { closed, open } = closeIntervals(plan, merged, told.newestAtMs);
      return { sum: acceptance.sum + acceptableOf(kernel, closed), open };
    },
    acceptance: ({ sum, open }) => finite(sum + acceptableOf(kernel, open), 'evidence of an acceptable release'),
    describe: (state, standing) =>
      describeArms({ spec, watched, counts: state.total, dispersion, tolerated: kernel.tolerated, bad, standing }),
  };
}

/** The sums with intervals that are over: each counts for its own anchor and for all before it. */
function addClosed(plan: AnchorPlan, sums: readonly number[], closed: OpenIntervals<ArmInterval>): readonly number[] {
  if (closed.length === 0) return sums;
  const next = [...sums];
  for (const { slot, value } of closed) {
    const until = (newestAnchor(plan, slot) + 1) * GRID.length;
    while (next.length < until) next.push(0);
    for (let i = 0; i < until; i++) next[i] = (next[i] as number) + (value.gains[i % GRID.length] as number);
  }
  return next;
}

/** ln of the mixture over beginnings and sizes (statistics 7); beginnings still to come contribute their weight. */
function evidenceOf(plan: AnchorPlan, mixture: Mixture, { sums, open }: ControlState): number {
  const newestOpen = open.length === 0 ? -1 : newestAnchor(plan, (open.at(-1) as OpenInterval<ArmInterval>).slot);
  const begun = Math.max(sums.length / GRID.length, newestOpen + 1);
  const openGains = GRID.map(() => 0);
  let unjoined = open.length - 1;
  for (let anchor = begun - 1; anchor >= 0; anchor--) {
    // Intervals still open count for every anchor up to their own: they join on the way back to the first.
    for (; unjoined >= 0; unjoined--) {
      const { slot, value } = open[unjoined] as OpenInterval<ArmInterval>;
      if (newestAnchor(plan, slot) < anchor) break;
      value.gains.forEach((gain, i) => (openGains[i] = (openGains[i] as number) + gain));
    }
    for (let i = 0; i < GRID.length; i++) {
      const at = anchor * GRID.length + i;
      mixture.terms[at] = (sums[at] ?? 0) + (openGains[i] as number);
    }
  }
  return mixture.evidence(begun);
}

function acceptableOf(kernel: ArmsKernel, intervals: OpenIntervals<ArmCounts>): number {
  return intervals.reduce((sum, { value }) => sum + kernel.acceptable(value), 0);
}
