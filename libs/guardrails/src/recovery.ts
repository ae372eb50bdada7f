import { type InstantMs, unreachable } from '@parapet/kernel';
import type { Observation } from '@parapet/signals';
import { firingEpisodes } from './alert-guardrail.js';
import type { GuardrailReport, RecoveryJudged } from './events.js';
import { judge, type Judged, PASS_BETA, reportOf, type Scene, troubleOf } from './judge.js';
import { toldOf } from './observe.js';
import type { PlannedGuardrail, WatchPlan } from './plan.js';
import type { GuardrailState, RecoveryState, TestedState, WatchState } from './state.js';
import type { Arm } from './tests/guardrail-test.js';
import type { WatchSpec } from './watch-spec.js';

/** Anchors in a row that have to find everything recovered (statistics 9, `clearWindows`). */
const CLEAR_ANCHORS = 3;
const ANCHOR_MS = 300_000;
/** A policy that allows little time for recovery looks more often, so that three anchors fit twice into it. */
const ANCHORS_WITHIN = 6;

/** Time between two looks at the recovery. */
export function recoveryAnchorMs(recoverWithinMs: number): number {
  return Math.min(ANCHOR_MS, recoverWithinMs / ANCHORS_WITHIN);
}

/** Begins to look for a recovery from an instant on. */
export function startRecovery(
  plan: WatchPlan,
  o: {
    readonly actuation: string | null;
    readonly isAfterRollback: boolean;
    readonly sinceMs: InstantMs;
    readonly clockMs: InstantMs;
  },
): RecoveryState {
  return {
    actuation: o.actuation,
    isAfterRollback: o.isAfterRollback,
    sinceMs: o.sinceMs,
    sinceClockMs: o.clockMs,
    acceptances: startAcceptances(plan),
    anchors: 0,
    clear: 0,
    isSaidRecovering: false,
    isDone: false,
  };
}

function startAcceptances(plan: WatchPlan): readonly unknown[] {
  return plan.guardrails.map(({ test }) => (test?.kind === 'statistical' ? test.startAcceptance() : null));
}

/** Counts what was observed since the rollback's end, or since the latest anchor, for one guardrail that has heard it already. */
export function countForRecovery(
  planned: PlannedGuardrail,
  i: number,
  recovery: RecoveryState,
  own: TestedState,
  arm: Arm,
  observation: Observation,
  isComparable: boolean,
): RecoveryState {
  const { test } = planned;
  if (test?.kind !== 'statistical' || observation.atMs <= recovery.sinceMs || !isComparable) return recovery;
  const told = toldOf(planned, own, arm, observation, isComparable);
  if (told === null) return recovery;
  const acceptances = [...recovery.acceptances];
  acceptances[i] = test.accept(acceptances[i], told);
  return { ...recovery, acceptances };
}

/** What looking at the recovery at an instant led to. */
export interface RecoveryStep {
  readonly recovery: RecoveryState | null;
  readonly said: readonly RecoveryJudged[];
}

/**
 * Looks at the recovery. After a rollback everything since its end counts; while nobody has decided, only what came since the
 * latest anchor. `recovered` and `not-recovered` are its ends; a proposal that got worse again is said to be no longer recovering.
 */
