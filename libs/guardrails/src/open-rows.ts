import type { InstantMs } from '@parapet/kernel';
import type { AnchorPlan } from './anchors.js';

/**
 * Open intervals whose values are sums, as rows `slot, sum, sum, …` of one flat array in the order of their slots: a watch of
 * thousands of releases copies them with every sample.
 */
export type OpenRows = readonly number[];

/**
 * Adds sums to the row of an interval, in an array of its own; the rows begin at `from`, what stands before them stays as it is.
 * The array is as long as it has to be: one that had grown by pushing would be kept with the room that it grew into.
 */
export function addToRow(rows: OpenRows, slot: number, sums: readonly number[], from = 0): number[] {
  const width = sums.length + 1;
  // Nearly everything comes in order: the end is where to look.
  let end = rows.length;
  while (end > from && (rows[end - width] as number) > slot) end -= width;
  if (end > from && rows[end - width] === slot) {
    const next = rows.slice();
    for (let i = 0; i < sums.length; i++) {
      const at = end - sums.length + i;
      next[at] = (next[at] as number) + (sums[i] as number);
    }
    return next;
  }
  const next = new Array<number>(rows.length + width);
  for (let i = 0; i < end; i++) next[i] = rows[i] as number;
  next[end] = slot;
  for (let i = 0; i < sums.length; i++) next[end + 1 + i] = sums[i] as number;
  for (let i = end; i < rows.length; i++) next[i + width] = rows[i] as number;
  return next;
}

/** Where the rows end that are over for good: those more than the lateness before the newest sample. */
export function closedEnd(plan: AnchorPlan, rows: OpenRows, width: number, newestAtMs: InstantMs, from = 0): number {
  const closesBeforeMs = newestAtMs - plan.latenessMs;
  let end = from;
  while (end < rows.length && plan.startMs + ((rows[end] as number) + 1) * plan.intervalMs < closesBeforeMs)
    end += width;
  return end;
}
