import type { InstantMs } from '@parapet/kernel';
import type { AnchorPlan } from './anchors.js';

/** What one interval holds so far; values of the same interval are merged, so that they share its cap. */
export interface OpenInterval<T> {
  readonly slot: number;
  readonly value: T;
}

/** Intervals that late samples may still join, in the order of their slots. */
export type OpenIntervals<T> = readonly OpenInterval<T>[];

/** Adds a value to its interval; `merge` must not care for the order of its arguments. */
export function mergeInterval<T>(
  open: OpenIntervals<T>,
  slot: number,
  value: T,
  merge: (before: T, added: T) => T,
): OpenIntervals<T> {
  // Nearly everything comes in order: the end is where to look.
  let at = open.length;
  while (at > 0 && (open[at - 1] as OpenInterval<T>).slot > slot) at -= 1;
  const known = at > 0 ? (open[at - 1] as OpenInterval<T>) : undefined;
  const next = [...open];
  if (known?.slot === slot) next[at - 1] = { slot, value: merge(known.value, value) };
  else next.splice(at, 0, { slot, value });
  return next;
}

/** Intervals that are over for good, in the order of their slots, and those that are not. */
export interface ClosedIntervals<T> {
  readonly closed: OpenIntervals<T>;
  readonly open: OpenIntervals<T>;
}

/** Splits off the intervals that end more than the lateness before the newest sample: whatever came in time has joined them. */
export function closeIntervals<T>(plan: AnchorPlan, open: OpenIntervals<T>, newestAtMs: InstantMs): ClosedIntervals<T> {
  const closesBeforeMs = newestAtMs - plan.latenessMs;
  let closing = 0;
  while (closing < open.length && endOf(plan, (open[closing] as OpenInterval<T>).slot) < closesBeforeMs) closing += 1;
  return closing === 0 ? { closed: [], open } : { closed: open.slice(0, closing), open: open.slice(closing) };
}

function endOf(plan: AnchorPlan, slot: number): InstantMs {
  return plan.startMs + (slot + 1) * plan.intervalMs;
}
