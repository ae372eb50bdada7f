import type { InstantMs } from '@parapet/kernel';
import { type AlertSource, leaseMs } from './alert-sources.js';
import { type AlertsStep, DOUBT_OF_REMOVED_MS, passTime } from './alerts.js';
import { type AlertsState, changesBetween, draftOf } from './alerts-state.js';
import { type Episode, type EpisodeState, isSettleable, settledByHand } from './episode.js';

/** One episode of one alert, as it is shown to people. */
export interface EpisodeRef {
  readonly source: string;
  readonly fingerprint: string;
  readonly episode: number;
}

/** A person's word on one episode. */
export interface Settlement extends EpisodeRef {
  readonly as: 'resolved' | 'firing';
  readonly by: string;
  readonly reason: string;
}

/** Why a word on an episode changes nothing, and how the alert stands instead. */
export type SettlementRefusal =
  | { readonly code: 'unknown-alert' }
  | { readonly code: 'other-episode'; readonly episode: number; readonly state: EpisodeState }
  | { readonly code: 'not-in-doubt'; readonly episode: number; readonly state: EpisodeState };

/** Why the episode cannot be settled by hand; null where it can. */
export function settlementRefusal(state: AlertsState, ref: EpisodeRef): SettlementRefusal | null {
  const found = find(state, ref);
  if (found === undefined) return { code: 'unknown-alert' };
  const { number: episode, state: now } = found[1];
  if (episode !== ref.episode) return { code: 'other-episode', episode, state: now };
  return isSettleable(found[1]) ? null : { code: 'not-in-doubt', episode, state: now };
}

/**
 * Takes a person's word on one episode, after everything that time had done before it. Only a doubt can be settled: what a
 * sender says stands, and so does an end that nobody doubts.
 */
export function settle(
  state: AlertsState,
  sources: readonly AlertSource[],
  settlement: Settlement,
  clockMs: InstantMs,
  affected: readonly string[],
): AlertsStep & { readonly refusal: SettlementRefusal | null } {
  const passed = passTime(state, sources, clockMs, affected);
  const refusal = settlementRefusal(passed.state, settlement);
  const found = find(passed.state, settlement);
  if (refusal !== null || found === undefined) return { ...passed, refusal };
  const [key, episode] = found;
  const { as, by, reason } = settlement;
  const atMs = passed.state.clockMs;
  const source = sources.find((one) => one.name === episode.source);
  const leaseEndsAtMs = atMs + (source === undefined ? DOUBT_OF_REMOVED_MS : leaseMs(source));
  const draft = draftOf(passed.state);
  draft.episodes[key] = settledByHand(episode, { as, by, reason, atMs }, leaseEndsAtMs);
  const next: AlertsState = { ...passed.state, episodes: draft.episodes };
  return { state: next, changes: changesBetween(state, next), events: passed.events, refusal: null };
}

function find(state: AlertsState, ref: EpisodeRef): readonly [key: string, episode: Episode] | undefined {
  return Object.entries(state.episodes).find(
    ([, episode]) => episode.source === ref.source && episode.fingerprint === ref.fingerprint,
  );
}
