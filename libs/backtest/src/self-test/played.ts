import { MINUTE_MS, type RollUp, type SampleValue } from '@parapet/signals';
import type { OwnWatch } from './own-watch.js';

/** One step of a watch as its own history would have it; null where that minute held no value of a kind that can be judged. */
export type Played = SampleValue | null;

/**
 * What the minutes of history say step by step: counts are shared out over a minute without losing one, a value stands for its
 * minute. Minutes are used again where they do not fill the watch.
 */
export function playHistory({ minutes, stepMs, steps }: OwnWatch): readonly Played[] {
  if (minutes.length === 0) return [];
  return Array.from({ length: steps }, (_, i) => valueBetween(minutes, i * stepMs, (i + 1) * stepMs));
}

/** What lies between two instants of the watch, counted from its beginning. */
function valueBetween(minutes: readonly RollUp[], fromMs: number, toMs: number): Played {
  const first = Math.floor(fromMs / MINUTE_MS);
  const last = Math.max(first, Math.ceil(toMs / MINUTE_MS) - 1);
  const parts = Array.from({ length: last - first + 1 }, (_, n) => {
    const minute = first + n;
    const rollUp = minutes[minute % minutes.length] as RollUp;
    const from = Math.max(0, fromMs - minute * MINUTE_MS) / MINUTE_MS;
    const to = Math.min(1, (toMs - minute * MINUTE_MS) / MINUTE_MS);
    return { rollUp, from, to };
  });
  const [newest] = parts.slice(-1);
  if (newest === undefined) return null;
  const { histogram } = newest.rollUp;
  if (histogram !== null) {
    const alike = parts.filter(({ rollUp }) => isSame(rollUp.histogram?.bounds, histogram.bounds));
    const counts = histogram.counts.map((_, bucket) =>
      sum(alike.map(({ rollUp, from, to }) => share(rollUp.histogram?.counts[bucket] ?? 0, from, to))),
    );
    return { kind: 'histogram', bounds: histogram.bounds, counts, sum: null };
  }
  if (newest.rollUp.min !== null) {
    const held = parts.filter(({ rollUp }) => rollUp.n > 0);
    const n = sum(held.map(({ rollUp }) => rollUp.n));
    return n === 0 ? null : { kind: 'gauge', value: sum(held.map(({ rollUp }) => rollUp.sum)) / n };
  }
  return {
    kind: 'count',
    count: sum(parts.map(({ rollUp, from, to }) => share(rollUp.count, from, to))),
    of: sum(parts.map(({ rollUp, from, to }) => share(rollUp.of, from, to))),
  };
}

/** The part of a count that falls between two shares of its minute; whole ones, none lost and none twice. */
function share(count: number, from: number, to: number): number {
  return Math.round(count * to) - Math.round(count * from);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function isSame(a: readonly number[] | undefined, b: readonly number[]): boolean {
  return a !== undefined && a.length === b.length && a.every((bound, i) => bound === b[i]);
}
