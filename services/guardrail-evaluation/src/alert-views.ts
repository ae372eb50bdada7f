import {
  type AlertView,
  attach,
  type Candidate,
  type Guardrail,
  type SeenEpisode,
  type SettledByHand,
} from '@parapet/guardrails';
import type { InstantMs } from '@parapet/kernel';
import { matchesAll, type SignalSource } from '@parapet/policy';
import { type AlertsState, type Episode, lastHeardMs, sourceHealth } from '@parapet/signals';

/** An alert that names no release of ours, or fits several; shown with every candidate and blamed on none. */
export interface UnattachedAlert {
  readonly source: string;
  readonly fingerprint: string;
  readonly name: string;
  readonly state: string;
  readonly startsAtMs: InstantMs;
  readonly candidates: readonly string[];
}

const EPISODES_SHOWN_MAX = 50;
const SETTLED_SHOWN_MAX = 20;
const UNATTACHED_MAX = 200;
const RELEASE_LABEL = 'release';

/** What an alert guardrail of a release sees just now. */
export function viewOf(
  guardrail: Guardrail,
  release: { readonly id: string; readonly startMs: InstantMs },
  alerts: AlertsState,
  sources: readonly SignalSource[],
  candidates: readonly Candidate[],
): AlertView {
  const { test } = guardrail;
  if (test.kind !== 'alerts') throw new Error(`${guardrail.name} is no alert guardrail`);
  const ours = test.sources.length === 0 ? sources : sources.filter((source) => test.sources.includes(source.name));
  // An alert of a pair is one, and bears the name of whichever of the two was first to tell of it.
  const names = new Set(ours.flatMap(({ name, pairedWith }) => (pairedWith === null ? [name] : [name, pairedWith])));
  const attached = Object.values(alerts.episodes)
    .filter((episode) => names.has(episode.source) && matchesAll(test.matchers, episode.labels))
    .filter((episode) => isAttached(episode, release.id, sources, candidates));
  const episodes = attached
    .flatMap(seen)
    .sort((a, b) => RANK[a.state] - RANK[b.state] || a.openedAtMs - b.openedAtMs || (a.alert < b.alert ? -1 : 1))
    .slice(0, EPISODES_SHOWN_MAX);
  const settled = attached
    .flatMap(byHand)
    .sort((a, b) => a.atMs - b.atMs || (a.alert < b.alert ? -1 : 1))
    .slice(-SETTLED_SHOWN_MAX);
  const health = ours.map((source) => sourceHealth(alerts, source));
  const needingHeartbeat = ours.filter((source) => source.heartbeat?.isRequired === true);
  return {
    episodes,
    ...(settled.length === 0 ? {} : { settled }),
    isIncomplete: Object.values(alerts.groups).some((group) => group.isIncomplete && names.has(group.source)),
    // No source at all is one that was never heard.
    sources: health.includes('silent') ? 'silent' : health.length === 0 || health.includes('never') ? 'never' : 'alive',
    isHeardSinceStart: needingHeartbeat.every(
      (source) => (lastHeardMs(alerts, source) ?? Number.NEGATIVE_INFINITY) >= release.startMs,
    ),
  };
}

/** Firing ones first: if there are more than can be shown, none of them is lost to a doubtful one. */
const RANK: Readonly<Record<SeenEpisode['state'], number>> = {
  firing: 0,
  disputed: 1,
  unseen: 2,
  unconfirmed: 3,
  abandoned: 4,
};

/** The alerts that are blamed on nobody. */
export function unattachedOf(
  alerts: AlertsState,
  sources: readonly SignalSource[],
  candidates: readonly Candidate[],
): readonly UnattachedAlert[] {
  const unattached: UnattachedAlert[] = [];
  for (const key of Object.keys(alerts.episodes)) {
    const episode = alerts.episodes[key] as Episode;
    if (episode.state === 'resolved') continue;
    const found = attach(episode.labels, labelOf(episode, sources), episode.startsAtMs, candidates);
    if (found.kind === 'attached') continue;
    const { source, fingerprint, state, startsAtMs } = episode;
    unattached.push({ source, fingerprint, name: nameOf(episode), state, startsAtMs, candidates: found.candidates });
    // In a storm there are thousands more, of which none would be shown.
    if (unattached.length === UNATTACHED_MAX) break;
  }
  return unattached;
}

function isAttached(
  episode: Episode,
  release: string,
  sources: readonly SignalSource[],
  candidates: readonly Candidate[],
): boolean {
  const found = attach(episode.labels, labelOf(episode, sources), episode.startsAtMs, candidates);
  return found.kind === 'attached' && found.release === release;
}

function labelOf(episode: Episode, sources: readonly SignalSource[]): string {
  return sources.find((source) => source.name === episode.source)?.releaseLabel ?? RELEASE_LABEL;
}

function seen(episode: Episode): readonly SeenEpisode[] {
  if (episode.state === 'resolved') return [];
  return [
    {
      alert: alertOf(episode),
      name: nameOf(episode),
      summary: own(episode.annotations, 'summary'),
      state: episode.state,
      startsAtMs: episode.startsAtMs,
      openedAtMs: episode.openedAtMs,
      firingSinceMs: episode.firingSinceMs,
      abandonedFrom: episode.abandonedFrom,
    },
  ];
}

/** Also of an alert that is over: what made it so is part of the judgement. */
function byHand(episode: Episode): readonly SettledByHand[] {
  const { settled } = episode;
  return settled === undefined ? [] : [{ alert: alertOf(episode), name: nameOf(episode), ...settled }];
}

function alertOf(episode: Episode): string {
  return `${episode.source}|${episode.fingerprint}`;
}

function nameOf(episode: Episode): string {
  return own(episode.labels, 'alertname') ?? episode.fingerprint;
}

function own(record: Readonly<Record<string, string>>, key: string): string | null {
  return Object.hasOwn(record, key) ? (record[key] ?? null) : null;
}
