import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Database } from '@parapet/postgres';
import { startDatabase, type TestDatabase } from '@parapet/testkit';
import { ensureDays } from './history-days.js';
import { historyIn } from './read-history.js';

/** Counts of two arms, read from the roll-ups in a real PostgreSQL. */

const MINUTE = 60_000;
const TENANT = 'acme-retail';
/** A day that is kept. */
const NOON = Math.floor(Date.now() / 86_400_000) * 86_400_000 - 12 * 3_600_000;

let server: TestDatabase;
let database: Database;

beforeAll(async () => {
  server = await startDatabase();
  database = server.connect('guardrail-evaluation');
  await ensureDays(database, [new Date(NOON).toISOString().slice(0, 10)]);
});
afterAll(async () => {
  await server?.stop();
});

test('what got the release and what did not, minute by minute', async () => {
  const kept = [
    [0, 'orders', { store: 'lyon', till: '1' }, 9, 10],
    [0, 'orders', { store: 'lyon', till: '2' }, 8, 10],
    [0, 'orders', { store: 'nice' }, 7, 10],
    [0, 'orders', { store: 'paris' }, 95, 100],
    [1, 'orders', { store: 'lille' }, 96, 100],
    [1, 'orders', { till: '3' }, 1, 1000],
    [1, 'returns', { store: 'lyon' }, 1, 1000],
    [5, 'orders', { store: 'lyon' }, 1, 1000],
    [7, 'orders', { store: 'lyon' }, 3, 4],
  ] as const;
  const released = { dimension: 'store', released: ['lyon', 'nice'] };
  const found = await database.transact(TENANT, async (tx) => {
    for (const [minute, signal, dimensions, count, of] of kept) {
      await tx.query(
        `INSERT INTO evaluation_rollup (tenant, environment, signal, dimensions, minute, n, count, of, sum)
         VALUES ($1, 'production', $2, $3, to_timestamp($4 / 1000.0), 1, $5, $6, 0)`,
        [TENANT, signal, JSON.stringify(dimensions), NOON + minute * MINUTE, count, of],
      );
    }
    const read = (where: Record<string, string>) =>
      historyIn(tx).arms({ tenant: TENANT, environment: 'production', signal: 'orders', where }, released, [
        { fromMs: NOON, toMs: NOON + 2 * MINUTE },
        { fromMs: NOON + 7 * MINUTE, toMs: NOON + 8 * MINUTE },
      ]);
    return { all: await read({}), tillTwo: await read({ till: '2' }) };
  });
  const rows = found.all
    .map(({ minuteMs, isWatched, count, of }) => [(minuteMs - NOON) / MINUTE, isWatched, count, of])
    .toSorted(([a, x], [b, y]) => Number(a) - Number(b) || Number(y) - Number(x));
  expect(rows).toEqual([
    [0, true, 24, 30],
    [0, false, 95, 100],
    [1, false, 96, 100],
    [7, true, 3, 4],
  ]);
  expect(found.tillTwo).toEqual([{ minuteMs: NOON, isWatched: true, count: 8, of: 10 }]);
});

test('what was measured of both, each series for itself or all together, and requests by their bounds', async () => {
  const kept = [
    [0, { store: 'lyon', till: '1' }, [2, 6, 1, 5], null],
    [0, { store: 'lyon', till: '2' }, [2, 8, 2, 6], null],
    [0, { store: 'paris' }, [4, 9, 1, 4], null],
    [1, { till: '3' }, [1, 99, 99, 99], null],
    [2, { store: 'nice' }, null, { bounds: [1, 2], counts: [3, 2, 1] }],
    [2, { store: 'lyon' }, null, { bounds: [1, 2], counts: [1, 1, 1] }],
    [2, { store: 'lille' }, null, { bounds: [1], counts: [5, 5] }],
  ] as const;
  const arms = { dimension: 'store', released: ['lyon', 'nice'] };
  const of = { tenant: TENANT, environment: 'production', signal: 'latency', where: {} };
  const periods = [{ fromMs: NOON, toMs: NOON + 5 * MINUTE }];
  const read = await database.transact(TENANT, async (tx) => {
    for (const [minute, dimensions, values, histogram] of kept) {
      const [n, sum, min, max] = values ?? [1, 0, null, null];
      await tx.query(
        `INSERT INTO evaluation_rollup (tenant, environment, signal, dimensions, minute, n, count, of, sum, min, max, histogram)
         VALUES ($1, 'production', 'latency', $2, to_timestamp($3 / 1000.0), $4, 0, 0, $5, $6, $7, $8)`,
        [
          TENANT,
          JSON.stringify(dimensions),
          NOON + minute * MINUTE,
          n,
          sum,
          min,
          max,
          histogram === null ? null : JSON.stringify(histogram),
        ],
      );
    }
    const reader = historyIn(tx);
    return {
      each: await reader.measuredArms(of, arms, periods, { form: 'values', perSeries: true }),
      together: await reader.measuredArms(of, arms, periods, { form: 'values', perSeries: false }),
      requests: await reader.measuredArms(of, arms, periods, { form: 'histograms', perSeries: false }),
      never: await reader.measuredArms(of, arms, [], { form: 'values', perSeries: false }),
    };
  });
  const value = (n: number, sum: number, min: number, max: number) => ({
    minuteMs: NOON,
    n,
    count: 0,
    of: 0,
    sum,
    min,
    max,
    histogram: null,
  });
  const histogram = (bounds: readonly number[], counts: readonly number[]) => ({
    ...value(1, 0, 0, 0),
    minuteMs: NOON + 2 * MINUTE,
    min: null,
    max: null,
    histogram: { bounds, counts },
  });
  expect(read.each.watched.toSorted((a, b) => a.sum - b.sum)).toEqual([value(2, 6, 1, 5), value(2, 8, 2, 6)]);
  expect(read.together).toEqual({ watched: [value(4, 14, 1, 6)], control: [value(4, 9, 1, 4)] });
  expect(read.requests).toEqual({ watched: [histogram([1, 2], [4, 3, 2])], control: [histogram([1], [5, 5])] });
  expect(read.never).toEqual({ watched: [], control: [] });
});

test('nothing is asked of no time at all', async () => {
  const of = { tenant: TENANT, environment: 'production', signal: 'orders', where: {} };
  const found = await database.transact(TENANT, (tx) =>
    historyIn(tx).arms(of, { dimension: 'store', released: ['lyon'] }, []),
  );
  expect(found).toEqual([]);
});
