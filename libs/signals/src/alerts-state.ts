import type { InstantMs } from '@parapet/kernel';
import type { AlertGroup, Receipt } from './alert-groups.js';
import type { SourceState } from './alert-sources.js';
import type { Episode, EpisodeChange } from './episode.js';

/** Everything remembered of the alerts of one environment; JSON, bounded, the same in memory and read back. */
export interface AlertsState {
  readonly clockMs: InstantMs;
  /** The newest episode of each alert. */
  readonly episodes: Readonly<Record<string, Episode>>;
  readonly groups: Readonly<Record<string, AlertGroup>>;
  readonly sources: Readonly<Record<string, SourceState>>;
  readonly receipts: Readonly<Record<string, Receipt>>;
}

/** An environment of which nothing was heard yet. */
export const NO_ALERTS: AlertsState = { clockMs: 0, episodes: {}, groups: {}, sources: {}, receipts: {} };

const RECEIPT_MS = 600_000;
/** How long an episode that is over is remembered, to know a late copy by. */
const CLOSED_MS = 24 * 3_600_000;
const EPISODES_MAX = 5000;
const GROUPS_MAX = 2000;

/** The state while one message is worked in: own records, shared contents. */
export interface Draft {
  clockMs: InstantMs;
  episodes: Record<string, Episode>;
  groups: Record<string, AlertGroup>;
  sources: Record<string, SourceState>;
  receipts: Record<string, Receipt>;
}

/** Keeps the memory bounded; an alert that still matters is forgotten last. */
export function forget(draft: Draft, atMs: InstantMs): void {
  for (const [key, receipt] of Object.entries(draft.receipts)) {
    if (atMs - receipt.receivedAtMs > RECEIPT_MS) delete draft.receipts[key];
  }
  const keys = Object.keys(draft.episodes);
  const over: [string, Episode][] = [];
  let kept = keys.length;
  for (const key of keys) {
    const episode = draft.episodes[key] as Episode;
    if (episode.state !== 'resolved' && episode.state !== 'abandoned') continue;
    over.push([key, episode]);
    if (atMs - episode.sinceMs <= CLOSED_MS) continue;
    delete draft.episodes[key];
    kept--;
  }
  const surplus = kept - EPISODES_MAX;
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

/** A state whose records may be changed; their contents stay shared. */
export function draftOf(state: AlertsState): Draft {
  return {
    clockMs: state.clockMs,
    episodes: { ...state.episodes },
    groups: { ...state.groups },
    sources: { ...state.sources },
    receipts: { ...state.receipts },
  };
}

/** Keeps what did not change as the very same object, so that the caller sees what has to be stored. */
export function sharing(before: AlertsState, after: AlertsState): AlertsState {
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

/** Which episodes began or changed their state. */
export function changesBetween(before: AlertsState, after: AlertsState): readonly EpisodeChange[] {
  const changes: EpisodeChange[] = [];
  if (before.episodes === after.episodes) return changes;
  for (const key of Object.keys(after.episodes)) {
    const episode = after.episodes[key] as Episode;
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
