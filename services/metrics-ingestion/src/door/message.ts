import { gunzipped } from './body.js';
import { readDocument } from './json.js';
import type { Accepts, Message, RequestHead } from './kind.js';
import { Refused } from './refusal.js';

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

const JSON_TYPE = /^application\/(?:[a-z0-9.+-]+\+)?json$/;
const PARAMETER = /;\s*([^\s=;"]+)\s*=\s*(?:"([^"]*)"|([^\s;"]*))/g;

/** What a door accepts that says nothing else: JSON, or bytes without a type, as they are or gzip. */
export const JSON_BODIES: Accepts = {
  type: ({ mediaType }) => mediaType === null || JSON_TYPE.test(mediaType),
  typesInWords: 'application/json',
  encodings: { gzip: gunzipped },
};

/** What a request's headers say of its body. */
export function headOf(headers: Headers): RequestHead {
  const header = (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === 'string' ? value : value?.[0];
  };
  const contentType = header('content-type') ?? '';
  const mediaType = (contentType.split(';', 1)[0] as string).trim().toLowerCase();
  const parameters: Record<string, string> = Object.create(null);
  for (const [, name, quoted, plain] of contentType.matchAll(PARAMETER))
    parameters[(name as string).toLowerCase()] = quoted ?? plain ?? '';
  return { mediaType: mediaType === '' ? null : mediaType, parameters, header };
}

/** A body as its door reads it; throws Refused for a type or an encoding that the door does not take. */
export async function messageOf(raw: Buffer, head: RequestHead, accepts: Accepts = JSON_BODIES): Promise<Message> {
  if (!accepts.type(head)) {
    const found = head.header('content-type')?.slice(0, 100) ?? 'a body without a type';
    throw new Refused({
      status: 415,
      code: 'media-type',
      detail: `send ${accepts.typesInWords}, not ${found}`,
    });
  }
  const bytes = await decoded(raw, head.header('content-encoding'), accepts);
  return { ...head, bytes, document: () => readDocument(bytes) };
}

async function decoded(raw: Buffer, encoding: string | undefined, accepts: Accepts): Promise<Buffer> {
  const name = encoding?.trim().toLowerCase() ?? '';
  const isPlain = name === '' || name === 'identity';
  if (isPlain && accepts.isEncodingRequired !== true) return raw;
  const decode = Object.hasOwn(accepts.encodings, name) ? accepts.encodings[name] : undefined;
  if (decode !== undefined) return await decode(raw);
  const names = Object.keys(accepts.encodings).join(' or ');
  const wanted = accepts.isEncodingRequired === true ? `send it as ${names}` : `send it as it is, or as ${names}`;
  const found = isPlain ? 'not encoded' : `encoded as ${(encoding ?? '').slice(0, 100)}`;
  throw new Refused({ status: 415, code: 'media-type', detail: `the body is ${found}; ${wanted}` });
}
