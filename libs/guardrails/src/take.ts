import { type InstantMs, unreachable } from '@parapet/kernel';
import type { Observation } from '@parapet/signals';
import { isWitness, surround, witness } from './attribution/index.js';
import { armOf, observeGuardrail, observeView } from './observe.js';
import { type PlannedGuardrail, planWatch, type WatchPlan } from './plan.js';
import { countForRecovery, startRecovery } from './recovery.js';
import type { GuardrailState, WatchState } from './state.js';
import { hearVolume, isComparable, type VolumeState } from './volume.js';
import type { WatchedVolume, WatchInput, WatchSpec } from './watch-spec.js';

/** Whether an input can change anything of this watch; those that cannot need not be kept as evidence. */
export function isConcerned(spec: WatchSpec, input: WatchInput): boolean {
  if (input.kind !== 'observation') return true;
  const { observation } = input;
  const plan = planWatch(spec);
  const route = plan.routes.get(observation.signal);
  if (route === undefined || observation.atMs <= spec.startMs) return false;
  return (
    route.volumes.length > 0 ||
    route.guardrails.some((i) => {
      const planned = plan.guardrails[i] as PlannedGuardrail;
      return armOf(spec, planned, observation) !== null || isWitness(planned.scrutiny, observation);
    })
  );
}

/** The state after an input, its clock included, before anything is judged; the one before is taken over. */
export function take(
  spec: WatchSpec,
  plan: WatchPlan,
  before: WatchState,
  input: WatchInput,
  clockMs: InstantMs,
): WatchState {
  if (input.kind === 'observation') return observe(spec, plan, before, input.observation, clockMs);
  const state: WatchState = { ...before, clockMs };
  switch (input.kind) {
    case 'alerts': {
      const guardrails = state.guardrails.map((own, i) => {
        const planned = plan.guardrails[i] as PlannedGuardrail;
        const { name } = planned.watched.guardrail;
        const view = Object.hasOwn(input.views, name) ? input.views[name] : undefined;
        return view === undefined ? own : observeView(spec, planned, own, view, clockMs);
      });
      return { ...state, guardrails };
    }
    case 'phase':
      return takePhase(plan, state, input, clockMs);
    case 'rollback-done': {
      const recovery = startRecovery(plan, {
        actuation: input.actuation,
        isAfterRollback: true,
        sinceMs: Math.min(input.atMs, clockMs),
        clockMs,
      });
      return { ...state, phase: 'rolled-back', recovery };
    }
    case 'surroundings':
      return { ...state, attribution: surround(spec, state.attribution, input.releases) };
    case 'tick':
      return state;
    default:
      return unreachable(input);
  }
}

/** Takes an observation into the volumes and guardrails that it concerns, in place. */
function observe(
  spec: WatchSpec,
  plan: WatchPlan,
  state: WatchState,
  observation: Observation,
  clockMs: InstantMs,
): WatchState {
  const route = plan.routes.get(observation.signal);
  state.clockMs = clockMs;
  if (route === undefined || observation.atMs <= spec.startMs) return state;
  if (route.volumes.length > 0) {
    state.volumes = state.volumes.map((volume, i) =>
      route.volumes.includes(i) ? hearVolume(spec.volumes[i] as WatchedVolume, volume, observation, clockMs) : volume,
    );
  }
  for (const i of route.guardrails) {
    const planned = plan.guardrails[i] as PlannedGuardrail;
    witness(planned.scrutiny, state.attribution, i, observation);
    const own = state.guardrails[i] as GuardrailState;
    const arm = armOf(spec, planned, observation);
    if (arm === null || own.kind !== 'tested') continue;
    const isLikeBefore = isLoadComparable(spec, planned, state.volumes, clockMs);
    observeGuardrail(planned, own, arm, observation, clockMs, isLikeBefore);
    if (state.recovery !== null) {
      state.recovery = countForRecovery(planned, i, state.recovery, own, arm, observation, isLikeBefore);
    }
  }
  return state;
}

function isLoadComparable(
  spec: WatchSpec,
  planned: PlannedGuardrail,
  volumes: readonly VolumeState[],
  clockMs: InstantMs,
): boolean {
  const { volume, usual } = planned;
  if (volume === null || usual.length === 0) return true;
  const own = spec.volumes[volume] as WatchedVolume;
  return isComparable(own, volumes[volume] as VolumeState, usual, spec.startMs, clockMs);
}

function takePhase(
  plan: WatchPlan,
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
        recovery: startRecovery(plan, { actuation: null, isAfterRollback: true, sinceMs, clockMs }),
      };
    }
    default:
      return unreachable(phase);
  }
}
