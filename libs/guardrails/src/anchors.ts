import type { InstantMs } from '@parapet/kernel';
import { weightOf } from './combine.js';
import type { WatchedGuardrail, WatchSpec } from './watch-spec.js';

const ANCHOR_MS = 300_000;
/** A watch of days has its anchors further apart, so that the state stays small. */
const ANCHORS_MAX = 48;
/** How many intervals at least have to speak before a verdict: no single one may carry it (statistics 7, `minIntervals`). */
export const INTERVALS_MIN = 3;

/** When a degradation may have begun, and how much each beginning weighs; fixed before the first sample (statistics 7). */
export interface AnchorPlan {
  readonly startMs: InstantMs;
  readonly intervalMs: number;
  readonly latenessMs: number;
  readonly anchorMs: number;
  readonly count: number;
  /** ln w of each anchor. */
  readonly logWeights: readonly number[];
  /**
   * Evidence that the guardrail needs on its own, ln(1/α) + ln(1/w₀) + ln(1/weight); a test adds ln of the length of its grid, and
   * of the weight of each of its components.
   */
  readonly evidenceNeeded: number;
}

/** The anchors of a guardrail: every five minutes from the release on, over the planned length of the watch. */
export function planAnchors(spec: WatchSpec, watched: WatchedGuardrail): AnchorPlan {
  const { durationMs, falseRollbackRate } = spec.policy;
  const count = Math.min(ANCHORS_MAX, Math.max(1, Math.ceil(durationMs / ANCHOR_MS)));
  return shared(spec, {
    startMs: spec.startMs,
    intervalMs: watched.signal?.intervalMs ?? durationMs,
    latenessMs: watched.signal?.latenessMs ?? 0,
    anchorMs: Math.max(ANCHOR_MS, Math.ceil(durationMs / count)),
    count,
    logWeights: logWeightsOf(count),
    evidenceNeeded: -Math.log(falseRollbackRate) - Math.log(anchorWeight(0, count)) - Math.log(weightOf(spec, watched)),
  });
}

/** Most guardrails of a watch have the same anchors, and share them. */
const ANCHORS = new WeakMap<WatchSpec, AnchorPlan[]>();

function shared(spec: WatchSpec, made: AnchorPlan): AnchorPlan {
  const known = ANCHORS.get(spec) ?? [];
  ANCHORS.set(spec, known);
  const same = known.find(
    (one) =>
      one.intervalMs === made.intervalMs &&
      one.latenessMs === made.latenessMs &&
      one.evidenceNeeded === made.evidenceNeeded,
  );
  if (same === undefined) known.push(made);
  return same ?? made;
}

/** They depend on nothing but their number: thousands of watches share them. */
const LOG_WEIGHTS = new Map<number, readonly number[]>();

function logWeightsOf(count: number): readonly number[] {
  const known = LOG_WEIGHTS.get(count);
  if (known !== undefined) return known;
  const made = Array.from({ length: count }, (_, anchor) => Math.log(anchorWeight(anchor, count)));
  LOG_WEIGHTS.set(count, made);
  return made;
}

/** Half for the release itself, half shared by the later beginnings; all of it where there are none. */
function anchorWeight(anchor: number, count: number): number {
  if (count === 1) return 1;
  return anchor === 0 ? 0.5 : 0.5 / (count - 1);
}

/** The interval that an instant belongs to, counted from the release: the times `(start, start + interval]` are 0. */
export function slotOf(plan: AnchorPlan, atMs: InstantMs): number {
  return Math.ceil((atMs - plan.startMs) / plan.intervalMs) - 1;
}

/** The newest anchor that an interval counts for; it counts for all older ones as well. */
export function newestAnchor(plan: AnchorPlan, slot: number): number {
  return Math.min(plan.count - 1, Math.max(0, Math.floor((slot * plan.intervalMs) / plan.anchorMs)));
}
