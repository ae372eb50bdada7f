import { invariant, type InstantMs } from '@parapet/kernel';

/** A half-open stretch of time `[fromMs, toMs)` that is measured once. */
export interface Window {
  readonly fromMs: InstantMs;
  readonly toMs: InstantMs;
}

/** How a measurement is cut into windows. */
export interface Rhythm {
  readonly everyMs: number;
  /** How long after its end a window is measured: late commits and unfinished attempts have settled by then. */
  readonly delayMs: number;
  /** How much of the past is measured when nothing was measured before. */
  readonly backfillMs: number;
  /** How far back it can be measured at all: what lies before is left out, whatever the cursor says. Absent: all of it can. */
  readonly reachMs?: number;
}

/**
 * The windows that are due at `asOfMs`, oldest first, at most `most` of them.
 *
 * Ends lie on multiples of the interval since 1970, so a repeated, a delayed and a second prober cut time at the same
 * places and name their samples alike. Each window begins where the last one ended: they neither overlap nor leave a gap,
 * also when the interval was changed in between; only what can no longer be measured is left out.
 */
export function dueWindows(
  rhythm: Rhythm,
  cursorMs: InstantMs | null,
  asOfMs: InstantMs,
  most: number,
): readonly Window[] {
  const settledMs = asOfMs - rhythm.delayMs;
  const windows: Window[] = [];
  let fromMs = cursorMs ?? floorTo(settledMs - rhythm.backfillMs, rhythm.everyMs);
  if (rhythm.reachMs !== undefined) fromMs = Math.max(fromMs, floorTo(settledMs - rhythm.reachMs, rhythm.everyMs));
  while (windows.length < most) {
    const toMs = endAfter(fromMs, rhythm.everyMs);
    if (toMs > settledMs) break;
    windows.push({ fromMs, toMs });
    fromMs = toMs;
  }
  return windows;
}

/** When the window after the cursor can be measured. */
export function dueAtMs(rhythm: Rhythm, cursorMs: InstantMs): InstantMs {
  return endAfter(cursorMs, rhythm.everyMs) + rhythm.delayMs;
}

/** The end of the newest window that has settled: what a gap is said of when nothing could be measured. */
export function newestEndMs(rhythm: Rhythm, asOfMs: InstantMs): InstantMs {
  return floorTo(asOfMs - rhythm.delayMs, rhythm.everyMs);
}

function endAfter(fromMs: InstantMs, everyMs: number): InstantMs {
  return floorTo(fromMs, everyMs) + everyMs;
}

function floorTo(ms: number, everyMs: number): number {
  invariant(everyMs > 0, `interval is ${everyMs} ms`);
  return Math.floor(ms / everyMs) * everyMs;
}
