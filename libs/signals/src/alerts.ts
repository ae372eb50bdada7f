import type { InstantMs } from '@parapet/kernel';
import { closeGroup, collect, keyOf } from './alert-groups.js';
import {
  type AlertSource,
  leaseMs,
  noteHeard,
  noteHeartbeat,
  sayHealth,
  sayRefused,
  sourceState,
  unheard,
} from './alert-sources.js';
import { type AlertsState, changesBetween, type Draft, draftOf, forget, sharing } from './alerts-state.js';
import { age, type Episode, type EpisodeChange, hearFiring, type Hearing, hearResolved } from './episode.js';
import type { SourceEvent } from './events.js';
import { confirmationDueMs, isHeartbeat, wasInOrder } from './heartbeat.js';
import { type AlertStatement, ownLeaseEndMs, statedAt, type StatementBatch } from './statement.js';

/** What followed from a message or from the passing of time. */
export interface AlertsStep {
  readonly state: AlertsState;
  readonly changes: readonly EpisodeChange[];
  readonly events: readonly SourceEvent[];
}

/** One message (or part of one) as it reached us. */
export interface HeardBatch {
  readonly receipt: string;
  readonly part: number;
  readonly parts: number;
  readonly batch: StatementBatch;
  readonly receivedAtMs: InstantMs;
}

type Sources = readonly AlertSource[];

/** Takes a message of a source into the environment's alerts, after everything that time had done before it came. */
export function hear(
  state: AlertsState,
  sources: Sources,
  source: AlertSource,
  heard: HeardBatch,
  affected: readonly string[],
): AlertsStep {
  const atMs = Math.max(state.clockMs, heard.receivedAtMs);
  // One draft for all that follows: an environment may hold thousands of episodes, and a storm brings a thousand messages a second.
  const draft = draftOf(state);
  const events: SourceEvent[] = [];
  letPass(draft, sources, atMs, events, affected);
  noteHeard(draft, source, atMs);

  const hearing: Hearing = {
    source: source.name,
    sender: `${source.name} ${heard.batch.externalUrl}`,
    receivedAtMs: atMs,
    leaseEndsAtMs: atMs + leaseMs(source),
    groupIntervalMs: source.groupIntervalMs,
  };
  const alerts: AlertStatement[] = [];
  for (const said of heard.batch.statements) {
    const statement = statedAt(said, atMs);
    if (isHeartbeat(source.heartbeat, statement.labels)) noteHeartbeat(draft, source, statement, atMs);
    else alerts.push(statement);
  }
  for (const statement of alerts) {
    const leaseEndsAtMs = ownLeaseEndMs(statement, atMs) ?? hearing.leaseEndsAtMs;
    hearStatement(draft, source, statement, { ...hearing, leaseEndsAtMs });
  }
  const whole = heard.batch.isUngrouped === true ? null : collect(draft, heard, alerts);
  if (whole !== null) closeGroup(draft, source, heard, whole, atMs, events, affected);

  // What was said may settle at once: an end whose heartbeat is already known, a source heard again.
  letPass(draft, sources, atMs, events, affected);
  const next = sharing(state, draft);
  return { state: next, changes: changesBetween(state, next), events };
}

/** What the passing of time does: leases and doubts end, heartbeats fall silent, what is over is forgotten. */
export function passTime(
  state: AlertsState,
  sources: Sources,
  clockMs: InstantMs,
  affected: readonly string[],
): AlertsStep {
  const draft = draftOf(state);
  const events: SourceEvent[] = [];
  letPass(draft, sources, Math.max(state.clockMs, clockMs), events, affected);
  const next = sharing(state, draft);
  return { state: next, changes: changesBetween(state, next), events };
}

function letPass(
  draft: Draft,
  sources: Sources,
  atMs: InstantMs,
  events: SourceEvent[],
  affected: readonly string[],
): void {
  draft.clockMs = atMs;
  for (const source of sources) {
    if (!Object.hasOwn(draft.sources, source.name)) draft.sources[source.name] = unheard(atMs);
  }
  const byName = new Map(sources.map((source) => [source.name, source]));
  for (const key of Object.keys(draft.episodes)) {
    const episode = draft.episodes[key] as Episode;
    // Heartbeats are judged as they stood: nothing has been heard since the message before this instant.
    const source = byName.get(episode.source);
    const ending = episode.closedBy ?? episode.source;
    const heartbeat = byName.get(ending)?.heartbeat ?? null;
    const heartbeatState = sourceState(draft, ending, atMs).heartbeat;
    const aged = age(episode, atMs, source?.doubtMs ?? DOUBT_OF_REMOVED_MS, (endedAtMs, dueMs) =>
      heartbeat === null ? true : wasInOrder(heartbeat, heartbeatState, endedAtMs, dueMs),
    );
    if (aged === episode) continue;
    draft.episodes[key] = aged;
    const wasFiring = episode.state === 'firing' || episode.state === 'disputed';
    const hasLeaseEnded = wasFiring && (aged.state === 'unseen' || aged.abandonedFrom === 'unseen');
    if (source !== undefined && hasLeaseEnded) noteLeaseEnd(draft, source, episode, atMs, events, affected);
  }
  for (const source of sources) sayHealth(draft, source, atMs, events, affected);
  forget(draft, atMs);
}

/** A source that was taken out of the configuration can settle nothing any more. */
export const DOUBT_OF_REMOVED_MS = 900_000;

function hearStatement(draft: Draft, source: AlertSource, statement: AlertStatement, hearing: Hearing): void {
  const key = keyOf(source, statement.fingerprint);
  const episode = Object.hasOwn(draft.episodes, key) ? draft.episodes[key] : undefined;
  const { heartbeat } = source;
  const { heartbeat: heard } = sourceState(draft, source.name, hearing.receivedAtMs);
  const isExpected = heartbeat !== null && (heartbeat.isRequired || heard.heardAtMs !== null);
  const next =
    statement.status === 'firing'
      ? hearFiring(episode, statement, hearing)
      : hearResolved(episode, statement, hearing, (endedAtMs) =>
          isExpected ? confirmationDueMs(heartbeat, endedAtMs) : null,
        );
  if (next !== undefined) draft.episodes[key] = next;
}

/** A lease that ends although the source went on talking and never repeated anything: it will not. */
function noteLeaseEnd(
  draft: Draft,
  source: AlertSource,
  episode: Episode,
  atMs: InstantMs,
  events: SourceEvent[],
  affected: readonly string[],
): void {
  const known = sourceState(draft, source.name, atMs);
  const hasTalkedSince = known.heardAtMs !== null && known.heardAtMs > episode.openedAtMs;
  // Where leases are pushed, one that ends is an alert that is no longer said: it says nothing of an interval.
  const isGrouped = source.leaseMs === undefined;
  if (isGrouped && hasTalkedSince && !known.hasRepeated) sayRefused(draft, source, atMs, events, affected);
}
