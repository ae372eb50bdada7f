import type { ControlArm, Guardrail, WatchedGuardrail, WatchedSignal } from '@parapet/guardrails';
import {
  type ArmsIncrement,
  armsDispersionOf,
  armsRatioOf,
  type Counts,
  countsOf,
  type Period,
} from '@parapet/signals';
import type { ArmsMinute } from './read-history.js';

const MINUTE_MS = 60_000;
const NOTHING = { count: 0, of: 0 } as const;

/** Values of a dimension that got the release: all others are what it is compared with. */
export type RestArm = Extract<ControlArm, { kind: 'rest' }>;

/**
 * The arms of a count guardrail whose past can tell how they differ; null where it cannot: a canary's arms were one before it, and
 * what was told of all stores together divides nothing.
 */
export function armsOfThePast({ test }: Guardrail): RestArm | null {
  if (test.kind !== 'proportion' && test.kind !== 'rate') return null;
  if (test.against !== 'control' || test.control.kind !== 'rest') return null;
  return test.control.released.length === 0 ? null : test.control;
}

/** The guardrail with how its arms differed, and how that varied, while neither had the release (statistics 6.1). */
export function withArms(
  watched: WatchedGuardrail,
  signal: WatchedSignal,
  periods: readonly Period[],
  minutes: readonly ArmsMinute[],
): WatchedGuardrail {
  const { kind } = watched.guardrail.test;
  if (kind !== 'proportion' && kind !== 'rate') return watched;
  const sums = new Map<string, { count: number; of: number }>();
  for (const { minuteMs, isWatched, count, of } of minutes) {
    const key = keyOf(minuteMs, isWatched);
    const sum = sums.get(key) ?? { count: 0, of: 0 };
    sums.set(key, { count: sum.count + count, of: sum.of + of });
  }
  const countsAt = (minuteMs: number, isWatched: boolean): Counts => {
    const { count, of } = sums.get(keyOf(minuteMs, isWatched)) ?? NOTHING;
    return countsOf(kind, signal.badDirection, count, of);
  };
  const increments: ArmsIncrement[] = [];
  // Minutes without a word stay in, so that lags keep their meaning; they add no residual.
  for (const { fromMs, toMs } of [...periods].sort((a, b) => a.fromMs - b.fromMs)) {
    for (let at = fromMs; at < toMs; at += MINUTE_MS) {
      increments.push({ watched: countsAt(at, true), control: countsAt(at, false) });
    }
  }
  const armsDispersion = armsDispersionOf(increments, MINUTE_MS);
  const armsRatio = armsRatioOf(increments, armsDispersion);
  return {
    ...watched,
    ...(armsDispersion.isAssumed ? {} : { armsDispersion }),
    ...(armsRatio === null ? {} : { armsRatio }),
  };
}

function keyOf(minuteMs: number, isWatched: boolean): string {
  return `${minuteMs} ${isWatched}`;
}
