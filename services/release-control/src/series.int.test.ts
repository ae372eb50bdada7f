import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { encodeRecent, type RecentEntry, recentKey, type SeriesView } from '@parapet/contracts';
import { Redis } from 'ioredis';
import { TENANT } from '../test/shop.js';
import { World } from '../test/world.js';

/** The chart of a release from Redis, from the evidence, and from both. */

let world: World;
let redis: Redis;
beforeAll(async () => {
  world = await World.start();
  redis = new Redis(world.redis.url, { retryStrategy: null });
}, 60_000);
afterAll(async () => {
  redis?.disconnect();
  await world?.stop();
});

type Points = SeriesView['guardrails'][number]['points'];
async function points(id: string): Promise<Points> {
  const { status, body } = await world.get(`/v1/releases/${id}/series`);
  expect(status).toBe(200);
  return (body as SeriesView).guardrails[0]?.points ?? [];
}
const values = (of: Points) => of.map((point) => point.value);

/** A judged release, and the entries of its three observations as the evaluator shows them, newest first. */
async function judged(name: string): Promise<{ readonly id: string; readonly entries: readonly RecentEntry[] }> {
  const id = await world.live(name);
  await world.judged(id);
  const seen = (await world.get(`/v1/releases/${id}/evidence`)).body.inputs as {
    readonly n: number;
    readonly input: { readonly observation: { readonly atMs: number } };
  }[];
  const [first = 0, second = 0, third = 0] = seen.map((one) => one.input.observation.atMs);
  return {
    id,
    entries: [
      { atMs: third, value: 0.8, sums: { count: 8, of: 10 }, n: 3, after: 2 },
      { atMs: second, value: null, n: 2, after: 1 },
      { atMs: first, value: 0.9, sums: { count: 9, of: 10 }, n: 1, after: null },
    ],
  };
}

const show = (id: string, entries: readonly RecentEntry[]) =>
  redis.rpush(recentKey(TENANT, id, 'order-success'), ...entries.map(encodeRecent));

test.each([
  ['all', [0, 1, 2]],
  ['the newest', [0]],
  ['the older ones', [1, 2]],
  ['some, one between them lost', [0, 2]],
])('where Redis has %s the points are those of the evidence', async (what, kept) => {
  const { id, entries } = await judged(`series-${what}`);
  const fromEvidence = await points(id);
  expect(values(fromEvidence)).toEqual([0.99, 0.9, null, 0.8]);
  await show(
    id,
    entries.filter((_, i) => kept.includes(i)),
  );
  expect(await points(id)).toEqual(fromEvidence);
});

test('what Redis has is drawn from Redis, and the rest from the evidence', async () => {
  const { id, entries } = await judged('series-mixed');
  await show(
    id,
    entries.slice(0, 2).map((entry) => ({ ...entry, value: 0.5, sums: { count: 5, of: 10 } })),
  );
  expect(values(await points(id))).toEqual([0.99, 0.9, 0.5, 0.5]);
});

test('a Redis that does not answer is not waited for', async () => {
  const { id, entries } = await judged('series-slow');
  const fromEvidence = await points(id);
  await show(id, entries);
  await redis.client('PAUSE', 2_000, 'ALL');
  const startMs = Date.now();
  expect(await points(id)).toEqual(fromEvidence);
  expect(Date.now() - startMs).toBeLessThan(1_500);
}, 15_000);

test('a young release has as many points as it was measured, however long its past', async () => {
  const { id, entries } = await judged('series-young');
  await world.database.connect('guardrail-evaluation', 1).transact(TENANT, (tx) =>
    tx.query(
      `INSERT INTO evaluation_rollup SELECT tenant, environment, signal, dimensions, minute - interval '25 minutes', n, count, of, sum
           FROM evaluation_rollup LIMIT 1`,
    ),
  );
  const startMs = entries.at(-1)?.atMs ?? 0;
  const since = Array.from({ length: 100 }, (_, i) => ({
    atMs: startMs + i * 500,
    value: 0.9,
    sums: { count: 9, of: 10 },
    n: i + 1,
    after: i === 0 ? null : i,
  }));
  await show(id, since.toReversed());
  const drawn = await points(id);
  expect(drawn.filter((point) => Date.parse(point.at) >= startMs)).toHaveLength(100);
});

test('with Redis gone the chart is the same', async () => {
  const { id, entries } = await judged('series-gone');
  await show(id, entries);
  const fromRedis = await points(id);
  await world.loseRedis();
  expect(await points(id)).toEqual(fromRedis);
});
