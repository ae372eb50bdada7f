import { type ExponentialBuckets, SECONDS_GRID } from '@parapet/signals';
import type { OutsidePoint, OutsideValue } from '../series/outside.js';
import { FIXED64, BYTES, repeated, VARINT, type WireReader } from '../protobuf/wire.js';
import { isStale } from './sample.js';

/** Schemas of exponential buckets; -53 is one of declared bounds. */
const [SCHEMA_MIN, SCHEMA_MAX, CUSTOM_BOUNDS] = [-4, 8, -53] as const;
/** At the scale of our grid these are 256 doublings: no histogram of anything that is measured is as wide. */
const BUCKETS_MAX = 1024;
const GAUGE_HINT = 3;

interface Side {
  readonly spans: { offset: number; length: number }[];
  /** Each bucket's difference from the one before it. */
  readonly deltas: number[];
  /** Each bucket's count, in a histogram of floats. */
  readonly counts: number[];
}

/** A native histogram of Prometheus, as far as it is used. */
interface NativeHistogram {
  sum: number;
  isStale: boolean;
  schema: number;
  zeroCount: number;
  readonly positive: Side;
  readonly negative: Side;
  resetHint: number;
  atMs: number;
  startMs: number;
  readonly bounds: number[];
}

const side = (): Side => ({ spans: [], deltas: [], counts: [] });

/** Reads a native histogram that ends at `end`; versions 1 and 2 write it alike. */
export function readHistogram(reader: WireReader, end: number): OutsidePoint {
  const own: NativeHistogram = {
    sum: 0,
    isStale: false,
    schema: 0,
    zeroCount: 0,
    positive: side(),
    negative: side(),
    resetHint: 0,
    atMs: 0,
    startMs: 0,
    bounds: [],
  };
  while (reader.pos < end) readField(reader, reader.tag(), end, own);
  reader.endAt(end);
  return { atMs: own.atMs, startMs: own.startMs > 0 ? own.startMs : null, value: valueOf(own) };
}

function readField(reader: WireReader, tag: number, end: number, own: NativeHistogram): void {
  switch (tag) {
    case (3 << 3) | FIXED64:
      own.isStale = isStale(reader.doubleBits());
      own.sum = reader.double();
      break;
    case (4 << 3) | VARINT:
      own.schema = reader.sint32();
      break;
    case (6 << 3) | VARINT:
      own.zeroCount = reader.uint64();
      break;
    case (7 << 3) | FIXED64:
      own.zeroCount = reader.double();
      break;
    case (8 << 3) | BYTES:
      own.negative.spans.push(readSpan(reader, end));
      break;
    case (11 << 3) | BYTES:
      own.positive.spans.push(readSpan(reader, end));
      break;
    case (14 << 3) | VARINT:
      own.resetHint = reader.int32();
      break;
    case (15 << 3) | VARINT:
      own.atMs = reader.int64();
      break;
    case (17 << 3) | VARINT:
      own.startMs = reader.int64();
      break;
    default:
      readNumbers(reader, tag, end, own);
  }
}

function readNumbers(reader: WireReader, tag: number, end: number, own: NativeHistogram): void {
  const doubles = (into: number[]) => repeated(reader, tag, end, into, () => reader.double());
  const deltas = (into: number[]) => repeated(reader, tag, end, into, () => reader.sint64());
  const isOf = (type: number) => (tag & 7) === BYTES || (tag & 7) === type;
  const field = tag >>> 3;
  if (field === 9 && isOf(VARINT)) deltas(own.negative.deltas);
  else if (field === 10 && isOf(FIXED64)) doubles(own.negative.counts);
  else if (field === 12 && isOf(VARINT)) deltas(own.positive.deltas);
  else if (field === 13 && isOf(FIXED64)) doubles(own.positive.counts);
  else if (field === 16 && isOf(FIXED64)) doubles(own.bounds);
  else reader.skip(tag, end);
}

function readSpan(reader: WireReader, limit: number): Side['spans'][number] {
  const end = reader.end(limit);
  const span = { offset: 0, length: 0 };
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === ((1 << 3) | VARINT)) span.offset = reader.sint32();
    else if (tag === ((2 << 3) | VARINT)) span.length = reader.uint32();
    else reader.skip(tag, end);
  }
  reader.endAt(end);
  return span;
}

function valueOf(own: NativeHistogram): OutsideValue {
  if (own.isStale) return { kind: 'none' };
  // A gauge histogram falls and rises: it is no counter of each bucket.
  if (own.resetHint === GAUGE_HINT) return { kind: 'broken' };
  if (own.schema === CUSTOM_BOUNDS) return customValue(own);
  if (own.schema < SCHEMA_MIN || own.schema > SCHEMA_MAX) return { kind: 'broken' };
  const scale = Math.min(own.schema, SECONDS_GRID.scale);
  const positive = folded(own.positive, own.schema, scale);
  const negative = folded(own.negative, own.schema, scale);
  if (positive === null || negative === null) return { kind: 'broken' };
  return {
    kind: 'exponential',
    histogram: { scale, zeroCount: own.zeroCount, positive, negative },
    sum: own.sum,
  };
}

function customValue({ bounds, sum, positive }: NativeHistogram): OutsideValue {
  const counts = new Array<number>(bounds.length + 1).fill(0);
  const isWhole = eachBucket(positive, (index, count) => {
    if (!(index in counts)) return false;
    counts[index] = count;
    return true;
  });
  return isWhole ? { kind: 'explicit', bounds, counts, sum } : { kind: 'broken' };
}

/**
 * The buckets at a coarser scale, all from the first to the last; null for what is no histogram, or wider than anything that is measured.
 * Coarser at once, as our own grid will make them: a few bytes of spans may stand for millions of empty fine ones.
 */
function folded(side: Side, schema: number, scale: number): ExponentialBuckets | null {
  const width = 2 ** (schema - scale);
  const bucketCounts: number[] = [];
  let offset = 0;
  const isWhole = eachBucket(side, (index, count) => {
    // OpenTelemetry numbers a bucket by its lower bound, Prometheus by its upper.
    const coarse = Math.floor((index - 1) / width);
    if (bucketCounts.length === 0) offset = coarse;
    if (coarse - offset >= BUCKETS_MAX) return false;
    while (bucketCounts.length <= coarse - offset) bucketCounts.push(0);
    bucketCounts[coarse - offset] = (bucketCounts[coarse - offset] as number) + count;
    return true;
  });
  return isWhole ? { offset, bucketCounts } : null;
}

/** Gives every bucket that is written, in the order of the indices; false where spans and counts do not agree, or one is not taken. */
function eachBucket({ spans, deltas, counts }: Side, take: (index: number, count: number) => boolean): boolean {
  const written = Math.max(deltas.length, counts.length);
  let used = 0;
  let count = 0;
  let index = 0;
  for (const [i, span] of spans.entries()) {
    if (i > 0 && span.offset < 0) return false;
    if (used + span.length > written) return false;
    index += span.offset;
    for (let k = 0; k < span.length; k++, used++, index++) {
      count = counts.length > 0 ? (counts[used] as number) : count + (deltas[used] as number);
      if (!take(index, count)) return false;
    }
  }
  return used === written;
}
