import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { objectionTo } from '../../testing/s3/signature.js';
import { MeasurementFailed } from '../probe.js';
import { objectStorageSettings } from './config.js';
import { pageOf, refusalOf } from './listing.js';
import { newestOf } from './newest.js';
import { parseXml } from './xml.js';

describe('the stand-in for S3 checks signatures as AWS describes them', () => {
  // The examples of "Authenticating Requests: Using the Authorization Header" in AWS's documentation of S3.
  const KEYS = {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    region: 'us-east-1',
  };
  const NOW = Date.parse('2013-05-24T00:00:00Z');
  const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  const example = (
    target: string,
    signature: string,
    more: Record<string, string> = {},
    signed = 'host;x-amz-content-sha256;x-amz-date',
  ) => ({
    method: 'GET',
    target,
    headers: {
      host: 'examplebucket.s3.amazonaws.com',
      'x-amz-content-sha256': EMPTY,
      'x-amz-date': '20130524T000000Z',
      ...more,
      authorization: `AWS4-HMAC-SHA256 Credential=${KEYS.accessKeyId}/20130524/us-east-1/s3/aws4_request,SignedHeaders=${signed},Signature=${signature}`,
    },
  });
  const LIST = example('/?max-keys=2&prefix=J', '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7');

  it.each([
    ['list objects', LIST],
    ['get the lifecycle', example('/?lifecycle', 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543')],
    [
      'get an object',
      example(
        '/test.txt',
        'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
        { range: 'bytes=0-9' },
        'host;range;x-amz-content-sha256;x-amz-date',
      ),
    ],
  ])('takes the documented request to %s', (_, request) => {
    expect(objectionTo(request, KEYS, NOW)).toBeNull();
  });

  it.each([
    ['another query', { ...LIST, target: '/?max-keys=3&prefix=J' }, KEYS, NOW, 'SignatureDoesNotMatch'],
    ['another secret', LIST, { ...KEYS, secretAccessKey: 'x' }, NOW, 'SignatureDoesNotMatch'],
    ['another key', LIST, { ...KEYS, accessKeyId: 'x' }, NOW, 'InvalidAccessKeyId'],
    ['another region', LIST, { ...KEYS, region: 'eu-west-1' }, NOW, 'AuthorizationHeaderMalformed'],
    ['an old request', LIST, KEYS, NOW + 16 * 60_000, 'RequestTimeTooSkewed'],
    [
      'a header that is not signed',
      { ...LIST, headers: { ...LIST.headers, 'x-amz-security-token': 't' } },
      KEYS,
      NOW,
      'AccessDenied',
    ],
    ['no signature', { ...LIST, headers: { host: 'x' } }, KEYS, NOW, 'AccessDenied'],
  ])('refuses %s', (_, request, keys, now, code) => {
    expect(objectionTo(request, keys, now)).toBe(code);
  });
});

describe('the XML of an answer', () => {
  it.each<[string, string, unknown]>([
    [
      'elements, attributes left out',
      '<?xml version="1.0"?>\n<a xmlns="x"><b>1</b><c/></a>\n',
      { name: 'a', children: [{ name: 'b', text: '1' }, { name: 'c' }] },
    ],
    ['the entities', '<a>&lt;&amp;&#x41;&#66;&quot;</a>', { text: '<&AB"' }],
  ])('gives %s', (_, text, expected) => {
    expect(parseXml(text)).toMatchObject(expected as object);
  });

  it.each<[string, string]>([
    ['what is cut off', '<a><b>1</b>'],
    ['what is crossed', '<a><b></a></b>'],
    ['a document type', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
    ['an entity of its own', '<a>&x;</a>'],
    ['an entity like a property of every object', '<a>&constructor;</a>'],
    ['an entity without an end', '<a>&amp</a>'],
    ['a character that is none', '<a>&#x110000;</a>'],
    ['two documents', '<a/><b/>'],
    ['text around it', 'ok <a/>'],
    ['nothing', ''],
    ['a web page', '<!doctype html><p>Sign in'],
    ['endless nesting', '<a>'.repeat(1_000) + '</a>'.repeat(1_000)],
  ])('is refused: %s', (_, text) => {
    expect(parseXml(text)).toBeNull();
  });

  it('whatever it is, reading it ends and throws nothing', () => {
    const piece = fc.constantFrom('<a>', '</a>', '<b/>', '&amp;', '&', '<', '>', 'x', '<?', '?>', '"', ' ');
    fc.assert(fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => void parseXml(pieces.join(''))));
  });
});

const version = (key: string, time: string, isLatest = true, versionId = 'v1') => ({
  key,
  versionId,
  isLatest,
  atMs: Date.parse(`2026-11-23T${time}Z`),
  bytes: 10,
});
const page = (...versions: ReturnType<typeof version>[]) => ({ versions, deleted: [], next: null });

describe('the newest artifact', () => {
  it.each<[string, Parameters<typeof newestOf>[0], string | null]>([
    [
      'is the newest of all keys, on whatever page it stands',
      [page(version('a', '02:00:00')), page(version('b', '03:00:00')), page(version('c', '01:00:00'))],
      'b',
    ],
    [
      'is never an older version, however new it is',
      [page(version('a', '02:00:00'), version('b', '09:00:00', false))],
      'a',
    ],
    ['is only one that ends as asked', [page(version('a.dump', '02:00:00'), version('a.log', '03:00:00'))], 'a.dump'],
    ['is none where all keys are deleted', [{ ...page(version('a', '02:00:00', false)), deleted: ['a'] }], null],
    ['is none in an empty bucket', [page()], null],
  ])('%s', (name, pages, key) => {
    expect(newestOf(pages, name.includes('ends') ? '.dump' : '').version?.key ?? null).toBe(key);
  });

  it('tells how many versions are kept, what is deleted, and a bucket that keeps none', () => {
    const kept = newestOf(
      [{ ...page(version('a', '02:00:00'), version('a', '01:00:00', false, 'v0')), deleted: ['b', 'c'] }],
      '',
    );
    expect(kept.notes).toEqual(['newest: a, 2 version(s) kept', '2 key(s) are deleted, such as b']);
    expect(newestOf([page(version('a', '02:00:00', true, 'null'))], '').notes[1]).toContain('keeps no versions');
  });
});

describe('an answer that is no listing', () => {
  const whole = '<ListVersionsResult><IsTruncated>false</IsTruncated></ListVersionsResult>';
  const one = (inner: string) => whole.replace('</List', `<Version>${inner}</Version></List`);
  it.each<[string, string, string]>([
    ['a web page with status 200', '<html></html>', 'no ListVersionsResult'],
    ['a cut-off listing', whole.slice(0, 40), 'no ListVersionsResult'],
    ['a listing that does not say whether it is whole', '<ListVersionsResult/>', 'without IsTruncated'],
    [
      'a version without a size',
      one(
        '<Key>a</Key><VersionId>1</VersionId><IsLatest>true</IsLatest><LastModified>2026-11-23T01:00:00Z</LastModified>',
      ),
      'Version without Size',
    ],
    [
      'a version of no time',
      one(
        '<Key>a</Key><VersionId>1</VersionId><IsLatest>true</IsLatest><LastModified>today</LastModified><Size>1</Size>',
      ),
      'LastModified or Size',
    ],
    ['more pages without where they begin', whole.replace('false', 'true'), 'without NextKeyMarker'],
  ])('gives a reason: %s', (_, body, text) => {
    expect(() => pageOf(body)).toThrow(MeasurementFailed);
    expect(() => pageOf(body)).toThrow(text);
  });

  it.each<[number, string, string, string]>([
    [403, '<Error><Code>AccessDenied</Code></Error>', 'refused', 'the storage answered 403 AccessDenied'],
    [404, '<Error><Code>NoSuchBucket</Code></Error>', 'missing', 'the storage answered 404 NoSuchBucket'],
    [503, '<Error><Code>SlowDown</Code></Error>', 'unreachable', 'the storage answered 503 SlowDown'],
    [400, '<Error><Code>ExpiredToken</Code></Error>', 'refused', 'the storage answered 400 ExpiredToken'],
    [403, '<Error><Code>AKIA secret here</Code></Error>', 'refused', 'the storage answered 403'],
    [502, 'Bad gateway', 'unreachable', 'the storage answered 502'],
    [301, '', 'bad-answer', 'the storage answered 301'],
  ])('status %i with %s is %s', (status, body, reason, message) => {
    expect(refusalOf(status, body)).toMatchObject({ reason, message });
  });
});

describe('settings', () => {
  const GOOD = {
    endpoint: 'https://s3.example',
    bucket: 'backups',
    credentials: { accessKeyId: { env: 'A' }, secretAccessKey: { file: '/s' } },
  };
  it('take credentials only by reference', () => {
    expect(objectStorageSettings.safeParse(GOOD).success).toBe(true);
    const inClear = { ...GOOD, credentials: { accessKeyId: 'AKIA', secretAccessKey: 'x' } };
    expect(objectStorageSettings.safeParse(inClear).success).toBe(false);
  });

  it.each<[string, object, string]>([
    ['plain http', { endpoint: 'http://s3.example' }, 'plain http needs allowPrivate'],
    ['an endpoint with a query', { endpoint: 'https://s3.example/?x=1' }, 'no query'],
    ['a bucket that is a path', { bucket: '../other' }, 'Invalid string'],
  ])('refuse %s', (_, change, text) => {
    const messages = objectStorageSettings
      .safeParse({ ...GOOD, ...change })
      .error?.issues.map(({ message }) => message);
    expect(messages?.join()).toContain(text);
  });
});
