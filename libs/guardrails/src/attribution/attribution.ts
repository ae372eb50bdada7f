import type { InstantMs } from '@parapet/kernel';
import type { Observation } from '@parapet/signals';
import type { Attribution } from '../events.js';
import type { NearbyRelease, WatchSpec } from '../watch-spec.js';
import { type Assessment, isUsualAtThisTime, nearest, scrutiniesOf } from './assess.js';
import { divideTrace, observeTrace, startTrace } from './course.js';
import type { AttributionState } from './state.js';
import { attributionWords, noticedWords } from './words.js';

/** Nothing seen yet. */
export function startAttribution(spec: WatchSpec): AttributionState {
  return {
    traces: scrutiniesOf(spec).map(({ lens }) => startTrace(lens, spec.startMs)),
    nearby: null,
    nearbyLeftOut: 0,
  };
}

/** Whether attribution counts an observation of a guardrail, be it of something that did not get the release. */
export function isWitness(spec: WatchSpec, index: number, observation: Observation): boolean {
  const scrutiny = scrutiniesOf(spec)[index];
  return (
    scrutiny !== undefined &&
    scrutiny.lens !== null &&
    spec.guardrails[index]?.guardrail.signal === observation.signal &&
    observation.atMs > spec.startMs &&
    scrutiny.membershipOf(observation.dimensions) !== null
  );
}

/** Takes one observation in, for the guardrail with this index. */
export function witness(
  spec: WatchSpec,
  state: AttributionState,
  index: number,
  observation: Observation,
): AttributionState {
  const scrutiny = scrutiniesOf(spec)[index];
  const trace = state.traces[index];
  if (scrutiny === undefined || trace === undefined || scrutiny.lens === null) return state;
  if (observation.atMs <= spec.startMs) return state;
  const membership = scrutiny.membershipOf(observation.dimensions);
  const tally = membership === null ? null : scrutiny.lens.read(observation);
  if (membership === null || tally === null) return state;
  const { lens, anchors } = scrutiny;
  const next = observeTrace(lens, anchors, trace, observation.atMs, membership, tally);
  return { ...state, traces: state.traces.with(index, next) };
}

/** Takes in which other releases are in flight; the beginning of each divides the time, so that before and after are told apart. */
export function surround(state: AttributionState, releases: readonly NearbyRelease[]): AttributionState {
  const kept = nearest(releases);
  const known = new Set((state.nearby ?? []).map(({ startMs }) => startMs));
  const begun = kept.nearby.map(({ startMs }) => startMs).filter((startMs) => !known.has(startMs));
  const traces =
    begun.length === 0
      ? state.traces
      : state.traces.map((trace) => begun.reduce<typeof trace>((t, atMs: InstantMs) => divideTrace(t, atMs), trace));
  return { ...state, ...kept, traces };
}

/**
 * The attribution of a release, from the assessments of its symptoms, strongest first. What this release is blamed for leads it;
 * where it is blamed for nothing, the strongest symptom does.
 */
export function attributionOf(
  spec: WatchSpec,
  state: AttributionState,
  assessments: readonly Assessment[],
): Attribution | null {
  const lead = assessments.find(({ isOurs }) => isOurs) ?? assessments[0];
  return lead === undefined ? null : attributionWords(spec, state, assessments, lead);
}

/** What is worth saying of a release that is not degraded: something looks worse than before it, as it does at this time of any day. */
export function noticed(spec: WatchSpec, state: AttributionState): Attribution | null {
  const indexes = spec.guardrails.flatMap((_, i) => (isUsualAtThisTime(spec, state, i) ? [i] : []));
  return indexes.length === 0 ? null : noticedWords(spec, state, indexes);
}
