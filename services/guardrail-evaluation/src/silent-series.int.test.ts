import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Database } from '@parapet/postgres';
import { startDatabase, type TestDatabase } from '@parapet/testkit';
import { EMPTY_SERIES, type SeriesState } from '@parapet/signals';
import { type Environment, environmentIn, type PartitionMemory } from './environment.js';
import { readMemory } from './memory-store.js';
import { writeSeries } from './rows.js';
import { forgetSilentSeries } from './silent-series.js';
import { Writes } from './writes.js';

const DAY_MS = 24 * 3_600_000;
const NOW_MS = Date.parse('2026-11-23T09:00:00Z');
const TENANT = 'acme-retail';

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await startDatabase();
  db = database.connect('guardrail-evaluation');
}, 60_000);
afterAll(() => database?.stop());

const heardAt = (newestAtMs: number | null): SeriesState => ({ ...EMPTY_SERIES, newestAtMs });

function environment(): Environment {
  const memory: PartitionMemory = { position: 0, clockMs: 0, environments: new Map() };
  const made = environmentIn(memory, TENANT, 'production');
  made.series.set('shop{pod a}', heardAt(NOW_MS - 7 * DAY_MS));
  made.series.set('shop{pod b}', heardAt(NOW_MS - 7 * DAY_MS + 1));
  made.series.set('shop{pod c}', heardAt(null));
  made.series.set('past:shop{pod a}', heardAt(NOW_MS - 30 * DAY_MS));
  return made;
}

it('series of pods that are gone for a week are forgotten, in memory and where it is kept; their past stays', async () => {
  const own = environment();
  const named = (names: Iterable<string>) => [...names].map((name) => [own, name] as const);
  const kept = () => db.transact(TENANT, (tx) => readMemory(tx, 3));
  await db.transact(TENANT, (tx) => writeSeries(tx, 3, named(own.series.keys())));
  expect([...((await kept()).environments.get(`${TENANT}/production`)?.series.keys() ?? [])]).toHaveLength(4);

  const writes = new Writes();
  forgetSilentSeries(own, NOW_MS, writes);
  expect([...own.series.keys()]).toEqual(['shop{pod b}', 'shop{pod c}', 'past:shop{pod a}']);
  expect(writes.isEmpty).toBe(false);
  await db.transact(TENANT, (tx) => writeSeries(tx, 3, named(['shop{pod a}', 'shop{pod b}'])));
  const left = (await kept()).environments.get(`${TENANT}/production`)?.series;
  expect(new Set(left?.keys())).toEqual(new Set(own.series.keys()));
});

it('is looked for once an hour', () => {
  const own = environment();
  forgetSilentSeries(own, NOW_MS, new Writes());
  const later = new Writes();
  own.series.set('shop{pod d}', heardAt(NOW_MS - 8 * DAY_MS));
  forgetSilentSeries(own, NOW_MS + 3_599_999, later);
  expect(later.isEmpty).toBe(true);
  forgetSilentSeries(own, NOW_MS + 3_600_000, later);
  expect(own.series.has('shop{pod d}')).toBe(false);
});
