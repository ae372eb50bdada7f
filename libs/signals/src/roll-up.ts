import type { InstantMs } from '@parapet/kernel';
import type { Observation } from './observation.js';

/** Length of a roll-up. */
export const MINUTE_MS = 60_000;

/** One minute of one series; what history keeps. Gaps leave no trace: an absent minute and an empty one are the same unknown. */
export interface RollUp {
  readonly minuteMs: InstantMs;
  /** How many observations. */
  readonly n: number;
  /** Sums over `count of` observations. */
  readonly count: number;
  readonly of: number;
  /** Sum, smallest and largest of gauge values. */
  readonly sum: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly histogram: { readonly bounds: readonly number[]; readonly counts: readonly number[] } | null;
}

/** The roll-up of one observation; null for a gap. */
export function rollUpOf(observation: Observation): RollUp | null {
  const { value } = observation;
  // An observation speaks of the time up to and including its instant: 10:00:00 belongs to 09:59.
  const minuteMs = Math.floor((observation.atMs - 1) / MINUTE_MS) * MINUTE_MS;
  const empty = { minuteMs, n: 1, count: 0, of: 0, sum: 0, min: null, max: null, histogram: null };
  switch (value.kind) {
    case 'gap':
      return null;
    case 'count':
      return { ...empty, count: value.count, of: value.of };
    case 'gauge':
      return { ...empty, sum: value.value, min: value.value, max: value.value };
    case 'histogram':
      return { ...empty, sum: value.sum ?? 0, histogram: { bounds: value.bounds, counts: value.counts } };
  }
}

/** Two roll-ups of the same minute as one; in any order and grouping the same. */
export function mergeRollUps(a: RollUp, b: RollUp): RollUp {
  return {
    minuteMs: a.minuteMs,
    n: a.n + b.n,
    count: a.count + b.count,
    of: a.of + b.of,
    sum: a.sum + b.sum,
    min: least(a.min, b.min, Math.min),
    max: least(a.max, b.max, Math.max),
    histogram: mergeHistograms(a.histogram, b.histogram),
  };
}

function least(a: number | null, b: number | null, choose: (x: number, y: number) => number): number | null {
  if (a === null) return b;
  return b === null ? a : choose(a, b);
}

/** Bounds that changed within the minute cannot be added; the finer reading is not ours to invent, so the larger part stays. */
function mergeHistograms(a: RollUp['histogram'], b: RollUp['histogram']): RollUp['histogram'] {
  if (a === null) return b;
  if (b === null) return a;
  const isSame = a.bounds.length === b.bounds.length && a.bounds.every((bound, i) => bound === b.bounds[i]);
  if (isSame) return { bounds: a.bounds, counts: a.counts.map((count, i) => count + (b.counts[i] as number)) };
  const total = (h: { readonly counts: readonly number[] }) => h.counts.reduce((sum, count) => sum + count, 0);
  return total(a) >= total(b) ? a : b;
}
