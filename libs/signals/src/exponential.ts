import type { Buckets } from './shift-scores.js';

/** Counts of consecutive exponential buckets; the first has the index `offset`. */
export interface ExponentialBuckets {
  readonly offset: number;
  readonly bucketCounts: readonly number[];
}

/** An exponential histogram as OpenTelemetry sends it: bucket i holds (2^(i/2^scale), 2^((i+1)/2^scale)]. */
export interface ExponentialHistogram {
  readonly scale: number;
  readonly zeroCount: number;
  readonly positive: ExponentialBuckets;
  /** Nothing takes less than no time: such values count as nought. */
  readonly negative?: ExponentialBuckets;
}

/** Explicit bounds that exponential histograms are read by: powers of two, each divided in 2^scale parts. */
export interface ExponentialGrid {
  readonly scale: number;
  /** The lowest and the highest bound are 2 to the power of these. */
  readonly fromPower: number;
  readonly toPower: number;
}

/** Of latencies in seconds: a millisecond to two minutes, four bounds to each doubling; 69 bounds. */
export const SECONDS_GRID: ExponentialGrid = { scale: 2, fromPower: -10, toPower: 7 };
/** Of latencies in milliseconds: the same times, to within a fortieth. */
export const MILLISECONDS_GRID: ExponentialGrid = { scale: 2, fromPower: 0, toPower: 17 };
/** The scales that OpenTelemetry knows. */
const [SCALE_MIN, SCALE_MAX] = [-10, 20] as const;
/** As many buckets as OpenTelemetry's own libraries keep. */
const BUCKETS_MAX = 160;
/** No double lies beyond these powers of two: a bucket that does holds nothing that was ever measured. */
const POWER_MAX = 1100;

/**
 * The buckets that the tests can use. Every bound of them is an edge of the histogram's own buckets, so nothing is guessed: a finer
 * histogram is made coarser, a coarser one keeps its bounds, which are some of the grid's. What lies beyond the grid is in the first
 * and in the last bucket. Null for one that is not as the protocol says.
 */
export function fromExponential(histogram: ExponentialHistogram, grid: ExponentialGrid): Buckets | null {
  if (!isExponential(histogram)) return null;
  const scale = Math.min(grid.scale, histogram.scale);
  const perPower = 2 ** scale;
  const [low, high] = [Math.ceil(grid.fromPower * perPower), Math.floor(grid.toPower * perPower)];
  if (high < low) return null;
  const bounds = Array.from({ length: high - low + 1 }, (_, i) => 2 ** ((low + i) / perPower));
  const counts = new Array<number>(bounds.length + 1).fill(0);
  const add = (bucket: number, count: number) => {
    counts[bucket] = (counts[bucket] as number) + count;
  };
  add(0, histogram.zeroCount);
  for (const count of histogram.negative?.bucketCounts ?? []) add(0, count);
  const { offset, bucketCounts } = atScale(histogram.positive, histogram.scale, scale);
  bucketCounts.forEach((count, i) => add(Math.min(bounds.length, Math.max(0, offset + i - low + 1)), count));
  return { bounds, counts };
}

/**
 * Two exponential histograms as one, at the coarser of their scales, or at a coarser one still if that takes more than 160 buckets:
 * exact, and in any order and grouping the same. Null where one of them is not as the protocol says.
 */
export function mergeExponential(a: ExponentialHistogram, b: ExponentialHistogram): ExponentialHistogram | null {
  if (!isExponential(a) || !isExponential(b)) return null;
  const [ownNegative, otherNegative] = [a.negative ?? NO_BUCKETS, b.negative ?? NO_BUCKETS];
  let scale = Math.min(a.scale, b.scale);
  const isTooWide = (x: ExponentialBuckets, y: ExponentialBuckets) =>
    spanAt([...edgesOf(x, a.scale), ...edgesOf(y, b.scale)], scale) > BUCKETS_MAX;
  while (scale > SCALE_MIN && (isTooWide(a.positive, b.positive) || isTooWide(ownNegative, otherNegative))) scale -= 1;
  const merged = (x: ExponentialBuckets, y: ExponentialBuckets) =>
    addBuckets(atScale(x, a.scale, scale), atScale(y, b.scale, scale));
  return {
    scale,
    zeroCount: a.zeroCount + b.zeroCount,
    positive: merged(a.positive, b.positive),
    negative: merged(ownNegative, otherNegative),
  };
}

/** The first and the last bucket, as powers of two. */
function edgesOf({ offset, bucketCounts }: ExponentialBuckets, scale: number): readonly number[] {
  return bucketCounts.length === 0 ? [] : [offset / 2 ** scale, (offset + bucketCounts.length - 1) / 2 ** scale];
}

function spanAt(powers: readonly number[], scale: number): number {
  if (powers.length === 0) return 0;
  const index = (power: number) => Math.floor(power * 2 ** scale);
  return index(Math.max(...powers)) - index(Math.min(...powers)) + 1;
}

const NO_BUCKETS: ExponentialBuckets = { offset: 0, bucketCounts: [] };

/** The same buckets at a coarser scale: each takes in 2^(from − to) of the finer ones. */
function atScale(buckets: ExponentialBuckets, from: number, to: number): ExponentialBuckets {
  const { offset, bucketCounts } = buckets;
  if (from === to || bucketCounts.length === 0) return buckets;
  const width = 2 ** (from - to);
  const first = Math.floor(offset / width);
  const last = Math.floor((offset + bucketCounts.length - 1) / width);
  const counts = new Array<number>(last - first + 1).fill(0);
  bucketCounts.forEach((count, i) => {
    const at = Math.floor((offset + i) / width) - first;
    counts[at] = (counts[at] as number) + count;
  });
  return { offset: first, bucketCounts: counts };
}

function addBuckets(a: ExponentialBuckets, b: ExponentialBuckets): ExponentialBuckets {
  if (a.bucketCounts.length === 0) return b;
  if (b.bucketCounts.length === 0) return a;
  const offset = Math.min(a.offset, b.offset);
  const end = Math.max(a.offset + a.bucketCounts.length, b.offset + b.bucketCounts.length);
  const bucketCounts = Array.from(
    { length: end - offset },
    (_, i) => (a.bucketCounts[offset + i - a.offset] ?? 0) + (b.bucketCounts[offset + i - b.offset] ?? 0),
  );
  return { offset, bucketCounts };
}

function isExponential({ scale, zeroCount, positive, negative }: ExponentialHistogram): boolean {
  const isCount = (count: number) => Number.isFinite(count) && count >= 0;
  const areBuckets = (b: ExponentialBuckets) =>
    Number.isSafeInteger(b.offset) &&
    b.bucketCounts.every(isCount) &&
    edgesOf(b, scale).every((power) => Math.abs(power) <= POWER_MAX);
  return (
    Number.isInteger(scale) &&
    scale >= SCALE_MIN &&
    scale <= SCALE_MAX &&
    isCount(zeroCount) &&
    areBuckets(positive) &&
    areBuckets(negative ?? NO_BUCKETS)
  );
}
