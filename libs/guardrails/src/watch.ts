import { formatInstant, type InstantMs, unreachable } from '@parapet/kernel';
import type { GuardrailReport, RecoveryJudged, VerdictChanged } from './events.js';
import { atTheEnd, type Judged } from './judge.js';
import { concerns, observeGuardrail, observeView, startGuardrail } from './observe.js';
import { countForRecovery, guiltyOf, judgeRecovery, startRecovery } from './recovery.js';
import type { WatchState } from './state.js';
import { judgeAll, latch, verdictOf } from './verdict.js';
import type { WatchedGuardrail, WatchInput, WatchSpec } from './watch-spec.js';

/** What a watch says; where the evidence is kept is added by whoever keeps it. */
export type WatchEvent = Omit<VerdictChanged, 'evidence'> | RecoveryJudged;

/** A step of a watch: where it stands now, what it said, and how each guardrail stands. */
export interface WatchStep {
  readonly state: WatchState;
  readonly said: readonly WatchEvent[];
  readonly guardrails: readonly GuardrailReport[];
}

/** A failed release that nobody decides on is not watched for ever. */
const UNATTENDED_MS = 7 * 24 * 3_600_000;

/** A watch as it begins: the release starts to change something. */
export function startWatch(spec: WatchSpec): WatchState {
  return {
    clockMs: spec.startMs,
    phase: 'deploying',
    liveAtMs: null,
    guardrails: spec.guardrails.map((watched) => startGuardrail(spec, watched)),
    failure: null,
    verdict: 'pending',
    sinceMs: spec.startMs,
    mode: 'observe',
    reason: null,
    isFinal: false,
    recovery: null,
    isOver: false,
  };
}

/** Takes one input and says what follows. Only inputs decide: the same ones in the same order give the same words, always. */
export function step(spec: WatchSpec, state: WatchState, input: WatchInput): WatchStep {
  if (state.isOver) return { state, said: [], guardrails: [] };
  const clockMs = Math.max(state.clockMs, input.clockMs);
  return settle(spec, take(spec, { ...state, clockMs }, input, clockMs), clockMs);
}

/** Whether an input can change anything of this watch; those that cannot need not be kept as evidence. */
export function isConcerned(spec: WatchSpec, input: WatchInput): boolean {
  return input.kind !== 'observation' || spec.guardrails.some((watched) => concerns(spec, watched, input.observation));
}

function take(spec: WatchSpec, state: WatchState, input: WatchInput, clockMs: InstantMs): WatchState {
  switch (input.kind) {
    case 'observation': {
      const { observation } = input;
      const concerned = spec.guardrails.flatMap((watched, i) => (concerns(spec, watched, observation) ? [i] : []));
      if (concerned.length === 0) return state;
      const guardrails = state.guardrails.map((own, i) =>
        concerned.includes(i)
          ? observeGuardrail(spec, spec.guardrails[i] as WatchedGuardrail, own, observation, clockMs)
          : own,
      );
      const recovery = state.recovery === null ? null : countForRecovery(spec, state.recovery, concerned, observation);
      return { ...state, guardrails, recovery };
    }
    case 'alerts': {
      const guardrails = state.guardrails.map((own, i) => {
        const watched = spec.guardrails[i] as WatchedGuardrail;
        const view = Object.hasOwn(input.views, watched.guardrail.name)
          ? input.views[watched.guardrail.name]
          : undefined;
        return view === undefined ? own : observeView(spec, watched, own, view, clockMs);
      });
      return { ...state, guardrails };
    }
    case 'phase':
      return takePhase(spec, state, input, clockMs);
    case 'rollback-done': {
      const recovery = startRecovery(spec, {
        actuation: input.actuation,
        isAfterRollback: true,
        sinceMs: Math.min(input.atMs, clockMs),
        clockMs,
      });
      return { ...state, phase: 'rolled-back', recovery };
    }
    case 'surroundings':
    case 'tick':
      return state;
    default:
      return unreachable(input);
  }
}

