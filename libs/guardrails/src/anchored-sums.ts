import type { InstantMs } from '@parapet/kernel';
import { type AnchorPlan, newestAnchor, slotOf } from './anchors.js';
import { addToRow, closedEnd, type OpenRows } from './open-rows.js';

/** Sums since each anchor; small, and independent of the length of the watch. */
export interface AnchoredSums {
  /** Of all closed intervals, each capped. */
  readonly sums: readonly number[];
  /** The same as it was when each later anchor began, a row for each of them. What came since is the difference. */
  readonly before: readonly number[];
  /** Rows of what came in an interval, not yet capped, that late samples may still join. */
  readonly open: OpenRows;
}

/** What each interval contributes to the sums, and what they come to since each anchor (statistics 7). */
export interface Anchored {
  start(): AnchoredSums;
  /** Adds what one sample holds to its interval; samples of one interval are added up and share its cap. */
  add(state: AnchoredSums, atMs: InstantMs, newestAtMs: InstantMs, sample: readonly number[]): AnchoredSums;
  /** Writes what came since each anchor into `since`, a row an anchor, and answers how many have begun. */
  fill(state: AnchoredSums): number;
  /** Written anew by `fill`. */
  readonly since: Float64Array;
}

/** One interval as it counts: reads the row that begins at `at` (its slot first), writes what it contributes into `into`. */
export type Contribute = (rows: OpenRows, at: number, into: Float64Array) => void;

/** @param o.rowWidth numbers a sample holds @param o.width numbers an interval contributes */
export function anchoredSums(
  plan: AnchorPlan,
  o: { readonly rowWidth: number; readonly width: number; readonly contribute: Contribute },
): Anchored {
  const { width, contribute } = o;
  const stride = o.rowWidth + 1;
  const since = new Float64Array(plan.count * width);
  const added = new Float64Array(width);

  const close = (state: AnchoredSums, open: OpenRows, end: number): AnchoredSums => {
    const sums = [...state.sums];
    let before = state.before;
    for (let at = 0; at < end; at += stride) {
      const later = newestAnchor(plan, open[at] as number) * width;
      contribute(open, at, added);
      if (before.length < later) {
        const begun = [...before];
        while (begun.length < later) begun.push(...sums);
        before = begun;
      } else if (before.length > later) {
        // An interval from before anchors that have begun already is not theirs: what they take off grows with the sum.
        before = before.map((value, i) => (i < later ? value : value + (added[i % width] as number)));
      }
      for (let i = 0; i < width; i++) sums[i] = (sums[i] as number) + (added[i] as number);
    }
    return { sums, before, open: open.slice(end) };
  };

  return {
    since,
    start: () => ({ sums: Array.from({ length: width }, () => 0), before: [], open: [] }),
    add: (state, atMs, newestAtMs, sample) => {
      const open = addToRow(state.open, slotOf(plan, atMs), sample);
      const end = closedEnd(plan, open, stride, newestAtMs);
      return end === 0 ? { sums: state.sums, before: state.before, open } : close(state, open, end);
    },
    fill: ({ sums, before, open }) => {
      const closedBegun = 1 + before.length / width;
      const newestOpen = open.length === 0 ? 0 : newestAnchor(plan, open[open.length - stride] as number);
      const begun = Math.max(closedBegun, newestOpen + 1);
      for (let anchor = 0, i = 0; anchor < begun; anchor++) {
        const row = (anchor - 1) * width;
        for (let of = 0; of < width; of++, i++) {
          const own = anchor === 0 ? (sums[of] as number) : (sums[of] as number) - (before[row + of] as number);
          since[i] = anchor < closedBegun ? own : 0;
        }
      }
      for (let at = 0; at < open.length; at += stride) {
        const newest = newestAnchor(plan, open[at] as number);
        contribute(open, at, added);
        for (let anchor = 0, i = 0; anchor <= newest; anchor++) {
          for (let of = 0; of < width; of++, i++) since[i] = (since[i] as number) + (added[of] as number);
        }
      }
      return begun;
    },
  };
}
