import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FakeStorage } from '../../testing/s3/storage.js';
import { type DeclaredProbe, MeasurementFailed, type Measured } from '../probe.js';
import { makeObjectStorageProbe } from './make.js';

// Real object storage cannot be had on a test machine: the stand-in verifies each signature independently (pieces.test.ts holds it
// to the examples of AWS's own documentation).
const NOW_MS = Date.parse('2026-11-23T09:00:10Z');
const WINDOW = { fromMs: Date.parse('2026-11-23T08:59:00Z'), toMs: Date.parse('2026-11-23T09:00:00Z') };
const KEYS = { accessKeyId: 'AKIATEST', secretAccessKey: 'a/secret+key', region: 'eu-west-1' };

let storage: FakeStorage;
let endpoint: string;

beforeEach(async () => {
  process.env.TEST_S3_KEY = KEYS.accessKeyId;
  process.env.TEST_S3_SECRET = KEYS.secretAccessKey;
  storage = new FakeStorage('backups', KEYS, () => NOW_MS);
  endpoint = await storage.open();
});
afterEach(() => storage.close());

async function measured(change: object = {}): Promise<Measured> {
  const settings = {
    endpoint,
    region: 'eu-west-1',
    bucket: 'backups',
    prefix: 'odoo shop/',
    suffix: '.dump',
    allowPrivate: true,
    credentials: { accessKeyId: { env: 'TEST_S3_KEY' }, secretAccessKey: { env: 'TEST_S3_SECRET' } },
    ...change,
  };
  const declared: DeclaredProbe = {
    tenant: 'acme-retail',
    workload: 'odoo-retail',
    probe: {
      name: 'dumps',
      kind: 'object-storage',
      environment: 'production',
      everyMs: 60_000,
      settings,
    } as DeclaredProbe['probe'],
  };
  const probe = makeObjectStorageProbe(declared, () => NOW_MS);
  if ('problems' in probe) throw new Error(probe.problems.join('; '));
  const [measure] = probe.measures;
  if (measure === undefined) throw new Error('no measure');
  return await measure.measure([WINDOW]);
}

const told = ({ measurements }: Measured) =>
  Object.fromEntries(
    (measurements[0]?.samples ?? []).map(({ signal, value }) => [
      signal.replace('storage.artifact.', ''),
      value.kind === 'gauge' ? value.value : value.kind === 'gap' ? value.reason : value.kind,
    ]),
  );

async function failure(change: object = {}): Promise<string> {
  const error = await measured(change).then(
    () => new Error('it measured'),
    (e: unknown) => e,
  );
  if (!(error instanceof MeasurementFailed)) throw error;
  return `${error.reason}: ${error.message}`;
}

const dump = (key: string, time: string, size: number | null = 5_000, versionId = 'v1') => ({
  key,
  versionId,
  lastModified: `2026-11-23T${time}.000Z`,
  size,
});

describe('the newest artifact of a bucket', () => {
  test('is told with its age and size, under a name that needs encoding', async () => {
    storage.versions = [
      dump('odoo shop/Tag & Nacht+1.dump', '08:30:10', 7_000),
      dump('odoo shop/Tag & Nacht+1.dump', '07:00:00', 6_000, 'v0'),
      dump('odoo shop/a.log', '09:00:00'),
      dump('other/b.dump', '08:59:00'),
    ];
    const all = await measured();
    expect(told(all)).toEqual({ present: 1, age: 1_800, size: 7_000 });
    expect(all).toMatchObject({ rows: 3, notes: ['newest: odoo shop/Tag & Nacht+1.dump, 2 version(s) kept'] });
    expect(all.measurements[0]?.samples[0]).toMatchObject({ dimensions: { instance: 'dumps' }, atMs: WINDOW.toMs });
    expect(storage.asked).toEqual(['GET /backups?versions=&encoding-type=url&max-keys=1000&prefix=odoo%20shop%2F']);
  });

  test('is found on the last of many pages', async () => {
    storage.pageSize = 2;
    storage.versions = Array.from({ length: 9 }, (_, i) => dump(`odoo shop/${i} &.dump`, `0${i % 8}:00:00`, i));
    expect(told(await measured())).toMatchObject({ age: 2 * 3_600 + 10 - 0, size: 7 });
    expect(storage.asked).toHaveLength(5);
    expect(storage.asked[1]).toContain('&key-marker=odoo%20shop%2F1%20%26.dump&version-id-marker=v1');
  });

  test('is not there where its newest version is a deletion: that is known, and has no age', async () => {
    storage.versions = [dump('odoo shop/a.dump', '08:00:00', null, 'v2'), dump('odoo shop/a.dump', '07:00:00')];
    const all = await measured();
    expect(told(all)).toEqual({ present: 0, age: 'no-series', size: 'no-series' });
    expect(all.notes).toEqual([
      'no artifact under "odoo shop/" that ends with ".dump"',
      '1 key(s) are deleted, such as odoo shop/a.dump',
    ]);
  });
});

describe('what cannot be told is a reason, never a number', () => {
  const answers = (status: number, body: string) => (response: ServerResponse) =>
    void response.writeHead(status).end(body);
  test.each<[string, () => void, object, string | RegExp]>([
    [
      'a listing longer than allowed',
      () => void (storage.pageSize = 1),
      { pages: 2 },
      /^too-large: more than 2 pages of versions under "odoo shop\/"/,
    ],
    [
      'a wrong secret',
      () => void (process.env.TEST_S3_SECRET = 'x'),
      {},
      'refused: the storage answered 403 SignatureDoesNotMatch',
    ],
    [
      'a wrong key',
      () => void (process.env.TEST_S3_KEY = 'x'),
      {},
      'refused: the storage answered 403 InvalidAccessKeyId',
    ],
    [
      'a wrong region',
      () => undefined,
      { region: 'us-east-1' },
      'refused: the storage answered 403 AuthorizationHeaderMalformed',
    ],
    [
      'a secret that is not there',
      () => void delete process.env.TEST_S3_SECRET,
      {},
      /^refused: the environment variable TEST_S3_SECRET/,
    ],
    ['no such bucket', () => undefined, { bucket: 'other' }, 'missing: the storage answered 404 NoSuchBucket'],
    [
      'a storage that is busy',
      () => void (storage.trouble = answers(503, '<Error><Code>SlowDown</Code></Error>')),
      {},
      'unreachable: the storage answered 503 SlowDown',
    ],
    [
      'a proxy in between',
      () => void (storage.trouble = answers(200, '<html>Sign in</html>')),
      {},
      /^bad-answer: the answer is no ListVersionsResult/,
    ],
    ['a storage that hangs', () => void (storage.trouble = () => undefined), { timeout: '150ms' }, /^timeout: /],
    [
      'an artifact from the future',
      () => void (storage.versions = [dump('odoo shop/a.dump', '09:30:00')]),
      {},
      /^bad-answer: the newest artifact lies in the future/,
    ],
  ])('%s', async (_, happens, change, expected) => {
    storage.versions = Array.from({ length: 3 }, (_v, i) => dump(`odoo shop/${i}.dump`, '07:00:00'));
    happens();
    const text = await failure(change);
    expect(text).toMatch(typeof expected === 'string' ? new RegExp(`^${expected}$`) : expected);
    expect(text).not.toContain(KEYS.secretAccessKey);
  });
});
