import type { AlertEpisodeView, AlertsView, ReleaseName } from '@parapet/contracts';
import { attach, type Candidate } from '@parapet/guardrails';
import { formatInstant, type InstantMs } from '@parapet/kernel';
import type { SignalSource } from '@parapet/policy';
import {
  type AlertsState,
  type Episode,
  type EpisodeState,
  isSettleable,
  lastHeardMs,
  sourceHealth,
} from '@parapet/signals';
import type { StoredWord } from './alert-store.js';

const ITEMS_MAX = 500;
const RELEASE_LABEL = 'release';

/** What is known of the alerts of an environment. */
export interface KnownAlerts {
  readonly environment: string;
  readonly state: AlertsState;
  /** The alert sources of the environment. */
  readonly sources: readonly SignalSource[];
  readonly candidates: readonly Candidate[];
  readonly words: readonly StoredWord[];
}

/** Doubts first, and of these the ones that a person may settle. */
const RANK: Readonly<Record<EpisodeState, number>> = {
  disputed: 0,
  unconfirmed: 0,
  unseen: 0,
  abandoned: 1,
  firing: 2,
  resolved: 3,
};

/** The alerts of an environment as people see them: all that are not over, and what a person settled. */
export function alertsView(known: KnownAlerts, nowMs: InstantMs): AlertsView {
  const { environment, state, sources } = known;
  const shown = Object.values(state.episodes)
    .filter((episode) => episode.state !== 'resolved' || wordOn(known, episode) !== null)
    .sort((a, b) => RANK[a.state] - RANK[b.state] || b.sinceMs - a.sinceMs || (keyOf(a) < keyOf(b) ? -1 : 1));
  // Nothing is written while nothing happens, so a source that has fallen silent is told by the time that has passed.
  const now: AlertsState = { ...state, clockMs: Math.max(state.clockMs, nowMs) };
  return {
    environment,
    sources: sources.map((source) => ({
      source: source.name,
      health: sourceHealth(now, source),
      heardAt: instantOrNull(lastHeardMs(now, source)),
    })),
    incomplete: Object.entries(state.groups)
      .filter(([, group]) => group.isIncomplete)
      .map(([key, { source, heardAtMs }]) => ({
        source,
        group: key.slice(source.length + 1),
        heardAt: formatInstant(heardAtMs),
      })),
    items: shown.slice(0, ITEMS_MAX).map((episode) => episodeView(known, episode)),
    more: Math.max(0, shown.length - ITEMS_MAX),
  };
}

/** One episode as people see it. */
export function episodeView(known: KnownAlerts, episode: Episode): AlertEpisodeView {
  const { source, fingerprint, labels, annotations, state } = episode;
  const word = wordOn(known, episode);
  return {
    source,
    fingerprint,
    episode: episode.number,
    name: own(labels, 'alertname') ?? fingerprint,
    summary: own(annotations, 'summary'),
    labels,
    state,
    since: formatInstant(episode.sinceMs),
    startsAt: formatInstant(episode.startsAtMs),
    attachment: attachmentOf(known, episode),
    settleable: isSettleable(episode) && word?.outcome !== 'waiting',
    word,
  };
}

function attachmentOf({ sources, candidates }: KnownAlerts, episode: Episode): AlertEpisodeView['attachment'] {
  const label = sources.find((one) => one.name === episode.source)?.releaseLabel ?? RELEASE_LABEL;
  const found = attach(episode.labels, label, episode.startsAtMs, candidates);
  const named = (id: string): ReleaseName => ({
    id,
    name: candidates.find((one) => one.release === id)?.name ?? id,
  });
  return found.kind === 'attached'
    ? { kind: 'attached', release: named(found.release) }
    : { kind: 'unattached', candidates: found.candidates.map(named) };
}

/** The newest word on an episode; what was applied is also kept with the episode itself, for longer. */
function wordOn({ words }: KnownAlerts, episode: Episode): AlertEpisodeView['word'] {
  const stored = words.find(
    (one) => one.source === episode.source && one.fingerprint === episode.fingerprint && one.episode === episode.number,
  );
  if (stored !== undefined) {
    const { as, by, reason, at, outcome } = stored;
    return { as, by, reason, at, outcome };
  }
  if (episode.settled === undefined) return null;
  const { as, by, reason, atMs } = episode.settled;
  return { as, by, reason, at: formatInstant(atMs), outcome: 'applied' };
}

function keyOf(episode: Episode): string {
  return `${episode.source}|${episode.fingerprint}`;
}

function own(record: Readonly<Record<string, string>>, key: string): string | null {
  return Object.hasOwn(record, key) ? (record[key] ?? null) : null;
}

function instantOrNull(atMs: InstantMs | null): string | null {
  return atMs === null ? null : formatInstant(atMs);
}
