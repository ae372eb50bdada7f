import { formatInstant, type InstantMs, unreachable } from '@parapet/kernel';
import type { GapReason, Observation } from '@parapet/signals';
import { cover, type Covered, coverageShare, NOTHING_COVERED, type Pace } from './coverage.js';
import type { InconclusiveReason } from './events.js';

/** When a signal was last heard and how much of the watch it covered. */
export interface Presence {
  readonly newestAtMs: InstantMs | null;
  /** Our clock when the newest value came: an old sensor is not fresh because it talks. */
  readonly freshAtMs: InstantMs | null;
  readonly covered: Covered;
  /** Why there was no value the last time; null after a usable one. */
  readonly gap: GapReason | null;
}

/** A signal before anything was heard. */
export const ABSENT: Presence = { newestAtMs: null, freshAtMs: null, covered: NOTHING_COVERED, gap: null };

/** A usable value came; `isCovering` unless it cannot be compared, which makes it present and no coverage. */
export function heard(
  presence: Presence,
  { fromMs, atMs }: Observation,
  clockMs: InstantMs,
  pace: Pace,
  isCovering: boolean,
): Presence {
  const isNewer = presence.newestAtMs === null || atMs > presence.newestAtMs;
  return {
    newestAtMs: isNewer ? atMs : presence.newestAtMs,
    freshAtMs: isNewer ? clockMs : presence.freshAtMs,
    covered: isCovering ? cover(presence.covered, fromMs, atMs, pace) : presence.covered,
    gap: isNewer ? null : presence.gap,
  };
}

/** It was said that there is no value, and why. */
export function missed(presence: Presence, gap: GapReason): Presence {
  return presence.gap === gap ? presence : { ...presence, gap };
}

/** Since when nothing new has come, in milliseconds; from the start of the watch where nothing came at all. */
export function quietMs(presence: Presence, startMs: InstantMs, clockMs: InstantMs): number {
  return clockMs - (presence.freshAtMs ?? startMs);
}

/** Why nothing comes, as far as is known of the signal itself. */
export function whyQuiet(presence: Presence): InconclusiveReason {
  if (presence.gap !== null) return reasonOfGap(presence.gap);
  return presence.newestAtMs === null ? 'no-telemetry' : 'stale';
}

function reasonOfGap(gap: GapReason): InconclusiveReason {
  switch (gap) {
    case 'no-series':
      return 'no-telemetry';
    case 'not-a-number':
    case 'too-few-samples':
    case 'counter-reset':
      return gap;
    case 'not-finite':
      return 'not-a-number';
    case 'bad-query':
    case 'unreachable':
    case 'sensor-broken':
      return 'sensor-broken';
    default:
      return unreachable(gap);
  }
}

/**
 * Share of the watch that was spoken of; `covered` may be another sum of times of the same signal. A signal that is known with a
 * delay is not held to the time it cannot know yet.
 */
export function coverageOf(
  presence: Presence,
  startMs: InstantMs,
  clockMs: InstantMs,
  covered: Covered = presence.covered,
): number {
  const { newestAtMs, freshAtMs } = presence;
  if (newestAtMs === null || freshAtMs === null) return 0;
  return coverageShare(covered, newestAtMs - startMs + Math.max(0, clockMs - freshAtMs));
}

/** From when to when something was measured, as reports say it. */
export function spanOf(presence: Presence, startMs: InstantMs): { readonly from: string; readonly to?: string } {
  const to = presence.newestAtMs;
  return { from: formatInstant(startMs), ...(to === null ? {} : { to: formatInstant(to) }) };
}
