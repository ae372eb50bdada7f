import type { InstantMs } from '@parapet/kernel';
import type { AnchorPlan } from './anchors.js';

/**
 * Open intervals whose values are sums, as rows `slot, sum, sum, …` of one flat array in the order of their slots: a watch of
 * thousands of releases copies them with every sample.
 */
export type OpenRows = readonly number[];

/** Adds sums to the row of an interval; the rows begin at `from`, what stands before them stays as it is. */
export function addToRow(rows: OpenRows, slot: number, sums: readonly number[], from = 0): OpenRows {
  const width = sums.length + 1;
  // Nearly everything comes in order: the end is where to look.
  let end = rows.length;
  while (end > from && (rows[end - width] as number) > slot) end -= width;
  const next = [...rows];
  const isKnown = end > from && rows[end - width] === slot;
  if (!isKnown) {
    if (end === rows.length) next.push(slot, ...sums);
    else next.splice(end, 0, slot, ...sums);
    return next;
  }
  for (let i = 0; i < sums.length; i++) {
    const at = end - sums.length + i;
    next[at] = (next[at] as number) + (sums[i] as number);
  }
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
