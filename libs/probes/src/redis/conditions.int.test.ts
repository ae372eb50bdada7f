import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { redisSettings } from '@parapet/policy';
import { freePort, startRedis, type TestServer } from '@parapet/testkit';
import { Redis } from 'ioredis';
import { authoritiesIn } from '../http/authorities.js';
import { MeasurementFailed } from '../probe.js';
import { RedisServer } from './connection.js';
import { RedisProbe } from './probe.js';

const EVERY_MS = 60_000;
const NOW_MS = Date.parse('2026-09-15T10:00:30Z');
const WINDOW = { fromMs: Date.parse('2026-09-15T09:59:00Z'), toMs: Date.parse('2026-09-15T10:00:00Z') };
/** What the documentation tells to run, word for word: nothing that writes, nothing that reads a value. */
const PAGE = readFileSync(new URL('../../../../docs/sources/redis.md', import.meta.url), 'utf8');
const [ROLE = ''] = /^ACL SETUSER parapet .*$/m.exec(PAGE) ?? [];

jest.setTimeout(60_000);

let server: TestServer;
let shop: Redis;
let monitorUrl: string;

beforeAll(async () => {
  server = await startRedis();
  shop = new Redis(server.url);
  const [command = '', ...words] = ROLE.split(' ');
  await shop.call(command, ...words);
  monitorUrl = server.url.replace('redis://', 'redis://parapet:choose-one@');
}, 60_000);
afterAll(async () => {
  shop.disconnect();
  await server.stop();
});
beforeEach(() => shop.flushall());
afterEach(() => shop.config('SET', 'maxmemory', '0', 'maxmemory-policy', 'noeviction'));

function probeOf(settings: object = {}, url: string = monitorUrl): RedisProbe {
  const parsed = redisSettings.parse({ connection: { env: 'UNUSED' }, ...settings });
  return new RedisProbe({
    name: 'odoo-retail/cache',
    instance: 'cache',
    everyMs: EVERY_MS,
    settings: parsed,
    server: new RedisServer({
      url: () => url,
      ca: () => (parsed.ca === undefined ? undefined : authoritiesIn(parsed.ca)),
      timeoutMs: parsed.timeout,
    }),
    target: 'cache',
    nowMs: () => NOW_MS,
  });
}

async function measured(probe: RedisProbe, kpi = 'health') {
  const measure = probe.measures.find((one) => one.kpi === kpi);
  if (measure === undefined) throw new Error(`no ${kpi}`);
  const { measurements, rows, notes } = await measure.measure([WINDOW]);
  const samples = measurements[0]?.samples ?? [];
  expect(samples.every(({ dimensions, atMs }) => dimensions['instance'] === 'cache' && atMs === WINDOW.toMs)).toBe(
    true,
  );
  return { values: Object.fromEntries(samples.map(({ signal, value }) => [signal, value])), samples, rows, notes };
}

async function failureOf(probe: RedisProbe, kpi = 'health'): Promise<MeasurementFailed> {
  const error = await measured(probe, kpi).then(
    () => new Error('it succeeded'),
    (e: unknown) => e,
  );
  if (!(error instanceof MeasurementFailed)) throw error;
  return error;
}

