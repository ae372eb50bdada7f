import type { ExponentialBuckets } from '@parapet/signals';
import { BYTES, FIXED64, repeated, VARINT, type WireReader } from '../protobuf/wire.js';
import type { OutsidePoint } from '../series/outside.js';
import { readAttribute } from './protobuf-attributes.js';
import { holdsNothing, instantOf, startOf } from './request.js';

/** Reads a point that ends at `end`; its attributes go into the map. */
export type PointReader = (reader: WireReader, end: number, attributes: Map<string, string>) => OutsidePoint;

/** What all kinds of point have: fields 2 and 3 of each. */
class Times {
  start = 0;
  at = 0;
  flags = 0;

  read(reader: WireReader, tag: number): boolean {
    if (tag === ((2 << 3) | FIXED64)) this.start = reader.fixed64();
    else if (tag === ((3 << 3) | FIXED64)) this.at = reader.fixed64();
    else return false;
    return true;
  }

  point(value: OutsidePoint['value']): OutsidePoint {
    return {
      atMs: instantOf(this.at),
      startMs: startOf(this.start),
      value: holdsNothing(this.flags) ? { kind: 'none' } : value,
    };
  }
}

/** Reads a `NumberDataPoint`. */
export const readNumber: PointReader = (reader, end, attributes) => {
  const times = new Times();
  let value: number | null = null;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (times.read(reader, tag)) continue;
    if (tag === ((4 << 3) | FIXED64)) value = reader.double();
    else if (tag === ((6 << 3) | FIXED64)) value = reader.sfixed64();
    else if (tag === ((7 << 3) | BYTES)) readAttribute(reader, reader.end(end), attributes);
    else if (tag === ((8 << 3) | VARINT)) times.flags = reader.uint32();
    else reader.skip(tag, end);
  }
  reader.endAt(end);
  // A point without a value says nothing: that is not 0.
  return times.point(value === null ? { kind: 'none' } : { kind: 'number', value });
};

/** Reads a `HistogramDataPoint`. */
export const readExplicit: PointReader = (reader, end, attributes) => {
  const times = new Times();
  const bounds: number[] = [];
  const counts: number[] = [];
  let sum: number | null = null;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (times.read(reader, tag)) continue;
    const field = tag >>> 3;
    if (tag === ((5 << 3) | FIXED64)) sum = reader.double();
    else if (field === 6 && isNumbers(tag)) repeated(reader, tag, end, counts, () => reader.fixed64());
    else if (field === 7 && isNumbers(tag)) repeated(reader, tag, end, bounds, () => reader.double());
    else if (tag === ((9 << 3) | BYTES)) readAttribute(reader, reader.end(end), attributes);
    else if (tag === ((10 << 3) | VARINT)) times.flags = reader.uint32();
    else reader.skip(tag, end);
  }
  reader.endAt(end);
  return times.point({ kind: 'explicit', bounds, counts, sum });
};

/** Reads an `ExponentialHistogramDataPoint`. */
export const readExponential: PointReader = (reader, end, attributes) => {
  const times = new Times();
  const own = { scale: 0, zeroCount: 0, positive: NO_BUCKETS, negative: NO_BUCKETS };
  let sum: number | null = null;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (times.read(reader, tag)) continue;
    if (tag === ((1 << 3) | BYTES)) readAttribute(reader, reader.end(end), attributes);
    else if (tag === ((5 << 3) | FIXED64)) sum = reader.double();
    else if (tag === ((6 << 3) | VARINT)) own.scale = reader.sint32();
    else if (tag === ((7 << 3) | FIXED64)) own.zeroCount = reader.fixed64();
    else if (tag === ((8 << 3) | BYTES)) own.positive = readBuckets(reader, reader.end(end));
    else if (tag === ((9 << 3) | BYTES)) own.negative = readBuckets(reader, reader.end(end));
    else if (tag === ((10 << 3) | VARINT)) times.flags = reader.uint32();
    else reader.skip(tag, end);
  }
  reader.endAt(end);
  return times.point({ kind: 'exponential', histogram: own, sum });
};

const NO_BUCKETS: ExponentialBuckets = { offset: 0, bucketCounts: [] };

function readBuckets(reader: WireReader, end: number): ExponentialBuckets {
  const bucketCounts: number[] = [];
  let offset = 0;
  while (reader.pos < end) {
    const tag = reader.tag();
    const isCounts = tag >>> 3 === 2 && ((tag & 7) === BYTES || (tag & 7) === VARINT);
    if (tag === ((1 << 3) | VARINT)) offset = reader.sint32();
    else if (isCounts) repeated(reader, tag, end, bucketCounts, () => reader.uint64());
    else reader.skip(tag, end);
  }
  reader.endAt(end);
  return { offset, bucketCounts };
}

/** Numbers of 64 bits, packed or one by one. */
function isNumbers(tag: number): boolean {
  return (tag & 7) === BYTES || (tag & 7) === FIXED64;
}
