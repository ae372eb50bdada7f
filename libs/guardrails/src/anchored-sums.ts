import type { InstantMs } from '@parapet/kernel';
import { type AnchorPlan, newestAnchor, slotOf } from './anchors.js';
import { addToRow, closedEnd, dropRows, type OpenRows } from './open-rows.js';

/** Sums since each anchor; small, and independent of the length of the watch. */
export interface AnchoredSums {
  /**
   * The sums of all closed intervals, each capped, and after them the rows of what came in an interval, not yet capped, that late
   * samples may still join.
   */
  readonly now: number[];
  /** The sums as they were when each later anchor began, a row for each of them. What came since is the difference. */
  readonly before: number[];
}

/** One interval as it counts: reads the row that begins at `at` (its slot first), writes what it contributes into `into`. */
export type Contribute = (rows: OpenRows, at: number, into: Float64Array) => void;

/** What each interval contributes to the sums, and what they come to since each anchor (statistics 7). */
export class Anchored {
  /** Written anew by `fill`. */
  readonly since: Float64Array;
  readonly #plan: AnchorPlan;
  readonly #width: number;
  readonly #stride: number;
  readonly #contribute: Contribute;
  readonly #added: Float64Array;

  /** @param o.rowWidth numbers a sample holds @param o.width numbers an interval contributes */
  constructor(
    plan: AnchorPlan,
    o: { readonly rowWidth: number; readonly width: number; readonly contribute: Contribute },
  ) {
    this.#plan = plan;
    this.#width = o.width;
    this.#stride = o.rowWidth + 1;
    this.#contribute = o.contribute;
    this.since = scratch(SINCE, plan.count * o.width);
    this.#added = scratch(ADDED, o.width);
  }

  start(): AnchoredSums {
    return { now: Array.from({ length: this.#width }, () => 0), before: [] };
  }

  /** Adds what one sample holds to its interval, in place; samples of one interval are added up and share its cap. */
  add(state: AnchoredSums, atMs: InstantMs, newestAtMs: InstantMs, sample: readonly number[]): void {
    const width = this.#width;
    addToRow(state.now, slotOf(this.#plan, atMs), sample, width);
    const end = closedEnd(this.#plan, state.now, this.#stride, newestAtMs, width);
    if (end > width) this.#close(state, end);
  }

  #close({ now, before }: AnchoredSums, end: number): void {
    const [width, added] = [this.#width, this.#added];
    for (let at = width; at < end; at += this.#stride) {
      const later = newestAnchor(this.#plan, now[at] as number) * width;
      this.#contribute(now, at, added);
      if (before.length < later) {
        while (before.length < later) for (let i = 0; i < width; i++) before.push(now[i] as number);
      } else if (before.length > later) {
        // An interval from before anchors that have begun already is not theirs: what they take off grows with the sum.
        for (let i = later; i < before.length; i++) before[i] = (before[i] as number) + (added[i % width] as number);
      }
      for (let i = 0; i < width; i++) now[i] = (now[i] as number) + (added[i] as number);
    }
    dropRows(now, width, end);
  }

  /** Writes what came since each anchor into `since`, a row an anchor, and answers how many have begun. */
  fill({ now, before }: AnchoredSums): number {
    const [plan, width, stride, added, since] = [this.#plan, this.#width, this.#stride, this.#added, this.since];
    const closedBegun = 1 + before.length / width;
    const newestOpen = now.length === width ? 0 : newestAnchor(plan, now[now.length - stride] as number);
    const begun = Math.max(closedBegun, newestOpen + 1);
    for (let anchor = 0, i = 0; anchor < begun; anchor++) {
      const row = (anchor - 1) * width;
      for (let of = 0; of < width; of++, i++) {
        const own = anchor === 0 ? (now[of] as number) : (now[of] as number) - (before[row + of] as number);
        since[i] = anchor < closedBegun ? own : 0;
      }
    }
    for (let at = width; at < now.length; at += stride) {
      const newest = newestAnchor(plan, now[at] as number);
      this.#contribute(now, at, added);
      for (let anchor = 0, i = 0; anchor <= newest; anchor++) {
        for (let of = 0; of < width; of++, i++) since[i] = (since[i] as number) + (added[of] as number);
      }
    }
    return begun;
  }
}

/** Room for numbers that are read as soon as they are written, by length: lent to everybody, for nothing is kept in it. */
type Room = Map<number, Float64Array>;
const SINCE: Room = new Map();
const ADDED: Room = new Map();

function scratch(room: Room, length: number): Float64Array {
  const known = room.get(length);
  if (known !== undefined) return known;
  const made = new Float64Array(length);
  room.set(length, made);
  return made;
}