export function judgeRecovery(scene: Scene, recovery: RecoveryState, judged: readonly Judged[]): RecoveryStep {
  if (recovery.isDone) return { recovery, said: [] };
  const { spec, plan, state, clockMs } = scene;
  const guilty = guiltyOf(spec, state);
  const isClear = guilty.every((i) => hasRecovered(scene, recovery, i)) && !isAnythingFiring(scene);
  const reports = () => guilty.map((i) => reportOf(scene, i, judged[i] ?? judge(scene, i), false));
  const said: RecoveryJudged[] = [];
  let next = recovery;
  if (isClear && !next.isSaidRecovering) {
    next = { ...next, isSaidRecovering: true };
    said.push(saying(next, 'recovering', reports()));
  }

  const anchorMs = recoveryAnchorMs(spec.policy.recoverWithinMs);
  const anchors = Math.floor((clockMs - next.sinceClockMs) / anchorMs);
  if (anchors > next.anchors) {
    const clear = isClear ? next.clear + 1 : 0;
    next = { ...next, anchors, clear };
    if (clear >= CLEAR_ANCHORS) {
      said.push(saying(next, 'recovered', reports()));
      return { recovery: next.isAfterRollback ? null : { ...next, isDone: true }, said };
    }
    if (!next.isAfterRollback) {
      const isWorseAgain = !isClear && next.isSaidRecovering;
      if (isWorseAgain) said.push(saying(next, 'not-recovered', reports()));
      next = {
        ...next,
        isSaidRecovering: isClear,
        acceptances: startAcceptances(plan),
        sinceMs: newestOf(state, next.sinceMs),
      };
    }
  }
  const isTooLate = next.isAfterRollback && clockMs - next.sinceClockMs >= spec.policy.recoverWithinMs;
  return isTooLate
    ? { recovery: null, said: [...said, saying(next, 'not-recovered', reports())] }
    : { recovery: next, said };
}

/** The guardrails that have to recover: those that were in breach; of a release that broke none, all that are required. */
export function guiltyOf(spec: WatchSpec, state: WatchState): readonly number[] {
  const breached = state.failure?.breached ?? [];
  const indices = spec.guardrails.map((_, i) => i);
  const guilty = indices.filter((i) => breached.includes(spec.guardrails[i]?.guardrail.name ?? ''));
  return guilty.length > 0 ? guilty : indices.filter((i) => spec.guardrails[i]?.guardrail.isRequired === true);
}

function hasRecovered(scene: Scene, recovery: RecoveryState, i: number): boolean {
  const planned = scene.plan.guardrails[i] as PlannedGuardrail;
  const own = scene.state.guardrails[i] as GuardrailState;
  if (own.kind === 'alerts') {
    const { view, aside } = own.alerts;
    const isKnown = view !== null && view.sources === 'alive' && !view.isIncomplete;
    return isKnown && view.episodes.every((e) => Object.hasOwn(aside, e.alert));
  }
  const { test } = planned;
  if (test === null || troubleOf(scene, planned, own) !== null) return false;
  switch (test.kind) {
    case 'statistical':
      return test.acceptance(recovery.acceptances[i]) >= -Math.log(PASS_BETA);
    case 'rule': {
      const isMeasuredSince = own.presence.newestAtMs > recovery.sinceMs;
      const isInOrder = !test.isFiring(own.run, scene.clockMs) && !test.isPending(own.run, scene.clockMs);
      return isMeasuredSince && isInOrder && test.lacks(own.run, scene.clockMs) === null;
    }
    default:
      return unreachable(test);
  }
}

function isAnythingFiring({ plan, state, clockMs }: Scene): boolean {
  return plan.guardrails.some(({ isCounted, test, watched }, i) => {
    if (!isCounted) return false;
    const own = state.guardrails[i] as GuardrailState;
    if (own.kind === 'tested') return test?.kind === 'rule' && test.isFiring(own.run, clockMs);
    const rule = watched.guardrail.test;
    return rule.kind === 'alerts' && firingEpisodes(rule, own.alerts, clockMs).length > 0;
  });
}

/** The newest value seen: what comes next belongs to the next anchor. */
function newestOf(state: WatchState, atLeastMs: InstantMs): InstantMs {
  const newest = state.guardrails.flatMap((g) => (g.kind === 'alerts' ? [] : [g.presence.newestAtMs]));
  return Math.max(atLeastMs, ...newest);
}

function saying(
  recovery: RecoveryState,
  outcome: RecoveryJudged['outcome'],
  guardrails: readonly GuardrailReport[],
): RecoveryJudged {
  return {
    type: 'RecoveryJudged',
    outcome,
    ...(recovery.actuation === null ? {} : { actuation: recovery.actuation }),
    guardrails,
  };
}
