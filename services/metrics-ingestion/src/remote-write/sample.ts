import { FIXED64, VARINT, type WireReader } from '../protobuf/wire.js';
import type { OutsidePoint } from '../series/outside.js';

/** The not-a-number that Prometheus writes where a series has ended. */
const STALE = { high: 0x7ff00000, low: 0x00000002 } as const;

/** Whether these are the bits of a staleness marker. */
export function isStale({ high, low }: { readonly high: number; readonly low: number }): boolean {
  return high === STALE.high && low === STALE.low;
}

/** Reads a sample that ends at `end`; versions 1 and 2 write it alike. */
export function readSample(reader: WireReader, end: number): OutsidePoint {
  let value = 0;
  let stale = false;
  let atMs = 0;
  let startMs = 0;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === ((1 << 3) | FIXED64)) {
      stale = isStale(reader.doubleBits());
      value = reader.double();
    } else if (tag === ((2 << 3) | VARINT)) atMs = reader.int64();
    else if (tag === ((3 << 3) | VARINT)) startMs = reader.int64();
    else reader.skip(tag, end);
  }
  reader.endAt(end);
  return {
    atMs,
    startMs: startMs > 0 ? startMs : null,
    value: stale ? { kind: 'none' } : { kind: 'number', value },
  };
}
