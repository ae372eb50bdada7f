import { beyondGrowth, grownBytesMax } from '../door/body.js';
import { Refused } from '../door/refusal.js';

/**
 * Undoes Snappy's block format, which remote write uses (not the framed one). How large it becomes stands at its beginning and is looked at
 * before any of it is made; what does not come to exactly that is refused.
 */
export function unsnapped(raw: Buffer): Buffer {
  const { length, at } = declaredLength(raw);
  if (length > grownBytesMax(raw)) throw new Refused(beyondGrowth());
  const out = Buffer.allocUnsafe(length);
  if (expand(raw, at, out) !== length) throw broken();
  return out;
}

function declaredLength(raw: Buffer): { readonly length: number; readonly at: number } {
  let length = 0;
  for (let i = 0; i < 5; i++) {
    const byte = raw[i];
    if (byte === undefined) throw broken();
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { length, at: i + 1 };
  }
  throw broken();
}

/** Fills `out` and answers how much of it was filled; throws where an element reaches beyond either side. */
function expand(raw: Buffer, from: number, out: Buffer): number {
  let at = from;
  let to = 0;
  while (at < raw.length) {
    const element = raw[at++] as number;
    const kind = element & 3;
    if (kind === 0) {
      let length = element >>> 2;
      if (length >= 60) {
        const bytes = length - 59;
        if (at + bytes > raw.length) throw broken();
        length = raw.readUIntLE(at, bytes);
        at += bytes;
      }
      length += 1;
      if (at + length > raw.length || to + length > out.length) throw broken();
      raw.copy(out, to, at, at + length);
      at += length;
      to += length;
      continue;
    }
    const offsetBytes = kind === 3 ? 4 : kind;
    if (at + offsetBytes > raw.length) throw broken();
    const length = kind === 1 ? ((element >>> 2) & 7) + 4 : (element >>> 2) + 1;
    const offset = kind === 1 ? ((element >>> 5) << 8) | (raw[at] as number) : raw.readUIntLE(at, offsetBytes);
    at += offsetBytes;
    if (offset === 0 || offset > to || to + length > out.length) throw broken();
    to = repeat(out, to, offset, length);
  }
  return to;
}

/** Copies what was written before; it may reach into what it writes, and then repeats itself. */
function repeat(out: Buffer, to: number, offset: number, length: number): number {
  if (offset >= length) {
    out.copyWithin(to, to - offset, to - offset + length);
    return to + length;
  }
  const end = to + length;
  for (let i = to; i < end; i++) out[i] = out[i - offset] as number;
  return end;
}

function broken(): Refused {
  return new Refused({ status: 400, code: 'not-protobuf', detail: 'the body is not Snappy in its block format' });
}
