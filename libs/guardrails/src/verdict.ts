import { attribute } from './attribute.js';
import { combine, type Contribution } from './combine.js';
import type { Attribution, GuardrailReport, InconclusiveReason, VerdictKind } from './events.js';
import type { Mode } from './guardrail.js';
import { evidenceOf, isSuspect, judge, type Judged, lacksOf, reportOf, type Scene } from './judge.js';
import type { PlannedGuardrail } from './plan.js';
import type { Failure, GuardrailState } from './state.js';

/** Every guardrail as it stands. */
export function judgeAll(scene: Scene): readonly Judged[] {
  return scene.plan.guardrails.map((_, i) => judge(scene, i));
}

/** What the evidence led to: a failure, or why what got worse is not put down to this release; null for neither. */
export interface Latched {
  readonly failure: Failure | null;
  readonly refusal: Attribution | null;
}

const NOTHING: Latched = { failure: null, refusal: null };

/**
 * The failure with what is added to it: once there, it stays; it may come to support more, and more guardrails may break. Only
 * what is this release's doing counts: what cannot be put down to it is looked at again with every input.
 */
export function latch(scene: Scene, judged: readonly Judged[]): Latched {
  const { state, plan, clockMs } = scene;
  const { failure, refusal, phase } = state;
  const isWatched = phase === 'deploying' || phase === 'live' || phase === 'failed';
  // What is final is said once; nothing is added to it.
  if (!isWatched || state.isFinal) return { failure, refusal };
  if (failure === null && refusal === null && !mayBeDegraded(scene, judged)) return NOTHING;
  const contributions = contributionsOf(scene, judged);
  const degraded = combine(contributions, plan.enough);
  // Once it has failed, only what makes more of it is looked at again.
  const isNews = degraded !== null && (failure === null || (failure.mode === 'propose' && degraded.mode === 'act'));
  const attributed = isNews ? attribute(scene, contributions, degraded) : null;
  const ours = attributed === null ? degraded : attributed.degraded;
  const inBreach = () =>
    plan.guardrails.flatMap(({ isCounted, watched }, i) =>
      isCounted && (judged[i] as Judged).isBreach ? [watched.guardrail.name] : [],
    );
  if (failure === null) {
    if (degraded === null) return { failure, refusal: null };
    const attribution = attributed?.attribution ?? null;
    const [leader] = ours?.guilty ?? [];
    if (ours === null || leader === undefined) return { failure, refusal: sameOr(refusal, attribution) };
    const { mode, guilty } = ours;
    const breached = [...new Set([leader, ...inBreach()])];
    return { failure: { sinceMs: clockMs, mode, leader, breached, guilty, attribution }, refusal: null };
  }
  const mode = failure.mode === 'act' || ours?.mode === 'act' ? 'act' : 'propose';
  const breached = [...new Set([...failure.breached, ...inBreach()])];
  const isSame = mode === failure.mode && breached.length === failure.breached.length;
  return { failure: isSame ? failure : { ...failure, mode, breached }, refusal: null };
}

/** Whether it is worth looking closer: together they have at most as much as all would have if each were as strong as the strongest. */
function mayBeDegraded({ plan, state }: Scene, judged: readonly Judged[]): boolean {
  const bar = plan.enough - Math.log(Math.max(1, judged.length));
  for (let i = 0; i < judged.length; i++) {
    if ((judged[i] as Judged).isFiring) return true;
    const evidence = evidenceOf(plan.guardrails[i] as PlannedGuardrail, state.guardrails[i] as GuardrailState);
    if (evidence !== null && evidence + (plan.guardrails[i] as PlannedGuardrail).logWeight >= bar) return true;
  }
  return false;
}

/** What is said again word for word is no news. */
function sameOr(before: Attribution | null, after: Attribution | null): Attribution | null {
  return JSON.stringify(before) === JSON.stringify(after) ? before : after;
}

function contributionsOf({ plan, state }: Scene, judged: readonly Judged[]): readonly Contribution[] {
  return plan.guardrails.map((planned, i) => {
    const { watched, logWeight } = planned;
    const { name, mode } = watched.guardrail;
    const evidence = evidenceOf(planned, state.guardrails[i] as GuardrailState);
    return { name, mode, evidence, logWeight, isFiring: (judged[i] as Judged).isFiring };
  });
}

/** What is to be said of a release at an instant. */
export interface Verdict {
  readonly to: VerdictKind;
  readonly mode: Mode;
  readonly reason: InconclusiveReason | null;
  readonly isFinal: boolean;
  /** The time to earn a pass is over. */
  readonly isEnd: boolean;
}

/** What all judgements together say of the release: a pass is earned, a failure stays, and the rest is a reason. */
export function verdictOf(scene: Scene, judged: readonly Judged[]): Verdict {
  const { spec, plan, state, clockMs } = scene;
  const endsAtMs = state.liveAtMs === null ? null : state.liveAtMs + spec.policy.durationMs;
  const isEnd = endsAtMs !== null && clockMs >= endsAtMs;
  const isEnded = state.phase === 'superseded' || state.phase === 'rolled-back' || state.phase === 'finished';
  if (state.failure !== null) {
    return { to: 'fail', mode: state.failure.mode, reason: null, isFinal: isEnd || isEnded, isEnd };
  }
  const isRequired = (i: number) => (plan.guardrails[i] as PlannedGuardrail).watched.guardrail.isRequired;
  const troubled = judged.find((j, i) => !j.isBreach && j.trouble !== null && isRequired(i));
  const doubt = state.refusal === null ? (troubled?.trouble ?? null) : 'not-attributed';
  if (isEnded) return { to: 'inconclusive', mode: 'observe', reason: doubt ?? 'coverage', isFinal: true, isEnd: true };
  if (isEnd) {
    const obstacle = doubt ?? obstacleOf(scene, judged) ?? (state.phase === 'live' ? null : 'coverage');
    if (obstacle === null) return { to: 'pass', mode: 'observe', reason: null, isFinal: true, isEnd };
    const isExtensionOver = clockMs >= endsAtMs + spec.policy.extendMs;
    return { to: 'inconclusive', mode: 'observe', reason: obstacle, isFinal: isExtensionOver, isEnd };
  }
  if (doubt !== null) return { to: 'inconclusive', mode: 'observe', reason: doubt, isFinal: false, isEnd };
  return { to: 'pending', mode: 'observe', reason: null, isFinal: false, isEnd };
}

/** What stands in the way of a pass: every required guardrail has to have earned it, and none may show signs of a degradation. */
function obstacleOf(scene: Scene, judged: readonly Judged[]): InconclusiveReason | null {
  for (let i = 0; i < judged.length; i++) {
    const { watched } = scene.plan.guardrails[i] as PlannedGuardrail;
    const lacks = watched.guardrail.isRequired ? lacksOf(scene, i, judged[i] as Judged) : null;
    if (lacks !== null) return lacks;
  }
  const isAnySuspect = scene.plan.guardrails.some(
    ({ isCounted }, i) => isCounted && !(judged[i] as Judged).isBreach && isSuspect(scene, i),
  );
  return isAnySuspect ? 'suspect' : null;
}

/** Every guardrail's judgement, in words. */
export function reportsOf(scene: Scene): readonly GuardrailReport[] {
  const judged = judgeAll(scene);
  const { isEnd } = verdictOf(scene, judged);
  return judged.map((one, i) => reportOf(scene, i, one, isEnd));
}
