import { formatInstant, type InstantMs } from '@parapet/kernel';
import type { AlertsState, Draft } from './alerts-state.js';
import type { SourceEvent } from './events.js';
import {
  type HeartbeatDeclaration,
  heartbeatHealth,
  heartbeatHeard,
  heartbeatResolved,
  type HeartbeatState,
  NO_HEARTBEAT,
  silentFromMs,
} from './heartbeat.js';
import type { AlertStatement } from './statement.js';

/** What has to be known of a source to understand its alerts. */
export interface AlertSource {
  readonly name: string;
  readonly heartbeat: HeartbeatDeclaration | null;
  readonly repeatIntervalMs: number;
  readonly groupIntervalMs: number;
  readonly doubtMs: number;
  readonly pairedWith: string | null;
  /** How long a firing holds that names no end, where the sender pushes leases and repeats in no interval; absent: as its repeats say. */
  readonly leaseMs?: number;
}

/** What is remembered of a source. */
export interface SourceState {
  /** Since when we have been waiting for it. */
  readonly declaredAtMs: InstantMs;
  readonly heardAtMs: InstantMs | null;
  readonly heartbeat: HeartbeatState;
  readonly hasRepeated: boolean;
  readonly isSaidSilent: boolean;
  readonly isSaidRefused: boolean;
}

const LEASE_REPEATS = 3;

/** How long a firing of the source holds without being repeated. */
export function leaseMs(source: AlertSource): number {
  return source.leaseMs ?? LEASE_REPEATS * source.repeatIntervalMs + source.groupIntervalMs;
}

/** How a source stands for the guardrails that depend on it. */
export function sourceHealth(state: AlertsState, source: AlertSource): 'alive' | 'silent' | 'never' {
  const known = Object.hasOwn(state.sources, source.name)
    ? (state.sources[source.name] as SourceState)
    : unheard(state.clockMs);
  const isHeartbeatExpected =
    source.heartbeat !== null && (source.heartbeat.isRequired || known.heartbeat.heardAtMs !== null);
  if (!isHeartbeatExpected || source.heartbeat === null) return known.heardAtMs === null ? 'never' : 'alive';
  switch (heartbeatHealth(source.heartbeat, known.heartbeat, state.clockMs)) {
    case 'never':
      return 'never';
    case 'silent':
      return 'silent';
    case 'alive':
    case 'late':
      return 'alive';
  }
}

/** When a source was last heard: its heartbeat where it needs one, else anything. */
export function lastHeardMs(state: AlertsState, source: AlertSource): InstantMs | null {
  const known = Object.hasOwn(state.sources, source.name) ? (state.sources[source.name] as SourceState) : null;
  if (known === null) return null;
  return source.heartbeat?.isRequired === true ? known.heartbeat.heardAtMs : known.heardAtMs;
}

/** Says once that a source does not repeat as it was declared to. */
export function sayRefused(
  draft: Draft,
  source: AlertSource,
  atMs: InstantMs,
  events: SourceEvent[],
  affected: readonly string[],
): void {
  const known = sourceState(draft, source.name, atMs);
  if (known.isSaidRefused) return;
  draft.sources[source.name] = { ...known, isSaidRefused: true };
  events.push({
    type: 'SourceRefused',
    source: source.name,
    since: formatInstant(atMs),
    reason: 'repeat-interval',
    affected,
  });
}

/** Says once that a source has fallen silent, and once that it is heard again. */
export function sayHealth(
  draft: Draft,
  source: AlertSource,
  atMs: InstantMs,
  events: SourceEvent[],
  affected: readonly string[],
): void {
  const { heartbeat } = source;
  if (heartbeat === null) return;
  const known = sourceState(draft, source.name, atMs);
  const health = heartbeatHealth(heartbeat, known.heartbeat, atMs);
  const isAwaited = heartbeat.isRequired || known.heartbeat.heardAtMs !== null;
  const isSilent =
    isAwaited &&
    (health === 'silent' ||
      (health === 'never' && atMs >= silentFromMs(heartbeat, known.heartbeat, known.declaredAtMs)));
  if (isSilent && !known.isSaidSilent) {
    draft.sources[source.name] = { ...known, isSaidSilent: true };
    const since = formatInstant(known.heartbeat.heardAtMs ?? known.declaredAtMs);
    events.push({ type: 'SourceSilent', source: source.name, since, affected });
  } else if (health === 'alive' && known.isSaidSilent) {
    draft.sources[source.name] = { ...known, isSaidSilent: false };
    events.push({
      type: 'SourceHeard',
      source: source.name,
      since: formatInstant(known.heartbeat.heardAtMs ?? atMs),
      affected,
    });
  }
}

/** A source said something. */
export function noteHeard(draft: Draft, source: AlertSource, atMs: InstantMs): void {
  draft.sources[source.name] = { ...sourceState(draft, source.name, atMs), heardAtMs: atMs };
}

/** A heartbeat was said to fire or to have ended. */
export function noteHeartbeat(draft: Draft, source: AlertSource, statement: AlertStatement, atMs: InstantMs): void {
  if (source.heartbeat === null) return;
  const known = sourceState(draft, source.name, atMs);
  const heartbeat =
    statement.status === 'firing'
      ? heartbeatHeard(source.heartbeat, known.heartbeat, atMs)
      : heartbeatResolved(known.heartbeat);
  draft.sources[source.name] = { ...known, heartbeat };
}

/** What is remembered of a source; of one that was never heard, that. */
export function sourceState(draft: AlertsState, name: string, atMs: InstantMs): SourceState {
  return Object.hasOwn(draft.sources, name) ? (draft.sources[name] as SourceState) : unheard(atMs);
}

/** A source that we have only begun to wait for. */
export function unheard(declaredAtMs: InstantMs): SourceState {
  return {
    declaredAtMs,
    heardAtMs: null,
    heartbeat: NO_HEARTBEAT,
    hasRepeated: false,
    isSaidSilent: false,
    isSaidRefused: false,
  };
}
