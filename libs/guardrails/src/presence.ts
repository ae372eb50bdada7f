import { formatInstant, type InstantMs, unreachable } from '@parapet/kernel';
import type { GapReason } from '@parapet/signals';
import { coverageShare } from './coverage.js';
import type { InconclusiveReason } from './events.js';
import type { Presence } from './state.js';
import type { WatchedGuardrail, WatchSpec } from './watch-spec.js';

/** Why the signal cannot be trusted just now; null where it was heard lately. */
export function presenceTrouble(
  spec: WatchSpec,
  watched: WatchedGuardrail,
  presence: Presence,
  clockMs: InstantMs,
): InconclusiveReason | null {
  if (watched.signal === null) return 'no-telemetry';
  const quietMs = clockMs - (presence.freshAtMs ?? spec.startMs);
  if (quietMs <= watched.guardrail.staleAfterMs) return null;
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

/** Share of the watch that was spoken of. A signal that is known with a delay is not held to the time it cannot know yet. */
export function coverageOf(spec: WatchSpec, presence: Presence, clockMs: InstantMs): number {
  const { newestAtMs, freshAtMs } = presence;
  if (newestAtMs === null || freshAtMs === null) return 0;
  return coverageShare(presence.covered, newestAtMs - spec.startMs + Math.max(0, clockMs - freshAtMs));
}

/** From when to when something was measured, as reports say it. */
export function spanOf(spec: WatchSpec, presence: Presence): { readonly from: string; readonly to?: string } {
  const to = presence.newestAtMs;
  return { from: formatInstant(spec.startMs), ...(to === null ? {} : { to: formatInstant(to) }) };
}
