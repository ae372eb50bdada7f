import type { ChainableCommander, Redis } from 'ioredis';
import { MeasurementFailed } from '../probe.js';
import type { StaleKeys } from './config.js';

/** How many keys SCAN passes over per step: short enough that nobody waits for it. */
const STEP = 100;

/** What a stretch of the key space held: keys of the kind, and how many of them are stale. */
export interface StaleShare {
  readonly stale: number;
  readonly keys: number;
  /** Where the next stretch begins; `0` at the end of a round. */
  readonly cursor: string;
}

/** What Redis says of one key. */
export interface KeyTimes {
  /** What is left of its expiry; -1 without one, -2 where the key is gone. */
  readonly leftMs: number;
  /** Since it was last read or written; null where nobody asked. */
  readonly idleMs: number | null;
}

/**
 * Whether a key is left over; null where it is gone. It is stale when it can never go by itself, when it is older than it may be,
 * or when nobody has touched it for too long. Its age is the expiry that it was written with, less what is left of it.
 */
export function isStale(
  rule: Pick<StaleKeys, 'mustExpire' | 'ttl' | 'maxAge' | 'maxIdle'>,
  times: KeyTimes,
): boolean | null {
  const { leftMs, idleMs } = times;
  if (leftMs === -2) return null;
  const neverGoes = rule.mustExpire && leftMs === -1;
  const isOld = rule.ttl !== undefined && rule.maxAge !== undefined && leftMs >= 0 && rule.ttl - leftMs > rule.maxAge;
  const isIdle = rule.maxIdle !== undefined && idleMs !== null && idleMs > rule.maxIdle;
  return neverGoes || isOld || isIdle;
}

/**
 * Looks at the next stretch of the key space: about as many keys as allowed, never all of them at once, and never by KEYS. The
 * stretch ends with the round, so that no key counts twice in one look.
 */
export async function scanStretch(client: Redis, rule: StaleKeys, from: string, most: number): Promise<StaleShare> {
  const seen = new Set<string>();
  let cursor = from;
  let stale = 0;
  let keys = 0;
  for (let passed = 0; passed < most; passed += STEP) {
    const [next, found] = await client.scan(cursor, 'MATCH', rule.match, 'COUNT', STEP);
    const fresh = found.filter((key) => !seen.has(key));
    for (const key of fresh) seen.add(key);
    for (const times of await timesOf(client, fresh, rule.maxIdle !== undefined)) {
      const verdict = isStale(rule, times);
      if (verdict !== null) keys += 1;
      if (verdict === true) stale += 1;
    }
    cursor = next;
    if (cursor === '0') break;
  }
  return { stale, keys, cursor };
}

async function timesOf(client: Redis, keys: readonly string[], withIdle: boolean): Promise<readonly KeyTimes[]> {
  const lefts = await numbers(client, keys, (batch, key) => batch.pttl(key));
  if (!withIdle) return lefts.map((leftMs) => ({ leftMs: leftMs ?? -2, idleMs: null }));
  const idles = await numbers(client, keys, (batch, key) => batch.object('IDLETIME', key));
  // A key that went between the two questions has no idle time.
  return lefts.map((leftMs, i) => {
    const idleS = idles[i] ?? null;
    return { leftMs: idleS === null ? -2 : (leftMs ?? -2), idleMs: idleS === null ? null : idleS * 1000 };
  });
}

async function numbers(
  client: Redis,
  keys: readonly string[],
  ask: (batch: ChainableCommander, key: string) => ChainableCommander,
): Promise<readonly (number | null)[]> {
  if (keys.length === 0) return [];
  const answers = await keys.reduce<ChainableCommander>((batch, key) => ask(batch, key), client.pipeline()).exec();
  return (answers ?? []).map(([error, value]) => {
    if (error === null) return typeof value === 'number' ? value : null;
    if (/LFU/.test(error.message)) {
      const text = 'maxIdle needs idle times, and this Redis keeps none: its maxmemory-policy is one of LFU';
      throw new MeasurementFailed('missing', text, { cause: error });
    }
    // A key that is gone has no idle time to tell.
    if (/no such key/i.test(error.message)) return null;
    throw error;
  });
}
