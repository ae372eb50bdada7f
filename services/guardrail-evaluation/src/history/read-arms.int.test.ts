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

test('nothing is asked of no time at all', async () => {
  const of = { tenant: TENANT, environment: 'production', signal: 'orders', where: {} };
  const found = await database.transact(TENANT, (tx) =>
    historyIn(tx).arms(of, { dimension: 'store', released: ['lyon'] }, []),
  );
  expect(found).toEqual([]);
});