async function until<T>(look: () => Promise<T>, isSo: (found: T) => boolean): Promise<T> {
  const deadlineMs = Date.now() + 10_000;
  for (;;) {
    const found = await look();
    if (isSo(found)) return found;
    if (Date.now() > deadlineMs) throw new Error(`waited 10 s in vain; last seen: ${JSON.stringify(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('the health of a Redis', () => {
  test('with few rights: latency, counters and clients; no memory level without a limit', async () => {
    const { values, rows, notes } = await measured(probeOf());
    expect(values).toMatchObject({
      'redis.latency': { kind: 'gauge', value: expect.any(Number) },
      'redis.memory': { kind: 'gap', reason: 'no-series' },
      'redis.clients.blocked': { kind: 'gauge', value: 0 },
      'redis.evictions': { kind: 'count', count: 0 },
      'redis.connections.rejected': { kind: 'count', count: 0 },
      'redis.hits': { kind: 'count' },
    });
    expect(rows).toBeGreaterThan(50);
    expect(notes).toEqual(['INFO does not tell redis.memory (redis.memory needs maxmemory)']);
  });

  test('a server that stands still shows in the slowest round trip', async () => {
    const stand = `local function now() local t = redis.call('TIME') return t[1] * 1000 + t[2] / 1000 end
      local from = now() repeat until now() - from > 50`;
    const probe = probeOf({ pings: 20 });
    const measuring = measured(probe);
    // One after the other, with everybody else served in between, for as long as the probe measures.
    let isMeasured = false;
    void measuring.finally(() => (isMeasured = true));
    while (!isMeasured) await shop.eval(stand, 0);
    const { values } = await measuring;
    expect((values['redis.latency'] as { value: number }).value).toBeGreaterThanOrEqual(25);
  });

  test('memory against its limit, and keys that had to go', async () => {
    const used = Number(/used_memory:(\d+)/.exec(await shop.info('memory'))?.[1]);
    const before = (await measured(probeOf())).values['redis.evictions'] as { count: number };
    await shop.config('SET', 'maxmemory', String(used + 1_000_000), 'maxmemory-policy', 'allkeys-lru');
    for (let n = 0; n < 40; n++) await shop.set(`page:${n}`, 'x'.repeat(100_000));
    const { values } = await measured(probeOf());
    expect((values['redis.memory'] as { value: number }).value).toBeGreaterThan(0.8);
    const after = values['redis.evictions'] as { count: number; of: number };
    expect(after.count).toBeGreaterThan(before.count);
    expect(after.of).toBeGreaterThanOrEqual(0);
  });

  test('clients that wait for something to arrive', async () => {
    const waiters = [new Redis(server.url), new Redis(server.url)];
    const waiting = waiters.map((client) => client.blpop('queue', 20));
    await until(
      () => measured(probeOf()),
      ({ values }) => (values['redis.clients.blocked'] as { value: number }).value === 2,
    );
    await shop.rpush('queue', 'a', 'b');
    await Promise.all(waiting);
    for (const client of waiters) client.disconnect();
    await until(
      () => measured(probeOf()),
      ({ values }) => (values['redis.clients.blocked'] as { value: number }).value === 0,
    );
  });

  test('clients that were turned away, and lookups that hit', async () => {
    await shop.set('there', '1');
    const before = (await measured(probeOf())).values;
    await Promise.all([shop.get('there'), shop.get('there'), shop.get('nowhere')]);
    const clients = Number(/connected_clients:(\d+)/.exec(await shop.info('clients'))?.[1]);
    await shop.config('SET', 'maxclients', String(clients));
    expect((await failureOf(probeOf())).reason).toBe('unreachable');
    await shop.config('SET', 'maxclients', '1000');
    const after = (await measured(probeOf())).values;
    const grown = (signal: string) => {
      const [a, b] = [before[signal], after[signal]] as { count: number; of: number }[];
      return [(b?.count ?? 0) - (a?.count ?? 0), (b?.of ?? 0) - (a?.of ?? 0)];
    };
    expect(grown('redis.connections.rejected')[0]).toBe(1);
    expect(grown('redis.hits')).toEqual([2, 3]);
  });
});

describe('stale keys', () => {
  const KPI = 'stale-keys-pages';
  const withKeys = (rule: object, more: object = {}, url?: string) =>
    probeOf({ staleKeys: [{ name: 'pages', match: 'page:*', ...rule }], ...more }, url);

  test('a key that can never go is stale, one that expires is not, and other keys do not count', async () => {
    await shop.mset('page:1', 'a', 'page:2', 'b', 'cart:1', 'c');
    await shop.set('page:3', 'c', 'EX', 60);
    const { samples, rows } = await measured(withKeys({}), KPI);
    expect(samples).toMatchObject([
      {
        signal: 'redis.keys.stale',
        value: { kind: 'count', count: 2, of: 3 },
        dimensions: { instance: 'cache', keys: 'pages' },
      },
    ]);
    expect(rows).toBe(3);
  });

  test('a key that was written before the release is older than it may be', async () => {
    await shop.set('page:old', 'a', 'EX', 3600 - 700);
    await shop.set('page:new', 'b', 'EX', 3600 - 10);
    const { values } = await measured(withKeys({ ttl: '1h', maxAge: '10m' }), KPI);
    expect(values['redis.keys.stale']).toEqual({ kind: 'count', count: 1, of: 2 });
  });

  test('a key that nobody touches any more, and looking at it does not count as touching', async () => {
    await shop.set('page:used', 'a');
    const dump = await shop.dumpBuffer('page:used');
    await shop.call('RESTORE', 'page:left', '0', dump, 'IDLETIME', '7200');
    const probe = withKeys({ mustExpire: false, maxIdle: '1h' });
    for (let n = 0; n < 2; n++) {
      const { values } = await measured(probe, KPI);
      expect(values['redis.keys.stale']).toEqual({ kind: 'count', count: 1, of: 2 });
    }
  });

  test('each look passes over so many keys at most, and the looks together over all of them', async () => {
    const pages = Array.from({ length: 1_000 }, (_, n) => [`page:${n}`, 'x']).flat();
    await shop.mset(...pages);
    const probe = withKeys({}, { scan: 200 });
    const counts: number[] = [];
    while (counts.reduce((sum, n) => sum + n, 0) < 1_000 && counts.length < 20) {
      const { values } = await measured(probe, KPI);
      counts.push((values['redis.keys.stale'] as { of: number }).of);
    }
    expect(Math.max(...counts)).toBeLessThan(400);
    expect(counts.length).toBeGreaterThan(2);
    expect(counts.reduce((sum, n) => sum + n, 0)).toBeGreaterThanOrEqual(1_000);
  });

  test('no such key is a gap, and no share of nothing', async () => {
    await shop.set('cart:1', 'c');
    const { values, notes } = await measured(withKeys({}), KPI);
    expect(values['redis.keys.stale']).toEqual({ kind: 'gap', reason: 'too-few-samples' });
    expect(notes).toEqual(['no key of this stretch matches page:*']);
  });

  test('where Redis keeps no idle times it says so', async () => {
    await shop.set('page:1', 'a');
    await shop.config('SET', 'maxmemory-policy', 'allkeys-lfu');
    const failure = await failureOf(withKeys({ maxIdle: '1h' }), KPI);
    expect([failure.reason, failure.message]).toEqual([
      'missing',
      'maxIdle needs idle times, and this Redis keeps none: its maxmemory-policy is one of LFU',
    ]);
  });

  test('KEYS is never sent, and nothing that the role may not do', async () => {
    await shop.call('ACL', 'LOG', 'RESET');
    await shop.config('RESETSTAT');
    await shop.set('page:1', 'a');
    await measured(withKeys({ maxIdle: '1h' }), KPI);
    expect(await shop.call('ACL', 'LOG')).toEqual([]);
    expect(await shop.info('commandstats')).not.toContain('cmdstat_keys');
  });
});

describe('over TLS', () => {
  const file = (name: string) => fileURLToPath(new URL(`../../../../test/fixtures/tls/${name}`, import.meta.url));
  let url: string;

  beforeAll(async () => {
    const port = await freePort();
    await shop.config(
      'SET',
      'tls-cert-file',
      file('server.pem'),
      'tls-key-file',
      file('server.key'),
      'tls-auth-clients',
      'no',
    );
    await shop.config('SET', 'tls-port', String(port));
    url = `rediss://parapet:choose-one@127.0.0.1:${port}`;
  });

  test('a Redis whose authority is given, by its address and by its name', async () => {
    for (const place of [url, url.replace('127.0.0.1', 'localhost')]) {
      const { values } = await measured(probeOf({ ca: file('authority.pem') }, place));
      expect(values['redis.latency']).toMatchObject({ kind: 'gauge' });
    }
  });

  test.each<[string, object, string, RegExp]>([
    ['an authority that nobody knows', {}, 'unreachable', /certificate/],
    ['authorities that are not there', { ca: '/nowhere/ca.pem' }, 'refused', /cannot read/],
  ])('%s', async (_, settings, reason, words) => {
    const failure = await failureOf(probeOf(settings, url));
    expect([failure.reason, failure.message]).toEqual([reason, expect.stringMatching(words)]);
  });
});

