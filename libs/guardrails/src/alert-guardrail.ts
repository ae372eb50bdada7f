import type { InstantMs } from '@parapet/kernel';
import type { InconclusiveReason } from './events.js';

/** An episode as an alert guardrail sees it; resolved ones are absent. */
export interface SeenEpisode {
  /** Source and fingerprint: the alert, whichever time it fires. */
  readonly alert: string;
  readonly name: string;
  readonly summary: string | null;
  readonly state: 'firing' | 'unseen' | 'unconfirmed' | 'disputed' | 'abandoned';
  readonly startsAtMs: InstantMs;
  readonly openedAtMs: InstantMs;
  readonly firingSinceMs: InstantMs;
  /** `abandoned`: what it was before. */
  readonly abandonedFrom: 'unseen' | 'unconfirmed' | null;
}

/** A doubt about an alert that a person settled: with it alone the alert is what it is. */
export interface SettledByHand {
  readonly alert: string;
  readonly name: string;
  readonly as: 'resolved' | 'firing';
  readonly by: string;
  readonly reason: string;
  readonly atMs: InstantMs;
}

/** What is known of the alerts that a guardrail's matchers select. */
export interface AlertView {
  readonly episodes: readonly SeenEpisode[];
  /** Oldest first; absent where nobody settled anything. */
  readonly settled?: readonly SettledByHand[];
  /** A group was cut: what it left out is unknown. */
  readonly isIncomplete: boolean;
  /** The worst of the guardrail's sources. */
  readonly sources: 'alive' | 'silent' | 'never';
  /** Every source that needs a heartbeat has been heard since the release began. */
  readonly isHeardSinceStart: boolean;
}

/** What an alert guardrail remembers between two views. */
export interface AlertGuardrailState {
  readonly view: AlertView | null;
  /** Alerts that fired before the release: set aside until they were resolved for `rearmMs`; since when they are, or null. */
  readonly aside: Readonly<Record<string, InstantMs | null>>;
  /** How long it could be judged, up to `knownSinceMs`; from there on where that is not null. */
  readonly knownMs: number;
  readonly knownSinceMs: InstantMs | null;
}

/** An alert guardrail before its first view. */
export const NO_VIEW: AlertGuardrailState = { view: null, aside: {}, knownMs: 0, knownSinceMs: null };

/** Takes a newer view. An alert older than the release is not the release's doing, until it has been over for a while. */
export function observeAlerts(
  rule: { readonly rearmMs: number },
  state: AlertGuardrailState,
  view: AlertView,
  clockMs: InstantMs,
  startMs: InstantMs,
): AlertGuardrailState {
  const aside: Record<string, InstantMs | null> = {};
  const present = new Set(view.episodes.map((e) => e.alert));
  for (const [alert, resolvedSinceMs] of Object.entries(state.aside)) {
    const isRearmed = resolvedSinceMs !== null && clockMs - resolvedSinceMs >= rule.rearmMs;
    if (!isRearmed) aside[alert] = present.has(alert) ? null : (resolvedSinceMs ?? clockMs);
  }
  const isFirst = state.view === null;
  for (const episode of view.episodes) {
    const isOlder = Math.min(episode.startsAtMs, episode.openedAtMs) < startMs;
    // Known from the first view, or first heard of later with a start from before the release.
    const isNew = isFirst || !(state.view?.episodes.some((e) => e.alert === episode.alert) ?? false);
    if (isOlder && isNew) aside[episode.alert] = null;
  }
  const next = { view, aside, knownMs: knownMsAt(state, clockMs), knownSinceMs: null };
  return { ...next, knownSinceMs: doubtOf(next) === null ? clockMs : null };
}

/** How long the guardrail could be judged, at an instant. */
export function knownMsAt(state: AlertGuardrailState, clockMs: InstantMs): number {
  return state.knownMs + (state.knownSinceMs === null ? 0 : Math.max(0, clockMs - state.knownSinceMs));
}

/** The episodes that are this release's concern. */
export function concerned(state: AlertGuardrailState): readonly SeenEpisode[] {
  return (state.view?.episodes ?? []).filter((e) => !Object.hasOwn(state.aside, e.alert));
}

/** What people settled of this release's concern. */
export function settledConcerns(state: AlertGuardrailState): readonly SettledByHand[] {
  return (state.view?.settled ?? []).filter((one) => !Object.hasOwn(state.aside, one.alert));
}

/** The episodes whose firing has lasted longer than the guardrail's patience. */
export function firingEpisodes(
  rule: { readonly forMs: number },
  state: AlertGuardrailState,
  clockMs: InstantMs,
): readonly SeenEpisode[] {
  return concerned(state).filter((e) => e.state === 'firing' && clockMs - e.firingSinceMs >= rule.forMs);
}

/** Why it cannot be said that nothing fires; null where it can. */
export function doubtOf(state: AlertGuardrailState): InconclusiveReason | null {
  const { view } = state;
  if (view === null || view.sources !== 'alive') return 'sender-silent';
  if (view.isIncomplete) return 'alert-incomplete';
  for (const episode of concerned(state)) {
    const doubt = episode.state === 'abandoned' ? (episode.abandonedFrom ?? 'unseen') : episode.state;
    if (doubt === 'unseen') return 'alert-unseen';
    if (doubt === 'unconfirmed') return 'sender-silent';
    if (doubt === 'disputed') return 'alert-disputed';
  }
  return null;
}
