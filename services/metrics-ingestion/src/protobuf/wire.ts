/** Bytes that are no message of Protocol Buffers, or not one of the expected kind. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}

export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

const TWO_32 = 4_294_967_296;
const TWO_31 = 2_147_483_648;

/**
 * Reads fields of Protocol Buffers one after another and never beyond its bytes; whatever does not fit throws Malformed.
 * Written by hand because a door looks at a few fields of a few of the series it gets: what nobody wants is stepped over unread.
 */
export class WireReader {
  pos = 0;
  readonly #view: DataView;

  constructor(readonly bytes: Buffer) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The next field's number and wire type, as one number: `field << 3 | type`. */
  tag(): number {
    const tag = this.uint32();
    if (tag >>> 3 === 0) throw new Malformed('a field has the number 0');
    return tag;
  }

  /** An unsigned whole number of at most 32 bits. */
  uint32(): number {
    const { bytes } = this;
    let byte = this.#byte();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      if (this.pos >= bytes.length) throw cutOff();
      byte = bytes[this.pos++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (shift === 28 && byte > 0x0f) break;
        return value >>> 0;
      }
    }
    throw new Malformed('a number is larger than 32 bits');
  }

  /** A signed whole number of 64 bits; beyond 2^53 as near as a double gets. */
  int64(): number {
    const [low, high] = this.#varint64();
    return (high | 0) * TWO_32 + low;
  }

  /** An unsigned whole number of 64 bits; beyond 2^53 as near as a double gets. */
  uint64(): number {
    const [low, high] = this.#varint64();
    return high * TWO_32 + low;
  }

  /** A signed whole number in zigzag coding. */
  sint64(): number {
    const [low, high] = this.#varint64();
    const half = high * TWO_31 + (low >>> 1);
    return (low & 1) === 1 ? -half - 1 : half;
  }

  sint32(): number {
    const value = this.uint32();
    return (value >>> 1) ^ -(value & 1);
  }

  /** A whole number of 32 bits that may be negative, as `int32` and enumerations write it. */
  int32(): number {
    const value = this.int64();
    return value | 0;
  }

  double(): number {
    const at = this.#step(8);
    return this.#view.getFloat64(at, true);
  }

  /** The 64 bits of the double that comes next, high and low, without reading it: not-a-number has many of them. */
  doubleBits(): { readonly high: number; readonly low: number } {
    if (this.pos + 8 > this.bytes.length) throw cutOff();
    return { high: this.#view.getUint32(this.pos + 4, true), low: this.#view.getUint32(this.pos, true) };
  }

  fixed64(): number {
    const at = this.#step(8);
    return this.#view.getUint32(at + 4, true) * TWO_32 + this.#view.getUint32(at, true);
  }

  sfixed64(): number {
    const at = this.#step(8);
    return this.#view.getInt32(at + 4, true) * TWO_32 + this.#view.getUint32(at, true);
  }

  /** Where the length-delimited field that begins here ends; stands at its first byte then. */
  end(limit: number): number {
    const length = this.uint32();
    const end = this.pos + length;
    if (end > limit) throw cutOff();
    return end;
  }

  /** A text; bytes that are no UTF-8 become U+FFFD. */
  text(limit: number): string {
    const end = this.end(limit);
    const start = this.pos;
    this.pos = end;
    return this.slice(start, end);
  }

  slice(start: number, end: number): string {
    return this.bytes.toString('utf8', start, end);
  }

  /** Steps over a field whose tag was read. */
  skip(tag: number, limit: number): void {
    switch (tag & 7) {
      case VARINT:
        this.#varint64();
        break;
      case FIXED64:
        this.#step(8);
        break;
      case BYTES:
        this.pos = this.end(limit);
        break;
      case FIXED32:
        this.#step(4);
        break;
      default:
        throw new Malformed(`a field has the wire type ${tag & 7}`);
    }
    if (this.pos > limit) throw cutOff();
  }

  /** Every message must end where it said it would. */
  endAt(limit: number): void {
    if (this.pos !== limit) throw new Malformed('a field reaches beyond the message it is in');
  }

  #byte(): number {
    if (this.pos >= this.bytes.length) throw cutOff();
    return this.bytes[this.pos++] as number;
  }

  #step(length: number): number {
    const at = this.pos;
    if (at + length > this.bytes.length) throw cutOff();
    this.pos = at + length;
    return at;
  }

  #varint64(): readonly [low: number, high: number] {
    let low = 0;
    let high = 0;
    for (let i = 0; i < 10; i++) {
      const byte = this.#byte();
      const bits = byte & 0x7f;
      if (i < 4) low |= bits << (7 * i);
      else if (i === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (7 * i - 32);
      if (byte < 0x80) return [low >>> 0, high >>> 0];
    }
    throw new Malformed('a number is longer than ten bytes');
  }
}

function cutOff(): Malformed {
  return new Malformed('the message is cut off');
}

/** Reads a repeated number, packed or not; adds to the list. */
export function repeated(reader: WireReader, tag: number, limit: number, into: number[], one: () => number): void {
  if ((tag & 7) !== BYTES) {
    into.push(one());
    return;
  }
  const end = reader.end(limit);
  while (reader.pos < end) into.push(one());
  reader.endAt(end);
}
