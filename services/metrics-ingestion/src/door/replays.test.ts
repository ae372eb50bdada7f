import { describe, expect, it } from '@jest/globals';
import { Metrics } from '@parapet/telemetry';
import type { Redis } from 'ioredis';
import { senderOf } from '../../test/outside.js';
import type { Reply } from './kind.js';
import { Replays } from './replays.js';

const REPLY: Reply = { status: 202, headers: { 'content-type': 'application/json' }, body: '{"receipt":"rcp_1"}' };
const SENDER = senderOf('grafana');
const OTHER = { ...SENDER, tenant: 'other-retail' };
const metrics = new Metrics({ service: 'test', withProcess: false });

/** The two commands that are used, on a map. */
function redisOn(kept: Map<string, string>, isAway: () => boolean = () => false): Redis {
  const ask = async <T>(answer: () => T): Promise<T> => {
    if (isAway()) throw new Error('away');
    return answer();
  };
  return {
    get: (key: string) => ask(() => kept.get(key) ?? null),
    set: (key: string, value: string, _unit: string, forMs: number) =>
      ask(() => {
        expect(forMs).toBe(600_000);
        kept.set(key, value);
        return 'OK';
      }),
  } as unknown as Redis;
}

describe('a signed body that comes again', () => {
  it('is known by all instances', async () => {
    const kept = new Map<string, string>();
    const [one, other] = [new Replays(redisOn(kept), metrics), new Replays(redisOn(kept), metrics)];
    expect(await one.answered(SENDER, 'aa')).toBeNull();
    await one.remember(SENDER, 'aa', REPLY);
    expect(await other.answered(SENDER, 'aa')).toEqual(REPLY);
    expect(await other.answered(SENDER, 'ab')).toBeNull();
    expect(await other.answered(OTHER, 'aa')).toBeNull();
  });

  it('is known by its own instance while Redis is away, for ten minutes', async () => {
    let nowMs = 0;
    const alone = new Replays(
      redisOn(new Map(), () => true),
      metrics,
      () => nowMs,
    );
    await alone.remember(SENDER, 'aa', REPLY);
    nowMs = 599_999;
    expect(await alone.answered(SENDER, 'aa')).toEqual(REPLY);
    nowMs = 600_000;
    expect(await alone.answered(SENDER, 'aa')).toBeNull();
  });

  it('is forgotten oldest first where there are more than can be remembered', async () => {
    const alone = new Replays(
      redisOn(new Map(), () => true),
      metrics,
    );
    for (let i = 0; i <= 10_000; i++) await alone.remember(SENDER, String(i), REPLY);
    expect(await alone.answered(SENDER, '0')).toBeNull();
    expect(await alone.answered(SENDER, '1')).toEqual(REPLY);
  });
});
