import { formatInstant, type InstantMs } from '@parapet/kernel';
import { age, type Episode, type EpisodeChange, hearFiring, type Hearing, hearResolved, notSeen } from './episode.js';
import type { SourceEvent } from './events.js';
import {
  confirmationDueMs,
  type HeartbeatDeclaration,
  heartbeatHealth,
  heartbeatHeard,
  heartbeatResolved,
  type HeartbeatState,
  isHeartbeat,
  NO_HEARTBEAT,
  silentFromMs,
  wasInOrder,
} from './heartbeat.js';
import type { AlertStatement, StatementBatch } from './statement.js';

/** What has to be known of a source to understand its alerts. */
export interface AlertSource {
  readonly name: string;
  readonly heartbeat: HeartbeatDeclaration | null;
  readonly repeatIntervalMs: number;
  readonly groupIntervalMs: number;
  readonly doubtMs: number;
  readonly pairedWith: string | null;
}

/** What one replica last said of one group. */
export interface AlertGroup {
  readonly source: string;
  /** Fingerprints said to fire. */
  readonly firing: readonly string[];
  /** The last message was cut: nothing follows from what it leaves out. */
  readonly isIncomplete: boolean;
  readonly heardAtMs: InstantMs;
  readonly digest: string;
  /** How many repeats in a row came later than declared. */
  readonly longRepeats: number;
}

export interface SourceState {
  /** Since when we have been waiting for it. */
  readonly declaredAtMs: InstantMs;
  readonly heardAtMs: InstantMs | null;
  readonly heartbeat: HeartbeatState;
  readonly hasRepeated: boolean;
  readonly isSaidSilent: boolean;
  readonly isSaidRefused: boolean;
}

/** A message from outside that came in several parts and is not whole yet. */
interface Receipt {
  readonly receivedAtMs: InstantMs;
  readonly parts: readonly number[];
  readonly named: readonly string[];
  readonly firing: readonly string[];
}

/** Everything remembered of the alerts of one environment; JSON, bounded, the same in memory and read back. */
export interface AlertsState {
  readonly clockMs: InstantMs;
  /** The newest episode of each alert. */
  readonly episodes: Readonly<Record<string, Episode>>;
  readonly groups: Readonly<Record<string, AlertGroup>>;
  readonly sources: Readonly<Record<string, SourceState>>;
  readonly receipts: Readonly<Record<string, Receipt>>;
}

export const NO_ALERTS: AlertsState = { clockMs: 0, episodes: {}, groups: {}, sources: {}, receipts: {} };

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

const LEASE_REPEATS = 3;
const RECEIPT_MS = 600_000;
/** How long an episode that is over is remembered, to know a late copy by. */
const CLOSED_MS = 24 * 3_600_000;
const EPISODES_MAX = 5000;
const GROUPS_MAX = 2000;
/** A repeat leaves at a flush, and travels; beyond this it was late. */
const REPEAT_SLACK_MS = 5000;
/** One lost message looks like one long repeat; two in a row are the sender's real interval. */
const LONG_REPEATS = 2;

type Sources = readonly AlertSource[];
/** The state while one message is worked in: own records, shared contents. */
interface Draft {
  clockMs: InstantMs;
  episodes: Record<string, Episode>;
  groups: Record<string, AlertGroup>;
  sources: Record<string, SourceState>;
  receipts: Record<string, Receipt>;
}

/** Takes a message of a source into the environment's alerts, after everything that time had done before it came. */
export function hear(
  state: AlertsState,
  sources: Sources,
  source: AlertSource,
  heard: HeardBatch,
  affected: readonly string[],
): AlertsStep {
  const atMs = Math.max(state.clockMs, heard.receivedAtMs);
  const before = passTime(state, sources, atMs, affected);
  const draft = draftOf(before.state);
  const events: SourceEvent[] = [...before.events];
  noteHeard(draft, source, atMs);

  const hearing: Hearing = {
    source: source.name,
    sender: `${source.name} ${heard.batch.externalUrl}`,
    receivedAtMs: atMs,
    leaseEndsAtMs: atMs + LEASE_REPEATS * source.repeatIntervalMs + source.groupIntervalMs,
    groupIntervalMs: source.groupIntervalMs,
  };
  const alerts: AlertStatement[] = [];
  for (const statement of heard.batch.statements) {
    if (isHeartbeat(source.heartbeat, statement.labels)) noteHeartbeat(draft, source, statement, atMs);
    else alerts.push(statement);
  }
  for (const statement of alerts) hearStatement(draft, source, statement, hearing);
  const whole = collect(draft, heard, alerts);
  if (whole !== null) closeGroup(draft, source, heard, whole, atMs, events, affected);

  // What was said may settle at once: an end whose heartbeat is already known, a source heard again.
  const after = passTime(draft, sources, atMs, affected);
  const next = sharing(state, after.state);
  return { state: next, changes: changesBetween(state, next), events: [...events, ...after.events] };
}

