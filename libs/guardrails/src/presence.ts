import { formatInstant, type InstantMs, unreachable } from '@parapet/kernel';
import type { GapReason, Observation } from '@parapet/signals';
import { cover, type Covered, coveredMs, coverageShare, NOTHING_COVERED, type Pace } from './coverage.js';
import type { InconclusiveReason } from './events.js';

/** When a signal was last heard and how much of the watch it covered. */
export interface Presence {
  /** `NEVER_MS` before anything was heard, like the next one: numbers are changed in place, and what may be null is made anew. */
  newestAtMs: InstantMs;
  /** Our clock when the newest value came: an old sensor is not fresh because it talks. */
  freshAtMs: InstantMs;
  covered: Covered;
  /** Why there was no value the last time; null after a usable one. */
  gap: GapReason | null;
  /** When there was nothing to measure because nobody trades; null where that was never said. */
  readonly closed: Closed | null;
}

/** Times of closed shops, which are no silence and no lack. */
interface Closed {
  readonly covered: Covered;
  /** Our clock when it was last said: whoever says it may fall silent too. */
  readonly saidAtMs: InstantMs;
}

/** Before any watch. */
export const NEVER_MS: InstantMs = 0;

/** A signal before anything was heard. */
export function absent(): Presence {
  return { newestAtMs: NEVER_MS, freshAtMs: NEVER_MS, covered: NOTHING_COVERED, gap: null, closed: null };
}

/** A usable value came, taken in in place; `isCovering` unless it cannot be compared, which makes it present and no coverage. */
export function heard(
  presence: Presence,
  { fromMs, atMs }: Observation,
  clockMs: InstantMs,
  pace: Pace,
  isCovering: boolean,
): void {
  if (isCovering) presence.covered = cover(presence.covered, fromMs, atMs, pace);
  if (atMs <= presence.newestAtMs) return;
  presence.newestAtMs = atMs;
  presence.freshAtMs = clockMs;
  presence.gap = null;
}

/** Whether anything was heard yet. */
export function isHeard({ newestAtMs }: Presence): boolean {
  return newestAtMs !== NEVER_MS;
}

/** It was said that there is no value, and why. */
export function missed(presence: Presence, gap: GapReason): Presence {
  return presence.gap === gap ? presence : { ...presence, gap };
}

/**
 * It was said that nobody trades. Where that is said of all that a guardrail looks at, the time asks for no value; one closed shop
 * among others excuses none of them.
 */
export function closed(
  presence: Presence,
  { fromMs, atMs, dimensions }: Observation,
  clockMs: InstantMs,
  pace: Pace,
  where: Readonly<Record<string, string>>,
): Presence {
  const before = presence.closed?.covered ?? NOTHING_COVERED;
  const isWhole = Object.keys(dimensions).every((name) => Object.hasOwn(where, name));
  const covered = isWhole ? cover(before, fromMs, atMs, pace) : before;
  return { ...presence, gap: 'closed', closed: { covered, saidAtMs: clockMs } };
}

/** Whether the newest word is that nobody trades, and young enough to be believed. */
export function isClosed({ gap, closed: said }: Presence, clockMs: InstantMs, staleAfterMs: number): boolean {
  return gap === 'closed' && said !== null && clockMs - said.saidAtMs <= staleAfterMs;
}

/** Since when nothing new has come, in milliseconds; from the start of the watch where nothing came at all. */
export function quietMs(presence: Presence, startMs: InstantMs, clockMs: InstantMs): number {
  return clockMs - (isHeard(presence) ? presence.freshAtMs : startMs);
}

/** Why nothing comes, as far as is known of the signal itself. */
export function whyQuiet(presence: Presence): InconclusiveReason {
  // Nobody repeats it any more: then it is as if nothing had been said.
  if (presence.gap !== null && presence.gap !== 'closed') return reasonOfGap(presence.gap);
  return isHeard(presence) ? 'stale' : 'no-telemetry';
}

function reasonOfGap(gap: Exclude<GapReason, 'closed'>): InconclusiveReason {
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
    case 'circuit-open':
      return 'sensor-broken';
    default:
      return unreachable(gap);
  }
}

/**
 * Share of the watch that was spoken of; `covered` may be another sum of times of the same signal. A signal that is known with a
 * delay is not held to the time it cannot know yet, and none to the time when nobody traded.
 */
export function coverageOf(
  presence: Presence,
  startMs: InstantMs,
  clockMs: InstantMs,
  covered: Covered = presence.covered,
): number {
  if (!isHeard(presence)) return 0;
  const { newestAtMs, freshAtMs, closed: said } = presence;
  const elapsedMs = newestAtMs - startMs + Math.max(0, clockMs - freshAtMs);
  return coverageShare(covered, elapsedMs - (said === null ? 0 : coveredMs(said.covered)));
}

/** From when to when something was measured, as reports say it. */
export function spanOf(presence: Presence, startMs: InstantMs): { readonly from: string; readonly to?: string } {
  return {
    from: formatInstant(startMs),
    ...(isHeard(presence) ? { to: formatInstant(presence.newestAtMs) } : {}),
  };
}
