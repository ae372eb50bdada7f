import type { InstantMs } from '@parapet/kernel';
import { type AnchorPlan, INTERVALS_MIN, newestAnchor, slotOf } from './anchors.js';
import type { CountKernel } from './count-kernel.js';
import { GRID } from './grid.js';
import { mixtureOver } from './mixture.js';
import { addToRow, closedEnd, type OpenRows } from './open-rows.js';

/** Counts since each anchor; small, and independent of the length of the watch. */
export interface AnchoredCounts {
  /** Of closed intervals since the release: exposure, events, and the events that each kernel's cap let count. */
  readonly sums: readonly number[];
  /** The same as it was when each later anchor began, less the events: a row for each of them. What came since is the difference. */
  readonly before: readonly number[];
  /** Rows of slot, events and exposure that late samples may still join. */
  readonly open: OpenRows;
}

/** Anchors and caps for counts, judged by one kernel or by one for each window of history. */
export interface CountMixture {
  start(): AnchoredCounts;
  /**
   * Adds one observation. Series that report in the same interval share its cap, and late ones find their interval open, so the
   * order of arrival within the lateness does not matter.
   */
  observe(
    counts: AnchoredCounts,
    atMs: InstantMs,
    newestAtMs: InstantMs,
    events: number,
    exposure: number,
  ): AnchoredCounts;
  /** ln of the mixture over starts and sizes by each kernel; 0 before any data. */
  evidence(counts: AnchoredCounts): readonly number[];
  /** Everything that was observed, not capped. */
  total(counts: AnchoredCounts): { readonly events: number; readonly exposure: number };
}

const ROW = 3;
const EXPOSURE = 0;
const EVENTS = 1;
const CAPPED = 2;

/** The mixture of statistics 7 for counts. */
export function countMixture(plan: AnchorPlan, kernels: readonly CountKernel[]): CountMixture {
  const mixture = mixtureOver(plan, GRID.length);
  const alternatives = kernels.map((kernel) => GRID.map((times) => kernel.against(times)));
  const evidenceMax = (plan.evidenceNeeded + Math.log(GRID.length)) / INTERVALS_MIN;
  const beforeWidth = 1 + kernels.length;
  const capped = (kernel: number, events: number, exposure: number): number =>
    (kernels[kernel] as CountKernel).capped(
      events,
      exposure,
      evidenceMax,
      alternatives[kernel] as (typeof alternatives)[number],
    );

  const close = (counts: AnchoredCounts, rows: OpenRows, end: number): AnchoredCounts => {
    const sums = [...counts.sums];
    let { before } = counts;
    for (let row = 0; row < end; row += ROW) {
      const [slot, events, exposure] = [rows[row] as number, rows[row + 1] as number, rows[row + 2] as number];
      const anchor = newestAnchor(plan, slot);
      const added = kernels.map((_, kernel) => capped(kernel, events, exposure));
      before = anchorsBegun(before, sums, anchor, beforeWidth);
      // An interval from before anchors that have begun already is not theirs: what they take off grows with the sum.
      if (before.length > anchor * beforeWidth) {
        before = before.map((value, i) => {
          if (i < anchor * beforeWidth) return value;
          const of = i % beforeWidth;
          return value + (of === 0 ? exposure : (added[of - 1] as number));
        });
      }
      sums[EXPOSURE] = (sums[EXPOSURE] as number) + exposure;
      sums[EVENTS] = (sums[EVENTS] as number) + events;
      added.forEach((some, kernel) => (sums[CAPPED + kernel] = (sums[CAPPED + kernel] as number) + some));
    }
    return { sums, before, open: rows.slice(end) };
  };

  const evidenceBy = (counts: AnchoredCounts, kernel: number): number => {
    const { sums, before, open } = counts;
    const own = alternatives[kernel] as (typeof alternatives)[number];
    const closedAnchors = 1 + before.length / beforeWidth;
    const newestOpen = open.length === 0 ? 0 : newestAnchor(plan, open[open.length - ROW] as number);
    const begun = Math.max(closedAnchors, newestOpen + 1);
    // Intervals still open count for every anchor up to their own: they join on the way back to the first.
    let [openEvents, openExposure, row] = [0, 0, open.length - ROW];
    for (let anchor = begun - 1; anchor >= 0; anchor--) {
      for (; row >= 0 && newestAnchor(plan, open[row] as number) >= anchor; row -= ROW) {
        const exposure = open[row + 2] as number;
        openEvents += capped(kernel, open[row + 1] as number, exposure);
        openExposure += exposure;
      }
      const at = (anchor - 1) * beforeWidth;
      const isBegun = anchor < closedAnchors;
      const since = (sum: number, less: number) =>
        isBegun ? (sums[sum] as number) - (anchor === 0 ? 0 : (before[at + less] as number)) : 0;
      const events = since(CAPPED + kernel, 1 + kernel) + openEvents;
      const exposure = since(EXPOSURE, 0) + openExposure;
      for (let size = 0; size < own.length; size++) {
        mixture.terms[anchor * own.length + size] = (own[size] as (typeof own)[number]).worse(events, exposure);
      }
    }
    return mixture.evidence(begun);
  };

  return {
    start: () => ({ sums: [0, 0, ...kernels.map(() => 0)], before: [], open: [] }),
    observe: (counts, atMs, newestAtMs, events, exposure) => {
      const open = addToRow(counts.open, slotOf(plan, atMs), [events, exposure]);
      const end = closedEnd(plan, open, ROW, newestAtMs);
      return end === 0 ? { sums: counts.sums, before: counts.before, open } : close(counts, open, end);
    },
    evidence: (counts) => kernels.map((_, kernel) => evidenceBy(counts, kernel)),
    total: ({ sums, open }) => {
      let [events, exposure] = [sums[EVENTS] as number, sums[EXPOSURE] as number];
      for (let row = 0; row < open.length; row += ROW) {
        events += open[row + 1] as number;
        exposure += open[row + 2] as number;
      }
      return { events, exposure };
    },
  };
}

/** The sums as they are, once for each anchor up to this one that has not begun yet. */
function anchorsBegun(
  before: readonly number[],
  sums: readonly number[],
  anchor: number,
  width: number,
): readonly number[] {
  if (before.length >= anchor * width) return before;
  const next = [...before];
  while (next.length < anchor * width) next.push(sums[EXPOSURE] as number, ...sums.slice(CAPPED));
  return next;
}