/** What the passing of time does: leases and doubts end, heartbeats fall silent, what is over is forgotten. */
export function passTime(
  state: AlertsState,
  sources: Sources,
  clockMs: InstantMs,
  affected: readonly string[],
): AlertsStep {
  const atMs = Math.max(state.clockMs, clockMs);
  const draft = draftOf(state);
  draft.clockMs = atMs;
  const events: SourceEvent[] = [];
  for (const source of sources) {
    if (!Object.hasOwn(draft.sources, source.name)) draft.sources[source.name] = unheard(atMs);
  }
  const byName = new Map(sources.map((source) => [source.name, source]));
  for (const [key, episode] of Object.entries(state.episodes)) {
    // Heartbeats are judged as they stood: nothing has been heard since the message before this instant.
    const source = byName.get(episode.source);
    const heartbeat = source?.heartbeat ?? null;
    const heartbeatState = sourceState(draft, episode.source, atMs).heartbeat;
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
  const next = sharing(state, draft);
  return { state: next, changes: changesBetween(state, next), events };
}

/** A source that was taken out of the configuration can settle nothing any more. */
const DOUBT_OF_REMOVED_MS = 900_000;

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

/** The witness of an alert: two sources of a pair are one. */
function witnessOf(source: AlertSource): string {
  return source.pairedWith !== null && source.pairedWith < source.name ? source.pairedWith : source.name;
}

function keyOf(source: AlertSource, fingerprint: string): string {
  return `${witnessOf(source)}|${fingerprint}`;
}

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

/** The names of a message once all its parts are here; null before. */
function collect(
  draft: Draft,
  heard: HeardBatch,
  alerts: readonly AlertStatement[],
): { named: readonly string[]; firing: readonly string[] } | null {
  const named = alerts.map((a) => a.fingerprint);
  const firing = alerts.filter((a) => a.status === 'firing').map((a) => a.fingerprint);
  if (heard.parts <= 1) return { named, firing };
  const key = `${heard.receipt}|`;
  const before = Object.hasOwn(draft.receipts, key)
    ? (draft.receipts[key] as Receipt)
    : { receivedAtMs: heard.receivedAtMs, parts: [], named: [], firing: [] };
  const receipt: Receipt = {
    receivedAtMs: before.receivedAtMs,
    parts: [...new Set([...before.parts, heard.part])],
    named: [...before.named, ...named],
    firing: [...before.firing, ...firing],
  };
  draft.receipts[key] = receipt;
  if (receipt.parts.length < heard.parts) return null;
  delete draft.receipts[key];
  return receipt;
}

/** Rules 7, 8 and 13: what the whole message leaves out, whether it was cut, and how long the sender waits between repeats. */
function closeGroup(
  draft: Draft,
  source: AlertSource,
  heard: HeardBatch,
  message: { readonly named: readonly string[]; readonly firing: readonly string[] },
  atMs: InstantMs,
  events: SourceEvent[],
  affected: readonly string[],
): void {
  const { batch } = heard;
  const key = `${source.name}|${batch.externalUrl}|${batch.groupKey}`;
  const last = Object.hasOwn(draft.groups, key) ? draft.groups[key] : undefined;
  const named = new Set(message.named);
  const leftOut = (last?.firing ?? []).filter((fingerprint) => !named.has(fingerprint));
  const isCut = batch.truncatedAlerts > 0;
  if (!isCut) {
    for (const fingerprint of leftOut) {
      const of = keyOf(source, fingerprint);
      const episode = Object.hasOwn(draft.episodes, of) ? draft.episodes[of] : undefined;
      if (episode !== undefined) draft.episodes[of] = notSeen(episode, atMs);
    }
  }
  const isRepeat = last !== undefined && last.digest === batch.digest;
  const waitedMs = isRepeat ? atMs - last.heardAtMs : 0;
  const isLong = waitedMs > source.repeatIntervalMs + source.groupIntervalMs + REPEAT_SLACK_MS;
  // A copy that comes at once is a redelivery or another replica's, and says nothing of the interval.
  const isOwnRepeat = isRepeat && waitedMs >= source.groupIntervalMs;
  const soFar = last?.longRepeats ?? 0;
  const longRepeats = isLong ? soFar + 1 : isOwnRepeat ? 0 : soFar;
  if (isOwnRepeat) draft.sources[source.name] = { ...sourceState(draft, source.name, atMs), hasRepeated: true };
  if (longRepeats >= LONG_REPEATS) sayRefused(draft, source, atMs, events, affected);
  const firing = [...new Set(isCut ? [...leftOut, ...message.firing] : message.firing)];
  if (firing.length === 0 && !isCut) delete draft.groups[key];
  else
    draft.groups[key] = {
      source: source.name,
      firing,
      isIncomplete: isCut,
      heardAtMs: atMs,
      digest: batch.digest,
      longRepeats,
    };
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
  if (hasTalkedSince && !known.hasRepeated) sayRefused(draft, source, atMs, events, affected);
}

function sayRefused(
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

function sayHealth(
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

function noteHeard(draft: Draft, source: AlertSource, atMs: InstantMs): void {
  draft.sources[source.name] = { ...sourceState(draft, source.name, atMs), heardAtMs: atMs };
}

function noteHeartbeat(draft: Draft, source: AlertSource, statement: AlertStatement, atMs: InstantMs): void {
  if (source.heartbeat === null) return;
  const known = sourceState(draft, source.name, atMs);
  const heartbeat =
    statement.status === 'firing'
      ? heartbeatHeard(source.heartbeat, known.heartbeat, atMs)
      : heartbeatResolved(known.heartbeat);
  draft.sources[source.name] = { ...known, heartbeat };
}

function sourceState(draft: AlertsState, name: string, atMs: InstantMs): SourceState {
  return Object.hasOwn(draft.sources, name) ? (draft.sources[name] as SourceState) : unheard(atMs);
}

function unheard(declaredAtMs: InstantMs): SourceState {
  return {
    declaredAtMs,
    heardAtMs: null,
    heartbeat: NO_HEARTBEAT,
    hasRepeated: false,
    isSaidSilent: false,
    isSaidRefused: false,
  };
}

/** Keeps the memory bounded; an alert that still matters is forgotten last. */
function forget(draft: Draft, atMs: InstantMs): void {
  for (const [key, receipt] of Object.entries(draft.receipts)) {
    if (atMs - receipt.receivedAtMs > RECEIPT_MS) delete draft.receipts[key];
  }
  const over = Object.entries(draft.episodes).filter(([, e]) => e.state === 'resolved' || e.state === 'abandoned');
  for (const [key, episode] of over) {
    if (atMs - episode.sinceMs > CLOSED_MS) delete draft.episodes[key];
  }
  const surplus = Object.keys(draft.episodes).length - EPISODES_MAX;
  if (surplus > 0) {
    const oldestFirst = over
      .filter(([key]) => Object.hasOwn(draft.episodes, key))
      .sort((a, b) => a[1].sinceMs - b[1].sinceMs);
    for (const [key] of oldestFirst.slice(0, surplus)) delete draft.episodes[key];
  }
  const tooMany = Object.keys(draft.groups).length - GROUPS_MAX;
  if (tooMany > 0) {
    const oldestFirst = Object.entries(draft.groups).sort((a, b) => a[1].heardAtMs - b[1].heardAtMs);
    for (const [key] of oldestFirst.slice(0, tooMany)) delete draft.groups[key];
  }
}

function draftOf(state: AlertsState): Draft {
  return {
    clockMs: state.clockMs,
    episodes: { ...state.episodes },
    groups: { ...state.groups },
    sources: { ...state.sources },
    receipts: { ...state.receipts },
  };
}

/** Keeps what did not change as the very same object, so that the caller sees what has to be stored. */
function sharing(before: AlertsState, after: AlertsState): AlertsState {
  const same = <T>(a: Readonly<Record<string, T>>, b: Readonly<Record<string, T>>): Readonly<Record<string, T>> => {
    const keys = Object.keys(b);
    return keys.length === Object.keys(a).length && keys.every((key) => a[key] === b[key]) ? a : b;
  };
  return {
    clockMs: after.clockMs,
    episodes: same(before.episodes, after.episodes),
    groups: same(before.groups, after.groups),
    sources: same(before.sources, after.sources),
    receipts: same(before.receipts, after.receipts),
  };
}

function changesBetween(before: AlertsState, after: AlertsState): readonly EpisodeChange[] {
  const changes: EpisodeChange[] = [];
  for (const [key, episode] of Object.entries(after.episodes)) {
    const old = Object.hasOwn(before.episodes, key) ? before.episodes[key] : undefined;
    if (old === episode) continue;
    const isSame = old !== undefined && old.number === episode.number;
    if (isSame && old.state === episode.state) continue;
    changes.push({
      source: episode.source,
      fingerprint: episode.fingerprint,
      number: episode.number,
      from: isSame ? old.state : null,
      to: episode.state,
      atMs: episode.sinceMs,
    });
  }
  return changes;
}
