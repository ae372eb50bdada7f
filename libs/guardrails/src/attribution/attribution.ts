import type { Observation } from '@parapet/signals';
import type { Attribution } from '../events.js';
import type { NearbyRelease, WatchSpec } from '../watch-spec.js';
import { type Assessment, isUsualAtThisTime, nearest, type Scrutiny, scrutiniesOf } from './assess.js';
import { divideTrace, observeTrace, startTrace } from './course.js';
import type { AttributionState } from './state.js';
import { attributionWords, noticedWords } from './words.js';

/** Nothing seen yet. */
export function startAttribution(spec: WatchSpec): AttributionState {
  return {
    traces: scrutiniesOf(spec).map(({ lens }) => startTrace(lens, spec.startMs)),
    nearby: null,
    startsMs: [],
    nearbyLeftOut: 0,
  };
}

/** Whether attribution counts an observation of a guardrail's signal, be it of something that did not get the release. */
export function isWitness(scrutiny: Scrutiny, { dimensions }: Observation): boolean {
  return scrutiny.lens !== null && scrutiny.membershipOf(dimensions) !== null;
}

/** Takes one observation in, in place, for the guardrail with this index, whose signal it is of; it is of the time of the watch. */
export function witness(scrutiny: Scrutiny, state: AttributionState, index: number, observation: Observation): void {
  const { lens, anchors } = scrutiny;
  const trace = state.traces[index];
  if (trace === undefined || lens === null) return;
  const membership = scrutiny.membershipOf(observation.dimensions);
  const tally = membership === null ? null : lens.read(observation);
  if (membership === null || tally === null) return;
  observeTrace(lens, anchors, trace, state.startsMs, { atMs: observation.atMs, of: membership, tally });
}

/** Takes in which other releases are in flight. */
export function surround(
  spec: WatchSpec,
  state: AttributionState,
  releases: readonly NearbyRelease[],
): AttributionState {
  const kept = nearest(releases);
  const begunMs = kept.nearby.map(({ startMs }) => startMs).filter((startMs) => startMs > spec.startMs);
  const startsMs = [...new Set(begunMs)].sort((a, b) => a - b);
  const isSame = startsMs.join() === state.startsMs.join();
  const traces = isSame ? state.traces : state.traces.map((trace) => divideTrace(trace, startsMs));
  return { ...state, ...kept, startsMs, traces };
}

/**
 * The attribution of a release, from the assessments of its symptoms, strongest first; null where there are none.
 * @param isFailing what this release is blamed for leads; else what it is not blamed for does
 */
export function attributionOf(
  spec: WatchSpec,
  state: AttributionState,
  assessments: readonly Assessment[],
  isFailing: boolean,
): Attribution | null {
  const lead = assessments.find(({ isOurs }) => isOurs === isFailing) ?? assessments[0];
  return lead === undefined ? null : attributionWords(spec, state, assessments, lead);
}

/** What is worth saying of a release that is not degraded: something looks worse than before it, as it does at this time of any day. */
export function noticed(spec: WatchSpec, state: AttributionState): Attribution | null {
  const indexes = spec.guardrails.flatMap((_, i) => (isUsualAtThisTime(spec, state, i) ? [i] : []));
  return indexes.length === 0 ? null : noticedWords(spec, state, indexes);
}
