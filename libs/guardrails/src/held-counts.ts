import type { InstantMs } from '@parapet/kernel';
import { countsOf, type Period } from '@parapet/signals';
import { planWindow } from './tests/sliding-window.js';
import type { WatchedGuardrail } from './watch-spec.js';

/** History is known by the minute. */
const MINUTE_MS = 60_000;

/**
 * The times before the release of which a burn rate of `scope: rolling` has to know what was counted (statistics 10.2), oldest
 * first; none for any other guardrail. Whole minutes, cut only where a slot of one of its windows ends: at most some sixty a
 * window, however long it is, and the windows hold what they would hold minute by minute. The minute in which the release began
 * is not among them, for its later samples are the watch's own.
 */
export function heldPeriods({ guardrail, signal }: WatchedGuardrail, startMs: InstantMs): readonly Period[] {
  const { test } = guardrail;
  if (test.kind !== 'burn-rate' || test.scope !== 'rolling' || signal === null) return [];
  const cuts = new Set<number>();
  for (const lengthOfMs of test.rows.flatMap(({ longMs, shortMs }) => [longMs, shortMs])) {
    const { lengthMs, slotMs } = planWindow(startMs, lengthOfMs, signal.intervalMs);
    const slots = Math.ceil(lengthMs / slotMs);
    for (let slot = 0; slot <= slots; slot++) cuts.add(wholeMinute(startMs - slot * slotMs));
  }
  const ordered = [...cuts].sort((a, b) => a - b);
  return ordered.slice(1).map((toMs, i) => ({ fromMs: ordered[i] as number, toMs }));
}

/** The guardrail with what its windows held when the release began; times without exposure are left out. */
export function withHeld(
  watched: WatchedGuardrail,
  counted: readonly (Period & { readonly count: number; readonly of: number })[],
): WatchedGuardrail {
  const badDirection = watched.signal?.badDirection ?? 'high';
  const held = counted.flatMap(({ fromMs, toMs, count, of }) =>
    of > 0 ? [{ fromMs, toMs, ...countsOf('proportion', badDirection, count, of) }] : [],
  );
  return held.length === 0 ? watched : { ...watched, held };
}

function wholeMinute(ms: number): number {
  return Math.floor(ms / MINUTE_MS) * MINUTE_MS;
}
