import type { Reply, RequestHead } from '../door/kind.js';
import type { Refusal } from '../door/refusal.js';

export const PROTOBUF = 'application/x-protobuf';
export const JSON_TYPE = 'application/json';

/** Points that were wanted and could not be taken. */
export interface Rejected {
  readonly points: number;
  readonly message: string;
}

/** The answer to a message that is stored, in the encoding of the request. */
export function storedReply({ mediaType }: RequestHead, { points, message }: Rejected): Reply {
  const headers = { 'content-type': mediaType === PROTOBUF ? PROTOBUF : JSON_TYPE };
  if (mediaType !== PROTOBUF) {
    const partialSuccess = { rejectedDataPoints: String(points), errorMessage: message };
    return { status: 200, headers, body: JSON.stringify(points === 0 ? {} : { partialSuccess }) };
  }
  if (points === 0) return { status: 200, headers, body: new Uint8Array() };
  const partialSuccess = Buffer.concat([Buffer.from([(1 << 3) | 0]), varint(points), textField(2, message)]);
  return { status: 200, headers, body: bytesField(1, partialSuccess) };
}

/** A refusal as `google.rpc.Status`, in the encoding of the request; its code is left to the HTTP status. */
export function refusedReply({ detail }: Refusal, { mediaType }: RequestHead): Pick<Reply, 'headers' | 'body'> {
  if (mediaType !== PROTOBUF)
    return { headers: { 'content-type': JSON_TYPE }, body: JSON.stringify({ message: detail }) };
  return { headers: { 'content-type': PROTOBUF }, body: textField(2, detail) };
}

function textField(field: number, text: string): Buffer {
  return bytesField(field, Buffer.from(text));
}

function bytesField(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(field << 3) | 2]), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left > 0x7f; left = Math.floor(left / 128)) bytes.push((left % 128) | 0x80);
  bytes.push(left);
  return Buffer.from(bytes);
}
