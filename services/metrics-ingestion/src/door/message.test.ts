import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { BODY_BYTES_MAX } from './body.js';
import type { Accepts } from './kind.js';
import { headOf, messageOf } from './message.js';
import type { Refused } from './refusal.js';

const MIB = 1024 * 1024;
const encoded = (encoding: string | undefined, type?: string) =>
  headOf({
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
    ...(type === undefined ? {} : { 'content-type': type }),
  });

describe('what a request says of its body', () => {
  it.each([
    ['nothing', {}, null, {}],
    ['an empty type', { 'content-type': ' ' }, null, {}],
    ['a type', { 'content-type': 'application/json' }, 'application/json', {}],
    [
      'in any letters',
      { 'content-type': 'Application/JSON ; Charset=UTF-8' },
      'application/json',
      { charset: 'UTF-8' },
    ],
    [
      'with parameters, quoted or not',
      { 'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request; q="a b"' },
      'application/x-protobuf',
      { proto: 'io.prometheus.write.v2.Request', q: 'a b' },
    ],
    ['with a parameter named like a part of every object', { 'content-type': 'a/b;__proto__=x' }, 'a/b', ['x']],
  ] as const)('%s', (_, headers, mediaType, parameters) => {
    const head = headOf(headers);
    expect(head.mediaType).toBe(mediaType);
    if (Array.isArray(parameters)) expect(Object.values(head.parameters)).toEqual(parameters);
    else expect({ ...head.parameters }).toEqual(parameters);
  });

  it('of several headers of one name, the first', () => {
    expect(headOf({ 'x-a': ['1', '2'] }).header('x-a')).toBe('1');
  });
});

describe('the declared compression', () => {
  const refusal = (raw: Buffer, encoding: string) =>
    messageOf(raw, encoded(encoding)).then(
      () => null,
      (error: Refused) => [error.refusal.status, error.refusal.code],
    );

  it('none, and gzip', async () => {
    const text = Buffer.from('{"version":"4"}');
    for (const encoding of [undefined, '', 'identity', 'Identity'])
      expect((await messageOf(text, encoded(encoding))).bytes).toEqual(text);
    expect((await messageOf(gzipSync(text), encoded('gzip'))).bytes).toEqual(text);
  });

  it.each([
    [
      'grows beyond 8 MiB',
      gzipSync(Buffer.from(Array.from({ length: BODY_BYTES_MAX + 1 }, (_, i) => (i * i) % 251))),
      'gzip',
      [413, 'too-large'],
    ],
    ['grows more than a hundred times', gzipSync(Buffer.alloc(MIB)), 'gzip', [413, 'too-large']],
    ['is not what it says', Buffer.from('{}'), 'gzip', [400, 'not-json']],
    ['is cut off', gzipSync(Buffer.from('{"version":"4"}')).subarray(0, 12), 'gzip', [400, 'not-json']],
    ['is one that we do not read', Buffer.from('{}'), 'br', [415, 'media-type']],
    ['is named like a part of every object', Buffer.from('{}'), 'constructor', [415, 'media-type']],
    ['is one upon another', Buffer.from('{}'), 'gzip, gzip', [415, 'media-type']],
  ])('%s', async (_, raw, encoding, expected) => {
    expect(await refusal(raw, encoding)).toEqual(expected);
  });
});

describe('a door that reads something else', () => {
  const accepts: Accepts = {
    type: ({ mediaType }) => mediaType === 'application/x-protobuf',
    typesInWords: 'application/x-protobuf',
    encodings: { reversed: (raw) => Buffer.from(raw).reverse() },
    isEncodingRequired: true,
  };
  const read = (encoding: string | undefined, type: string | undefined) =>
    messageOf(Buffer.from('abc'), encoded(encoding, type), accepts).then(
      ({ bytes }) => bytes.toString(),
      (error: Refused) => error.refusal.detail,
    );

  it.each([
    ['its own type and encoding', 'reversed', 'application/x-protobuf', 'cba'],
    ['its type with parameters', 'Reversed', 'application/x-protobuf; proto=x', 'cba'],
    ['another type', 'reversed', 'application/json', 'send application/x-protobuf, not application/json'],
    ['no type', 'reversed', undefined, 'send application/x-protobuf, not a body without a type'],
    ['no encoding', undefined, 'application/x-protobuf', 'the body is not encoded; send it as reversed'],
    ['another encoding', 'gzip', 'application/x-protobuf', 'the body is encoded as gzip; send it as reversed'],
  ])('%s', async (_, encoding, type, expected) => {
    expect(await read(encoding, type)).toBe(expected);
  });
});
