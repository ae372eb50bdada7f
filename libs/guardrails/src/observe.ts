import type { InstantMs } from '@parapet/kernel';
import type { Observation } from '@parapet/signals';
import { type AlertView, NO_VIEW, observeAlerts } from './alert-guardrail.js';
import { cover, NOTHING_COVERED } from './coverage.js';
import { isSettling, type PlannedGuardrail } from './plan.js';
import { absent, closed, heard, missed, type Presence } from './presence.js';
import type { GuardrailState, TestedState } from './state.js';
import type { Arm, Told } from './tests/guardrail-test.js';
import type { WatchSpec } from './watch-spec.js';

/** A guardrail before anything was observed. */
export function startGuardrail(planned: PlannedGuardrail): GuardrailState {
  const { test } = planned;
  if (test === null) return { kind: 'alerts', alerts: NO_VIEW };
  const run = test.start();
  return {
    kind: 'tested',
    presence: absent(),
    controlPresence: planned.hasControl ? absent() : null,
    run,
    evidence: test.kind === 'statistical' ? test.evidence(run) : 0,
    acceptance: test.kind === 'statistical' ? test.startAcceptance() : null,
    unlike: null,
  };
}

/** The arm of a guardrail that an observation is of; null where it is no concern of it, or from before the watch. */
export function armOf(spec: WatchSpec, planned: PlannedGuardrail, observation: Observation): Arm | null {
  return observation.atMs > spec.startMs ? planned.armOf(observation.dimensions) : null;
}

/** What a test is told of one observation, once it is heard; null where it is not told of it. */
export function toldOf(
  planned: PlannedGuardrail,
  state: TestedState,
  arm: Arm,
  observation: Observation,
  isComparable: boolean,
): Told | null {
  const { value, atMs } = observation;
  if (value.kind === 'gap') return null;
  if (atMs <= planned.settlesAtMs && isSettling(planned, value)) return null;
  const newestAtMs = Math.max(atMs, state.presence.newestAtMs, state.controlPresence?.newestAtMs ?? atMs);
  return { arm, observation, newestAtMs, isComparable };
}

/** Takes one observation into a guardrail that it concerns, in place. */
export function observeGuardrail(
  planned: PlannedGuardrail,
  state: TestedState,
  arm: Arm,
  observation: Observation,
  clockMs: InstantMs,
  isComparable: boolean,
): void {
  const { test } = planned;
  if (test === null || !planned.isDeclared) return;
  const { value } = observation;
  if (value.kind === 'gap') {
    const presence = presenceOf(state, arm);
    const { where } = planned.watched.guardrail;
    const after =
      value.reason === 'closed'
        ? closed(presence, observation, clockMs, planned.pace, where)
        : missed(presence, value.reason);
    return setPresence(state, arm, after);
  }
  const told = toldOf(planned, state, arm, observation, isComparable);
  const run = told === null ? state.run : test.observe(state.run, told);
  // A value of a form that the test cannot read, such as a histogram for a proportion: its sensor is not what was declared.
  if (run === null) return setPresence(state, arm, missed(presenceOf(state, arm), 'sensor-broken'));
  state.run = run;
  heard(presenceOf(state, arm), observation, clockMs, planned.pace, isComparable);
  if (told !== null && test.kind === 'statistical') {
    state.evidence = test.evidence(run);
    if (isComparable) state.acceptance = test.accept(state.acceptance, told);
  }
  if (arm === 'watched') state.unlike = unlikeAfter(planned, state, observation, isComparable);
}

function presenceOf(state: TestedState, arm: Arm): Presence {
  return arm === 'watched' ? state.presence : (state.controlPresence ?? absent());
}

function setPresence(state: TestedState, arm: Arm, presence: Presence): void {
  if (arm === 'watched') state.presence = presence;
  else state.controlPresence = presence;
}

function unlikeAfter(
  planned: PlannedGuardrail,
  { unlike }: TestedState,
  { fromMs, atMs }: Observation,
  isComparable: boolean,
): TestedState['unlike'] {
  if (isComparable) return unlike?.isNow === true ? { ...unlike, isNow: false } : unlike;
  return { covered: cover(unlike?.covered ?? NOTHING_COVERED, fromMs, atMs, planned.pace), isNow: true };
}

/** Takes a newer view of the alerts into an alert guardrail. */
export function observeView(
  spec: WatchSpec,
  planned: PlannedGuardrail,
  state: GuardrailState,
  view: AlertView,
  clockMs: InstantMs,
): GuardrailState {
  const { test } = planned.watched.guardrail;
  if (state.kind !== 'alerts' || test.kind !== 'alerts') return state;
  return { kind: 'alerts', alerts: observeAlerts(test, state.alerts, view, clockMs, spec.startMs) };
}
