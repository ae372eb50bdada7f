import { invariant } from '@parapet/kernel';
import { type ArmsIncrement, armsDispersionOf, type ArmsRatio, armsRatioOf } from './arms-dispersion.js';
import type { Counts } from './baseline.js';
import { rebin } from './buckets.js';
import type { Dispersion } from './dispersion.js';
import type { HistoryWindow } from './history-window.js';
import type { Buckets } from './shift-scores.js';

/** How two arms differ by themselves in the share of requests slower than a bound, and how that varies. */
export interface ArmsTail {
  readonly bound: number;
  readonly dispersion: Dispersion;
  readonly ratio: ArmsRatio;
}

/**
 * The tails of two arms in a time when nothing told them apart, for each of the bounds that enough requests were slower than. Stores
 * on slow lines are always slower: what gets a release first is held against what it was.
 */
export function armsTailsOf(
  watched: HistoryWindow<Buckets>,
  control: HistoryWindow<Buckets>,
  bounds: readonly number[],
): readonly ArmsTail[] {
  invariant(watched.intervalMs === control.intervalMs, 'two arms are compared interval by interval');
  const shift = Math.round((watched.fromMs - control.fromMs) / control.intervalMs);
  const rows = watched.intervals.map((own, t) => ({
    watched: readBy(own, bounds),
    control: readBy(control.intervals[t + shift] ?? null, bounds),
  }));
  return bounds.flatMap((bound, i) => {
    const increments = rows.map(
      (row): ArmsIncrement => ({ watched: slowerThan(row.watched, i), control: slowerThan(row.control, i) }),
    );
    const dispersion = armsDispersionOf(increments, watched.intervalMs);
    const ratio = armsRatioOf(increments, dispersion);
    return ratio === null ? [] : { bound, dispersion, ratio };
  });
}

function readBy(buckets: Buckets | null, bounds: readonly number[]): readonly number[] | null {
  return buckets === null ? null : rebin(buckets, bounds);
}

function slowerThan(counts: readonly number[] | null, bound: number): Counts {
  let [events, exposure] = [0, 0];
  counts?.forEach((count, i) => {
    exposure += count;
    if (i > bound) events += count;
  });
  return { events, exposure };
}
