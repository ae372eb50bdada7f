import type { InstantMs } from '@parapet/kernel';
import type { Observation } from '@parapet/signals';
import { firingEpisodes } from './alert-guardrail.js';
import type { GuardrailReport, RecoveryJudged } from './events.js';
import { type Judged, PASS_BETA } from './judge.js';
import { countsFor, kernelOf } from './kernel-of.js';
import { presenceTrouble } from './presence.js';
import type { GuardrailState, RecoveryState, WatchState } from './state.js';
import type { WatchedGuardrail, WatchSpec } from './watch-spec.js';

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
  spec: WatchSpec,
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
    totals: zeroes(spec),
    anchors: 0,
    clear: 0,
    isSaidRecovering: false,
    isDone: false,
  };
}

/** Counts what was observed since the rollback's end, or since the latest anchor. */
export function countForRecovery(
  spec: WatchSpec,
  recovery: RecoveryState,
  watched: readonly number[],
  observation: Observation,
): RecoveryState {
  if (observation.value.kind !== 'count' || observation.atMs <= recovery.sinceMs) return recovery;
  const { count, of } = observation.value;
  const totals = recovery.totals.map((total, i) => {
    if (!watched.includes(i)) return total;
    const added = countsFor(spec.guardrails[i] as WatchedGuardrail, count, of);
    return { events: total.events + added.events, exposure: total.exposure + added.exposure };
  });
  return { ...recovery, totals };
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
export function judgeRecovery(
  spec: WatchSpec,
  state: WatchState,
  recovery: RecoveryState,
  judged: readonly Judged[],
  clockMs: InstantMs,
): RecoveryStep {
  if (recovery.isDone) return { recovery, said: [] };
  const guilty = guiltyOf(spec, state);
  const isClear =
    guilty.every((i) => hasRecovered(spec, state, recovery, i, clockMs)) && !isAnythingFiring(spec, state, clockMs);
  const reports = guilty.map((i) => (judged[i] as Judged).report);
  const said: RecoveryJudged[] = [];
  let next = recovery;
  if (isClear && !next.isSaidRecovering) {
    next = { ...next, isSaidRecovering: true };
    said.push(saying(next, 'recovering', reports));
  }

  const anchorMs = recoveryAnchorMs(spec.policy.recoverWithinMs);
  const anchors = Math.floor((clockMs - next.sinceClockMs) / anchorMs);
  if (anchors > next.anchors) {
    const clear = isClear ? next.clear + 1 : 0;
    next = { ...next, anchors, clear };
    if (clear >= CLEAR_ANCHORS) {
      said.push(saying(next, 'recovered', reports));
      return { recovery: next.isAfterRollback ? null : { ...next, isDone: true }, said };
    }
    if (!next.isAfterRollback) {
      const isWorseAgain = !isClear && next.isSaidRecovering;
      if (isWorseAgain) said.push(saying(next, 'not-recovered', reports));
      next = { ...next, isSaidRecovering: isClear, totals: zeroes(spec), sinceMs: newestOf(state, next.sinceMs) };
    }
  }
  const isTooLate = next.isAfterRollback && clockMs - next.sinceClockMs >= spec.policy.recoverWithinMs;
  return isTooLate
    ? { recovery: null, said: [...said, saying(next, 'not-recovered', reports)] }
    : { recovery: next, said };
}

/** The guardrails that have to recover: those that were in breach; of a release that broke none, all that are required. */
export function guiltyOf(spec: WatchSpec, state: WatchState): readonly number[] {
  const breached = state.failure?.breached ?? [];
  const indices = spec.guardrails.map((_, i) => i);
  const guilty = indices.filter((i) => breached.includes((spec.guardrails[i] as WatchedGuardrail).guardrail.name));
  return guilty.length > 0
    ? guilty
    : indices.filter((i) => (spec.guardrails[i] as WatchedGuardrail).guardrail.isRequired);
}

function hasRecovered(
  spec: WatchSpec,
  state: WatchState,
  recovery: RecoveryState,
  i: number,
  clockMs: InstantMs,
): boolean {
  const watched = spec.guardrails[i] as WatchedGuardrail;
  const own = state.guardrails[i] as GuardrailState;
  switch (own.kind) {
    case 'counts': {
      const kernel = kernelOf(watched);
      const total = recovery.totals[i] as { readonly events: number; readonly exposure: number };
      const isFresh = presenceTrouble(spec, watched, own.presence, clockMs) === null;
      return isFresh && kernel !== null && kernel.acceptable(total.events, total.exposure) >= Math.log(1 / PASS_BETA);
    }
    case 'threshold': {
      const isFresh = presenceTrouble(spec, watched, own.presence, clockMs) === null;
      const isMeasuredSince = own.presence.newestAtMs !== null && own.presence.newestAtMs > recovery.sinceMs;
      return isFresh && isMeasuredSince && Object.values(own.series).every((s) => s.kind === 'ok');
    }
    case 'alerts': {
      const { view, aside } = own.alerts;
      const isKnown = view !== null && view.sources === 'alive' && !view.isIncomplete;
      return isKnown && view.episodes.every((e) => Object.hasOwn(aside, e.alert));
    }
  }
}

function isAnythingFiring(spec: WatchSpec, state: WatchState, clockMs: InstantMs): boolean {
  return spec.guardrails.some(({ guardrail }, i) => {
    if (guardrail.mode === 'observe') return false;
    const own = state.guardrails[i] as GuardrailState;
    if (own.kind === 'threshold') return Object.values(own.series).some((s) => s.kind === 'firing');
    if (own.kind !== 'alerts' || guardrail.test.kind !== 'alerts') return false;
    return firingEpisodes(guardrail.test, own.alerts, clockMs).length > 0;
  });
}

/** The newest value seen: what comes next belongs to the next anchor. */
function newestOf(state: WatchState, atLeastMs: InstantMs): InstantMs {
  const newest = state.guardrails.flatMap((g) => (g.kind === 'alerts' ? [] : [g.presence.newestAtMs ?? atLeastMs]));
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

function zeroes(spec: WatchSpec): RecoveryState['totals'] {
  return spec.guardrails.map(() => ({ events: 0, exposure: 0 }));
}
