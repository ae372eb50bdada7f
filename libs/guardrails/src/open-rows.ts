import type { InstantMs } from '@parapet/kernel';
import type { AnchorPlan } from './anchors.js';

/** Open intervals whose values are sums, as rows `slot, sum, sum, …` of one flat array in the order of their slots. */
export type OpenRows = readonly number[];

/** Adds sums to the row of an interval, in place; the rows begin at `from`, what stands before them stays as it is. */
export function addToRow(rows: number[], slot: number, sums: readonly number[], from = 0): void {
  const width = sums.length + 1;
  // Nearly everything comes in order: the end is where to look.
  let end = rows.length;
  while (end > from && (rows[end - width] as number) > slot) end -= width;
  if (end > from && rows[end - width] === slot) {
    for (let i = 0, at = end - sums.length; i < sums.length; i++, at++) {
      rows[at] = (rows[at] as number) + (sums[i] as number);
    }
    return;
  }
  for (let i = 0; i < width; i++) rows.push(0);
  for (let i = rows.length - 1; i >= end + width; i--) rows[i] = rows[i - width] as number;
  rows[end] = slot;
  for (let i = 0; i < sums.length; i++) rows[end + 1 + i] = sums[i] as number;
}

/** Takes what stands between two places out, in place. */
export function dropRows(rows: number[], from: number, end: number): void {
  for (let i = end; i < rows.length; i++) rows[i - end + from] = rows[i] as number;
  for (let i = from; i < end; i++) rows.pop();
}

/** Where the rows end that are over for good: those more than the lateness before the newest sample. */
export function closedEnd(plan: AnchorPlan, rows: OpenRows, width: number, newestAtMs: InstantMs, from = 0): number {
  const closesBeforeMs = newestAtMs - plan.latenessMs;
  let end = from;
  while (end < rows.length && plan.startMs + ((rows[end] as number) + 1) * plan.intervalMs < closesBeforeMs)
    end += width;
  return end;
}
