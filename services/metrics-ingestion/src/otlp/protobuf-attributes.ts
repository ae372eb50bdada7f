import { addLabel } from '../series/labels.js';
import { BYTES, FIXED64, VARINT, type WireReader } from '../protobuf/wire.js';

const KEY = (1 << 3) | BYTES;
const VALUE = (2 << 3) | BYTES;

/** Reads a `KeyValue` that ends at `end` into labels; every value becomes a text. */
export function readAttribute(reader: WireReader, end: number, into: Map<string, string>): void {
  let key = '';
  let value = '';
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === KEY) key = reader.text(end);
    else if (tag === VALUE) value = readValue(reader, reader.end(end));
    else reader.skip(tag, end);
  }
  reader.endAt(end);
  addLabel(into, key, value);
}

function readValue(reader: WireReader, end: number): string {
  let text = '';
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag) {
      case (1 << 3) | BYTES:
        text = reader.text(end);
        break;
      case (2 << 3) | VARINT:
        text = reader.uint64() === 0 ? 'false' : 'true';
        break;
      case (3 << 3) | VARINT:
        text = String(reader.int64());
        break;
      case (4 << 3) | FIXED64:
        text = String(reader.double());
        break;
      default:
        text = unread(reader, tag, end);
    }
  }
  reader.endAt(end);
  return text;
}

/** Lists, maps and bytes only tell series apart: nobody matches them, and their own bytes are name enough. */
function unread(reader: WireReader, tag: number, end: number): string {
  const start = reader.pos;
  reader.skip(tag, end);
  return reader.bytes.toString('base64', start, reader.pos);
}
