import { describe, expect, it } from '@jest/globals';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { BYTES, FIXED32, FIXED64, Malformed, repeated, VARINT, WireReader } from './wire.js';

const readerOf = (write: (writer: BinaryWriter) => void) => {
  const writer = new BinaryWriter();
  write(writer);
  return new WireReader(Buffer.from(writer.finish()));
};
const UINT64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const INT64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

describe('numbers are read as another implementation writes them', () => {
  it.each<[string, fc.Arbitrary<bigint | number>, (w: BinaryWriter, value: never) => void, (r: WireReader) => number]>([
    ['uint32', fc.nat(0xffffffff), (w, v) => void w.uint32(v), (r) => r.uint32()],
    ['int32', fc.integer(), (w, v) => void w.int32(v), (r) => r.int32()],
    ['sint32', fc.integer(), (w, v) => void w.sint32(v), (r) => r.sint32()],
    ['uint64', UINT64, (w, v) => void w.uint64(v), (r) => r.uint64()],
    ['int64', INT64, (w, v) => void w.int64(v), (r) => r.int64()],
    ['fixed64', UINT64, (w, v) => void w.fixed64(v), (r) => r.fixed64()],
    ['sfixed64', INT64, (w, v) => void w.sfixed64(v), (r) => r.sfixed64()],
    ['double', fc.double(), (w, v) => void w.double(v), (r) => r.double()],
  ])('%s', (_, values, write, read) => {
    fc.assert(
      fc.property(values, (value) => {
        const reader = readerOf((writer) => write(writer, value as never));
        // Beyond 2^53 as near as a double gets.
        expect(read(reader)).toBe(Number(value));
        expect(reader.pos).toBe(reader.bytes.length);
      }),
    );
  });

  it('sint64 up to 2^53 exactly', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(readerOf((writer) => void writer.sint64(BigInt(value))).sint64()).toBe(value);
      }),
    );
  });

  it('lists, packed and not', () => {
    const packed = readerOf((w) => void w.tag(1, BYTES).fork().uint32(7).uint32(300).join());
    const single = readerOf((w) => void w.tag(1, VARINT).uint32(7));
    const read = (reader: WireReader) => {
      const into: number[] = [];
      repeated(reader, reader.tag(), reader.bytes.length, into, () => reader.uint32());
      return into;
    };
    expect([read(packed), read(single)]).toEqual([[7, 300], [7]]);
  });
});

describe('what does not fit is malformed', () => {
  const bytes = (...list: number[]) => new WireReader(Buffer.from(list));
  it.each<[string, () => unknown]>([
    ['a number that is cut off', () => bytes(0x80).uint64()],
    ['a number of eleven bytes', () => bytes(...new Array(10).fill(0x80), 1).uint64()],
    ['a small number that is cut off', () => bytes(0x80).uint32()],
    ['a small number beyond 32 bits', () => bytes(0xff, 0xff, 0xff, 0xff, 0x1f).uint32()],
    ['a double that is cut off', () => bytes(1, 2, 3).double()],
    ['the bits of one', () => bytes(1, 2, 3).doubleBits()],
    ['a length beyond the message', () => bytes(5, 1, 2).end(3)],
    ['a field with the number 0', () => bytes(0x02).tag()],
    ['a group, which nobody writes any more', () => bytes(0x0b).skip((1 << 3) | 3, 1)],
    ['a field stepped over beyond its message', () => bytes(1, 2, 3, 4, 5, 6, 7, 8).skip((1 << 3) | FIXED64, 4)],
    ['a short one that is cut off', () => bytes(1, 2).skip((1 << 3) | FIXED32, 2)],
    [
      'a list that ends within a number',
      () => {
        const reader = bytes(2, 1, 0x80, 1);
        repeated(reader, (1 << 3) | BYTES, 4, [], () => reader.uint32());
      },
    ],
  ])('%s', (_, read) => {
    expect(read).toThrow(Malformed);
  });
});
