import { heldPeriods, withHeld, type WatchedGuardrail } from '@parapet/guardrails';
import type { InstantMs } from '@parapet/kernel';
import type { History, SummedPeriods } from './read-history.js';

/** What is read of the time that a guardrail's windows reach back before the release; nothing where they do not. */
export function heldAskedBy(watched: WatchedGuardrail, startMs: InstantMs): readonly SummedPeriods[] {
  return heldPeriods(watched, startMs).map((period) => ({ id: heldId(period.toMs), periods: [period] }));
}

/** The guardrail with what its windows held when the release began, bad and unusual times like any other. */
export function withHeldWindows(watched: WatchedGuardrail, startMs: InstantMs, { sums }: History): WatchedGuardrail {
  const counted = heldPeriods(watched, startMs).flatMap((period) => {
    const sum = sums.get(heldId(period.toMs));
    return sum === undefined ? [] : [{ ...period, count: sum.count, of: sum.of }];
  });
  return withHeld(watched, counted);
}

const heldId = (toMs: InstantMs): string => `held-${toMs}`;
