import type { InstantMs } from '@parapet/kernel';
import type { Sample } from '@parapet/signals';
import type { CursorKey, Cursors } from './cursors.js';
import {
  dueAtMs,
  dueWindows,
  type FailureReason,
  type Measure,
  type Measured,
  MeasurementFailed,
  newestEndMs,
} from '@parapet/probes';
import type { Turns } from './turns.js';

/** How many windows are measured at once: enough for a quick backfill, few enough to repeat after a crash. */
const WINDOWS_MAX = 300;

/** What a measurement cost its target, and how measuring goes; for the metrics page. */
export interface Costs {
  measured(
    key: CursorKey,
    cost: { readonly ms: number; readonly rows: number; readonly windows: number; readonly truncated: number },
  ): void;
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
 * @param isCareful after a failure: one window at a time, lest many together be what the target cannot bear
 */
export async function runRound(
  measure: Measure,
  key: CursorKey,
  ports: RoundPorts,
  isCareful = false,
): Promise<RoundOutcome> {
  const cursorMs = await ports.cursors.read(key);
  const startedMs = ports.nowMs();
  let taken: { readonly asOfMs: InstantMs; readonly measured: Measured };
  try {
    taken = await ports.turns.take(measure.target, async () => {
      const asOfMs = await measure.asOf();
      const windows = dueWindows(measure.rhythm, cursorMs, asOfMs, isCareful ? 1 : WINDOWS_MAX);
      const begunMs = ports.nowMs();
      if (windows.length === 0) return { asOfMs, measured: { measurements: [], rows: 0 } };
      const measured = await measure.measure(windows);
      const truncated = measured.measurements.filter(({ isTruncated }) => isTruncated).length;
      ports.costs.measured(key, {
        ms: ports.nowMs() - begunMs,
        rows: measured.rows,
        windows: windows.length,
        truncated,
      });
      return { asOfMs, measured };
    });
  } catch (error) {
    if (!(error instanceof MeasurementFailed)) throw error;
    ports.costs.failed(key, error.reason, ports.nowMs() - startedMs);
    await ports.publish(key, measure.gaps(newestEndMs(measure.rhythm, ports.nowMs())));
    return { kind: 'failed', failure: error };
  }

  const { asOfMs, measured } = taken;
  const last = measured.measurements.at(-1);
  if (last !== undefined) {
    await ports.publish(
      key,
      measured.measurements.flatMap(({ samples }) => samples),
    );
    await ports.cursors.advance(key, last.window.toMs);
  }
  const reachedMs = last?.window.toMs ?? cursorMs;
  const dueMs = reachedMs === null ? asOfMs + measure.rhythm.everyMs : dueAtMs(measure.rhythm, reachedMs);
  ports.costs.behind(key, Math.max(0, asOfMs - dueMs));
  return { kind: 'measured', windows: measured.measurements.length, pauseMs: Math.max(0, dueMs - asOfMs) };
}
