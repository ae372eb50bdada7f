import { unreachable } from '@parapet/kernel';
import { fromExponential, type GapReason, rebin, type SampleValue } from '@parapet/signals';
import type { DropReason, OutsidePoint, OutsideSeries, OutsideValue } from './outside.js';
import type { Reading } from './readings.js';

/** As many buckets as a sample may have: what is finer holds a book, not a latency. */
export const BUCKETS_MAX = 1_000;

/** A gap, as a value. */
export function gap(reason: GapReason): SampleValue {
  return { kind: 'gap', reason };
}

/** Why a series cannot be what a reading declares, whatever its points say; null where it can. */
export function misfitOf({ form, signal }: Reading, { nature, temporality }: OutsideSeries): DropReason | null {
  if (form === 'gauge') return nature === 'counter' ? 'nature' : null;
  if (nature === 'gauge' || nature === 'up-down-counter') return 'nature';
  return temporality === signal.temporality ? null : 'temporality';
}

/** What a point counts: its number, or how many values its histogram holds; a gap where that is no number. */
export function countOf(value: OutsideValue): number | GapReason {
  switch (value.kind) {
    case 'none':
      return 'no-series';
    case 'broken':
      return 'sensor-broken';
    case 'number':
      return countFlaw(value.value) ?? value.value;
    case 'explicit':
      return counted(value.counts);
    case 'exponential': {
      const { zeroCount, positive, negative } = value.histogram;
      return counted([zeroCount, ...positive.bucketCounts, ...(negative?.bucketCounts ?? [])]);
    }
    default:
      return unreachable(value);
  }
}

function counted(counts: readonly number[]): number | GapReason {
  let total = 0;
  for (const count of counts) total += count >= 0 ? count : Number.NaN;
  return Number.isFinite(total) ? total : 'sensor-broken';
}

function countFlaw(value: number): GapReason | null {
  if (Number.isNaN(value)) return 'not-a-number';
  if (!Number.isFinite(value)) return 'not-finite';
  return value >= 0 ? null : 'sensor-broken';
}

/** The value of a series that is its signal alone; the reason where it has another form. */
export function valueAlone(reading: Reading, point: OutsidePoint): SampleValue | DropReason {
  const { value } = point;
  switch (reading.form) {
    case 'gauge':
      return gaugeOf(value);
    case 'rate': {
      const count = countOf(value);
      if (typeof count !== 'number') return gap(count);
      return { kind: 'count', count, of: secondsOf(reading, point) };
    }
    case 'histogram':
      return histogramOf(reading, value);
    case 'proportion':
      return 'form';
    default:
      return unreachable(reading.form);
  }
}

function gaugeOf(value: OutsideValue): SampleValue | DropReason {
  if (value.kind === 'none') return gap('no-series');
  if (value.kind !== 'number') return 'form';
  if (Number.isNaN(value.value)) return gap('not-a-number');
  return Number.isFinite(value.value) ? { kind: 'gauge', value: value.value } : gap('not-finite');
}

/**
 * The exposure of a rate is time: that of its own interval, or a clock that is differenced as the counter is. Not the time since the
 * counter began: a sender that says it now and then would make years of a minute.
 */
function secondsOf({ signal }: Reading, { atMs, startMs }: OutsidePoint): number {
  if (signal.temporality === 'cumulative') return atMs / 1_000;
  return (startMs !== null && startMs < atMs ? atMs - startMs : signal.intervalMs) / 1_000;
}

function histogramOf({ from, grid }: Reading, value: OutsideValue): SampleValue | DropReason {
  if (value.kind === 'none') return gap('no-series');
  if (value.kind === 'broken') return gap('sensor-broken');
  if (value.kind === 'number') return 'form';
  const own = value.kind === 'explicit' ? value : fromExponential(value.histogram, grid);
  // Exponential buckets are read by a grid of ours: of declared bounds they know nothing.
  const bounds = value.kind === 'explicit' ? from.bounds : null;
  if (own === null || own.counts.length !== own.bounds.length + 1) return gap('sensor-broken');
  const counts = bounds === null ? own.counts : rebin(own, bounds);
  if (counts === null || counts.length > BUCKETS_MAX) return gap('sensor-broken');
  const sum = value.sum !== null && Number.isFinite(value.sum) ? value.sum : null;
  return { kind: 'histogram', bounds: bounds ?? own.bounds, counts, sum };
}

/** The value of a series that is counted, or not, as part of all. */
export function valueOfPart(isCounted: boolean | null, { value }: OutsidePoint): SampleValue {
  const of = countOf(value);
  if (typeof of !== 'number') return gap(of);
  // Nobody knows which kind it is of: it must not be taken for a good one.
  if (isCounted === null) return gap('sensor-broken');
  return { kind: 'count', count: isCounted ? of : 0, of };
}

/** The same value at the instant when its counter began. */
export function atZero(reading: Reading, value: SampleValue, startMs: number): SampleValue | null {
  switch (value.kind) {
    case 'count':
      return { kind: 'count', count: 0, of: reading.form === 'rate' ? startMs / 1_000 : 0 };
    case 'histogram':
      return { ...value, counts: value.counts.map(() => 0), sum: value.sum === null ? null : 0 };
    case 'gauge':
    case 'gap':
      return null;
    default:
      return unreachable(value);
  }
}
