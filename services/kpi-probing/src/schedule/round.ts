import type { InstantMs } from '@parapet/kernel';
import type { Sample } from '@parapet/signals';
import type { CursorKey, Cursors } from './cursors.js';
import { MeasurementFailed, type FailureReason, type Measure, type Measurement } from './probe.js';
import type { Turns } from './turns.js';
import { dueAtMs, dueWindows, newestEndMs, type Window } from './windows.js';

/** How many windows are measured before they are published: enough for a quick backfill, few enough to repeat after a crash. */
const WINDOWS_MAX = 30;

/** What a measurement cost its target, and how measuring goes; for the metrics page. */
export interface Costs {
  measured(key: CursorKey, cost: { readonly ms: number; readonly rows: number; readonly isTruncated: boolean }): void;
  failed(key: CursorKey, reason: FailureReason, ms: number): void;
  /** How much of the past is still unmeasured though it could be. */
  behind(key: CursorKey, ms: number): void;
}

/** What a round leans on; time and publishing are handed in. */
export interface RoundPorts {
  readonly cursors: Cursors;
  /** Resolves once the samples are stored by the stream. */
  readonly publish: (key: CursorKey, samples: readonly Sample[]) => Promise<void>;
  readonly turns: Turns;
  readonly costs: Costs;
  readonly nowMs: () => InstantMs;
}

/** How a round ended, and when the next one makes sense. */
export type RoundOutcome =
  | { readonly kind: 'measured'; readonly windows: number; readonly pauseMs: number }
  | { readonly kind: 'failed'; readonly failure: MeasurementFailed };

/**
 * Measures the windows that are due, publishes them, and only then moves the cursor. A crash in between repeats the same
 * samples under the same keys, which count once. What could not be measured becomes a gap, and is tried again.
 */
export async function runRound(measure: Measure, key: CursorKey, ports: RoundPorts): Promise<RoundOutcome> {
  const cursorMs = await ports.cursors.read(key);
  const taken = await ports.turns.take(measure.target, () => takeMeasurements(measure, key, cursorMs, ports));

  const last = taken.measured.at(-1);
  if (last !== undefined) {
    await ports.publish(key, taken.measured.flatMap(({ measurement }) => measurement.samples));
    await ports.cursors.advance(key, last.window.toMs);
  }
  if (taken.failure !== null) {
    await ports.publish(key, measure.gaps(newestEndMs(measure.rhythm, ports.nowMs())));
    return { kind: 'failed', failure: taken.failure };
  }
  const reachedMs = last?.window.toMs ?? cursorMs;
  const dueMs = reachedMs === null ? taken.asOfMs + measure.rhythm.everyMs : dueAtMs(measure.rhythm, reachedMs);
  ports.costs.behind(key, Math.max(0, taken.asOfMs - dueMs));
  return { kind: 'measured', windows: taken.measured.length, pauseMs: Math.max(0, dueMs - taken.asOfMs) };
}

interface Taken {
  readonly asOfMs: InstantMs;
  readonly measured: readonly { readonly window: Window; readonly measurement: Measurement }[];
  readonly failure: MeasurementFailed | null;
}

async function takeMeasurements(measure: Measure, key: CursorKey, cursorMs: InstantMs | null, ports: RoundPorts): Promise<Taken> {
  const measured: { window: Window; measurement: Measurement }[] = [];
  let asOfMs = 0;
  let startedMs = ports.nowMs();
  try {
    asOfMs = await measure.asOf();
    for (const window of dueWindows(measure.rhythm, cursorMs, asOfMs, WINDOWS_MAX)) {
      startedMs = ports.nowMs();
      const measurement = await measure.measure(window);
      const { rows, isTruncated } = measurement;
      ports.costs.measured(key, { ms: ports.nowMs() - startedMs, rows, isTruncated });
      measured.push({ window, measurement });
    }
    return { asOfMs, measured, failure: null };
  } catch (error) {
    if (!(error instanceof MeasurementFailed)) throw error;
    ports.costs.failed(key, error.reason, ports.nowMs() - startedMs);
    return { asOfMs, measured, failure: error };
  }
}
