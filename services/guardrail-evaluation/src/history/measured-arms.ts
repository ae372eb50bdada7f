import type { Guardrail, WatchedGuardrail, WatchedSignal } from '@parapet/guardrails';
import {
  armsTailsOf,
  bucketsWindowOf,
  differencesOf,
  type HistoryWindow,
  type Period,
  type RollUp,
  valuesBaseline,
  valuesWindowOf,
} from '@parapet/signals';
import type { RestArm } from './arms-history.js';

/** What was measured in two arms, minute by minute, all series of each together. */
export interface MeasuredArms {
  readonly watched: readonly RollUp[];
  readonly control: readonly RollUp[];
}

/** The arms of a gauge or a latency guardrail whose past can tell how they differ; null where it cannot. */
export function measuredArmsOfThePast({ test }: Guardrail): RestArm | null {
  if (test.kind !== 'gauge' && test.kind !== 'histogram') return null;
  if (test.against !== 'control' || test.control.kind !== 'rest') return null;
  return test.control.released.length === 0 ? null : test.control;
}

/**
 * The guardrail with how its arms differed while neither had the release: of a gauge the difference of both (statistics 6.2), of
 * latencies the tails of each. Too little of it says nothing, and the arms are taken to have been alike.
 */
export function withMeasuredArms(
  watched: WatchedGuardrail,
  signal: WatchedSignal,
  periods: readonly Period[],
  arms: MeasuredArms,
): WatchedGuardrail {
  const { test } = watched.guardrail;
  if (test.kind === 'gauge') {
    const { transform } = test;
    const read = (minutes: readonly RollUp[]) =>
      valuesWindowOf(minutes, periods, { intervalMs: signal.intervalMs, transform });
    const differences = both(arms, read, differencesOf);
    if (differences === null) return watched;
    const armsValues = valuesBaseline([differences], { transform, drift: 0 });
    return armsValues.kind === 'values' && !armsValues.isAssumed ? { ...watched, armsValues } : watched;
  }
  const history = watched.baselines.find(({ baseline }) => baseline.kind === 'histogram')?.baseline;
  if (test.kind !== 'histogram' || history?.kind !== 'histogram') return watched;
  const armsTails = both(
    arms,
    (minutes) => bucketsWindowOf(minutes, periods),
    (own, other) => armsTailsOf(own, other, history.bounds),
  );
  return armsTails === null || armsTails.length === 0 ? watched : { ...watched, armsTails };
}

function both<T, R>(
  { watched, control }: MeasuredArms,
  read: (minutes: readonly RollUp[]) => HistoryWindow<T> | null,
  compare: (own: HistoryWindow<T>, other: HistoryWindow<T>) => R,
): R | null {
  const [own, other] = [read(watched), read(control)];
  return own === null || other === null ? null : compare(own, other);
}