describe('what could not be measured is never a number', () => {
  test.each<[string, () => string, string, RegExp]>([
    ['a Redis that is away', () => 'redis://127.0.0.1:1', 'unreachable', /ECONNREFUSED/],
    ['a wrong password', () => monitorUrl.replace('choose-one', 'wrong'), 'refused', /WRONGPASS/],
    [
      'a right that the role has not',
      () => server.url.replace('redis://', 'redis://nobody:nothing@'),
      'refused',
      /NOPERM/,
    ],
    ['an address that is none', () => 'cache.internal', 'refused', /^the connection is no address/],
  ])('%s', async (_, url, reason, text) => {
    await shop.call('ACL', 'SETUSER', 'nobody', 'on', '>nothing', '-@all', '+ping', '~*');
    const failure = await failureOf(probeOf({}, url()));
    expect(failure.reason).toBe(reason);
    expect(failure.message).toMatch(text);
  });

  test('a Redis that wants a password and gets none', async () => {
    await shop.config('SET', 'requirepass', 'secret');
    const failure = await failureOf(probeOf({}, server.url));
    await shop.config('SET', 'requirepass', '');
    expect([failure.reason, failure.message]).toEqual(['refused', expect.stringContaining('NOAUTH')]);
  });

  test('a server that takes the connection and says nothing', async () => {
    const silent = createServer((socket) => socket.resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const failure = await failureOf(
      probeOf({ timeout: '100ms' }, `redis://127.0.0.1:${(silent.address() as AddressInfo).port}`),
    );
    silent.close();
    expect(failure.reason).toBe('timeout');
  });

  test('a secret that is not there', async () => {
    const probe = new RedisProbe({
      name: 'odoo-retail/cache',
      instance: 'cache',
      everyMs: EVERY_MS,
      settings: redisSettings.parse({ connection: { env: 'CACHE_URL' } }),
      server: new RedisServer({
        url: () => {
          throw new Error('the environment variable CACHE_URL is not set');
        },
        ca: () => undefined,
        timeoutMs: 100,
      }),
      target: 'cache',
      nowMs: () => NOW_MS,
    });
    const failure = await failureOf(probe);
    expect([failure.reason, failure.message]).toEqual(['refused', 'the environment variable CACHE_URL is not set']);
  });
});