function takePhase(
  spec: WatchSpec,
  state: WatchState,
  input: Extract<WatchInput, { kind: 'phase' }>,
  clockMs: InstantMs,
): WatchState {
  const { phase } = input;
  switch (phase) {
    case 'deploying':
      return state.phase === 'rolled-back' ? state : { ...state, phase };
    case 'live':
      return { ...state, phase, liveAtMs: state.liveAtMs ?? clockMs };
    case 'failed':
      // What was half deployed is watched as long as what was deployed, and never passes.
      return { ...state, phase, liveAtMs: state.liveAtMs ?? clockMs };
    case 'superseded':
    case 'finished':
      return { ...state, phase };
    case 'rolled-back': {
      // An actuation of ours has already begun the recovery; a rollback from outside begins it here.
      if (state.recovery?.isAfterRollback === true) return { ...state, phase };
      const sinceMs = Math.min(input.atMs, clockMs);
      return {
        ...state,
        phase,
        recovery: startRecovery(spec, { actuation: null, isAfterRollback: true, sinceMs, clockMs }),
      };
    }
    default:
      return unreachable(phase);
  }
}

/** Judges everything as it stands and says what changed. */
function settle(spec: WatchSpec, taken: WatchState, clockMs: InstantMs): WatchStep {
  const judged = judgeAll(spec, taken, clockMs);
  const failure = latch(spec, taken, judged, clockMs);
  const state: WatchState = failure === taken.failure ? taken : { ...taken, failure };
  const seen = failure === taken.failure ? judged : judgeAll(spec, state, clockMs);
  const verdict = verdictOf(spec, state, seen, clockMs);
  const reports = (verdict.isEnd ? seen.map(atTheEnd) : seen).map((j) => j.report);

  const said: WatchEvent[] = [];
  let next = state;
  if (!state.isFinal) {
    const hasChanged = verdict.to !== state.verdict || verdict.mode !== state.mode || verdict.isFinal;
    if (hasChanged) {
      const sinceMs = verdict.to === state.verdict ? state.sinceMs : clockMs;
      next = {
        ...state,
        verdict: verdict.to,
        mode: verdict.mode,
        reason: verdict.reason,
        isFinal: verdict.isFinal,
        sinceMs,
      };
      said.push(changed(spec, state, next, reports));
    } else if (verdict.reason !== state.reason) next = { ...state, reason: verdict.reason };
  }
  const recovered = recover(spec, next, seen, clockMs);
  said.push(...recovered.said);
  return { state: { ...recovered.state, isOver: isOver(spec, recovered.state, clockMs) }, said, guardrails: reports };
}

function changed(
  spec: WatchSpec,
  before: WatchState,
  after: WatchState,
  guardrails: readonly GuardrailReport[],
): WatchEvent {
  const required = guardrails.filter((_, i) => spec.guardrails[i]?.guardrail.isRequired);
  return {
    type: 'VerdictChanged',
    from: before.verdict,
    to: after.verdict,
    final: after.isFinal,
    ...(after.reason === null ? {} : { reason: after.reason }),
    mode: after.mode,
    since: formatInstant(after.sinceMs),
    coverage: {
      judged: required.filter((r) => r.verdict === 'pass' || r.verdict === 'breach').length,
      required: required.length,
    },
    guardrails,
  };
}

/** Looks for a recovery: after a rollback, or while a failed release waits for somebody to decide. */
function recover(
  spec: WatchSpec,
  state: WatchState,
  judged: readonly Judged[],
  clockMs: InstantMs,
): { readonly state: WatchState; readonly said: readonly RecoveryJudged[] } {
  if (state.recovery === null) {
    const isWaiting =
      state.failure !== null &&
      state.phase !== 'rolled-back' &&
      state.phase !== 'superseded' &&
      state.phase !== 'finished';
    if (!isWaiting) return { state, said: [] };
    const recovery = startRecovery(spec, { actuation: null, isAfterRollback: false, sinceMs: clockMs, clockMs });
    return { state: { ...state, recovery }, said: [] };
  }
  const { recovery, said } = judgeRecovery(spec, state, state.recovery, judged, clockMs);
  return { state: { ...state, recovery }, said };
}

function isOver(spec: WatchSpec, state: WatchState, clockMs: InstantMs): boolean {
  if (state.phase === 'superseded' || state.phase === 'finished') return true;
  if (state.phase === 'rolled-back') return state.recovery === null;
  if (state.verdict !== 'fail') return state.isFinal;
  return clockMs >= (state.liveAtMs ?? spec.startMs) + spec.policy.durationMs + spec.policy.extendMs + UNATTENDED_MS;
}

/** The guardrails whose recovery a watch waits for; empty where it waits for none. */
export function awaitedRecovery(spec: WatchSpec, state: WatchState): readonly string[] {
  return state.recovery === null
    ? []
    : guiltyOf(spec, state).map((i) => (spec.guardrails[i] as WatchedGuardrail).guardrail.name);
}
