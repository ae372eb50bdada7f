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
import { findingOf } from './breaker.js';
import type { Breakers } from './breakers.js';
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
  /** The target was left alone: it failed too often in a row. */
  leftAlone(key: CursorKey): void;
  /** How much of the past is still unmeasured though it could be. */
  behind(key: CursorKey, ms: number): void;
}

/** What a round leans on; time and publishing are handed in. */
export interface RoundPorts {
  readonly cursors: Cursors;
  /** Resolves once the samples are stored by the stream. */
  readonly publish: (key: CursorKey, samples: readonly Sample[]) => Promise<void>;
  readonly turns: Turns;
  readonly breakers: Breakers;
  readonly costs: Costs;
  readonly nowMs: () => InstantMs;
}

/** How a round ended, and when the next one makes sense. */
export type RoundOutcome =
  | {
      readonly kind: 'measured';
      readonly windows: number;
      readonly pauseMs: number;
      /** What the probe found besides numbers; null where it did not look. */
      readonly notes: readonly string[] | null;
    }
  | { readonly kind: 'left-alone'; readonly pauseMs: number }
  | { readonly kind: 'failed'; readonly failure: MeasurementFailed };

/** How carefully a round goes about its target. */
export interface Care {
  /** How many measurements may reach the target at once, this one included. */
  readonly perTarget: number;
  /** After a failure: one window at a time, lest many together be what the target cannot bear. */
  readonly isCareful: boolean;
}

/** What a turn at the target came to; null where the target is left alone. */
type Taken = { readonly asOfMs: InstantMs; readonly measured: Measured } | null;

/**
 * Measures the windows that are due, publishes them, and only then moves the cursor. A crash in between repeats the same
 * samples under the same keys, which count once. What could not be measured becomes a gap, and is tried again.
 */
export async function runRound(measure: Measure, key: CursorKey, ports: RoundPorts, care: Care): Promise<RoundOutcome> {
  const cursorMs = await ports.cursors.read(key);
  let taken: Taken;
  try {
    taken = await ports.turns.take(measure.target, care.perTarget, () => takeTurn(measure, key, ports, cursorMs, care));
  } catch (error) {
    if (!(error instanceof MeasurementFailed)) throw error;
    await ports.publish(key, measure.gaps(newestEndMs(measure.rhythm, ports.nowMs())));
    return { kind: 'failed', failure: error };
  }
  if (taken === null) return await sayLeftAlone(measure, key, ports);

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
  const windows = measured.measurements.length;
  const notes = windows === 0 ? null : (measured.notes ?? []);
  return { kind: 'measured', windows, pauseMs: Math.max(0, dueMs - asOfMs), notes };
}

/** One turn at the target, and what it cost there; whatever comes of it, its circuit hears. */
async function takeTurn(
  measure: Measure,
  key: CursorKey,
  ports: RoundPorts,
  cursorMs: InstantMs | null,
  { isCareful }: Care,
): Promise<Taken> {
  const { breakers, costs } = ports;
  if (!breakers.mayAsk(measure.target)) return null;
  const begunMs = ports.nowMs();
  try {
    const asOfMs = await measure.asOf();
    const windows = dueWindows(measure.rhythm, cursorMs, asOfMs, isCareful ? 1 : WINDOWS_MAX);
    const measured = windows.length === 0 ? NOTHING_DUE : await measure.measure(windows);
    breakers.tell(measure.target, 'answered');
    if (windows.length > 0) {
      const truncated = measured.measurements.filter(({ isTruncated }) => isTruncated).length;
      costs.measured(key, { ms: ports.nowMs() - begunMs, rows: measured.rows, windows: windows.length, truncated });
    }
    return { asOfMs, measured };
  } catch (error) {
    // A defect of ours says nothing good of the target either: it is not looked at again at once.
    breakers.tell(measure.target, error instanceof MeasurementFailed ? findingOf(error.reason) : 'failed');
    if (error instanceof MeasurementFailed) costs.failed(key, error.reason, ports.nowMs() - begunMs);
    throw error;
  }
}

const NOTHING_DUE: Measured = { measurements: [], rows: 0 };

/** While a target is left alone, every interval says so: silence would look like a prober that died. */
async function sayLeftAlone(measure: Measure, key: CursorKey, ports: RoundPorts): Promise<RoundOutcome> {
  const { rhythm, target } = measure;
  ports.costs.leftAlone(key);
  const gaps = measure.gaps(newestEndMs(rhythm, ports.nowMs()));
  await ports.publish(
    key,
    gaps.map(
      (gap): Sample => ({ ...gap, value: { kind: 'gap', reason: 'circuit-open' }, key: `${gap.key}/circuit-open` }),
    ),
  );
  const waitMs = ports.breakers.waitMs(target);
  return { kind: 'left-alone', pauseMs: waitMs > 0 ? Math.min(waitMs, rhythm.everyMs) : rhythm.everyMs };
}
