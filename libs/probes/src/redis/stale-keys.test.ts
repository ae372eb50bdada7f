import { describe, expect, it } from '@jest/globals';
import { redisSettings } from '@parapet/policy';
import { findingsOf, readInfo } from './info.js';
import { isStale, type KeyTimes } from './stale-keys.js';

const HOUR_MS = 3_600_000;

describe('a key is stale', () => {
  const rule = (more: object = {}) => ({
    mustExpire: true,
    ttl: undefined,
    maxAge: undefined,
    maxIdle: undefined,
    ...more,
  });
  const aged = rule({ ttl: HOUR_MS, maxAge: 600_000 });
  const idle = rule({ mustExpire: false, maxIdle: HOUR_MS });
  const times = (leftMs: number, idleMs: number | null = null): KeyTimes => ({ leftMs, idleMs });

  it.each<[string, ReturnType<typeof rule>, KeyTimes, boolean | null]>([
    ['when it never goes', rule(), times(-1), true],
    ['not when it goes by itself', rule(), times(1), false],
    ['not when it may stay', rule({ mustExpire: false, maxIdle: HOUR_MS }), times(-1, 0), false],
    ['neither nor when it is gone', rule(), times(-2), null],
    ['when more of its time is over than may be', aged, times(HOUR_MS - 600_001), true],
    ['not at the very bound', aged, times(HOUR_MS - 600_000), false],
    ['not when it was written just now', aged, times(HOUR_MS), false],
    [
      'not when it got more time than the shop says: then its age is not known to be too much',
      aged,
      times(2 * HOUR_MS),
      false,
    ],
    ['when nobody has touched it for too long', idle, times(-1, HOUR_MS + 1), true],
    ['not when somebody has', idle, times(-1, HOUR_MS), false],
  ])('%s', (_, staleRule, keyTimes, verdict) => {
    expect(isStale(staleRule, keyTimes)).toBe(verdict);
  });
});

describe('settings of stale keys', () => {
  const problems = (rule: object) =>
    redisSettings
      .safeParse({ connection: { env: 'CACHE_URL' }, staleKeys: [{ name: 'pages', match: 'page:*', ...rule }] })
      .error?.issues.map(({ message }) => message) ?? [];

  it.each<[string, object, readonly string[]]>([
    ['nothing but a pattern', {}, []],
    ['an expiry and an age', { ttl: '1h', maxAge: '10m' }, []],
    [
      'an age without the expiry that tells it',
      { maxAge: '10m' },
      ['ttl and maxAge belong together: the age of a key is its ttl less what is left of it'],
    ],
    ['an age that no key reaches', { ttl: '10m', maxAge: '10m' }, ['must be shorter than ttl: no key gets older']],
    ['nothing that makes a key stale', { mustExpire: false }, ['no key could ever be stale']],
  ])('%s', (_, rule, expected) => {
    expect(problems(rule)).toEqual(expected);
  });
});

it('kinds of stale keys have names of their own: each is a measurement, and a dimension', () => {
  const kind = (name: string) => ({ name, match: 'page:*' });
  const read = (...names: string[]) =>
    redisSettings.safeParse({ connection: { env: 'CACHE_URL' }, staleKeys: names.map(kind) });
  expect(read('pages', 'carts').success).toBe(true);
  expect(read('pages', 'pages').error?.issues).toMatchObject([
    { path: ['staleKeys'], message: 'each stands here once' },
  ]);
});

describe('what INFO says', () => {
  const COMPLETE = `# Server\r\nredis_version:7.2.4\r\nuptime_in_seconds:90\r\n\r\n# Clients\r\nblocked_clients:2\r\n# Memory\r\nused_memory:750\r\nmaxmemory:1000\r\n# Stats\r\nevicted_keys:5\r\nrejected_connections:1\r\nkeyspace_hits:9\r\nkeyspace_misses:3\r\n# Keyspace\r\ndb0:keys=12,expires=12,avg_ttl=0\r\n`;
  const values = (text: string) =>
    Object.fromEntries(findingsOf(readInfo(text)).map(({ signal, value }) => [signal, value]));
  const gap = { kind: 'gap', reason: 'no-series' };

  it('becomes findings', () => {
    expect(values(COMPLETE)).toEqual({
      'redis.memory': { kind: 'gauge', value: 0.75 },
      'redis.clients.blocked': { kind: 'gauge', value: 2 },
      'redis.evictions': { kind: 'count', count: 5, of: 90 },
      'redis.connections.rejected': { kind: 'count', count: 1, of: 90 },
      'redis.hits': { kind: 'count', count: 9, of: 12 },
    });
  });

  it.each([
    ['no limit of memory', 'maxmemory:1000', 'maxmemory:0', 'redis.memory'],
    ['a field that a proxy leaves out', 'evicted_keys:5\r\n', '', 'redis.evictions'],
    ['a field that is no number', 'blocked_clients:2', 'blocked_clients:many', 'redis.clients.blocked'],
    ['an empty field', 'keyspace_misses:3', 'keyspace_misses:', 'redis.hits'],
  ])('is a gap, and never 0: %s', (_, from, to, signal) => {
    expect(values(COMPLETE.replace(from, to))[signal]).toEqual(gap);
  });
});
