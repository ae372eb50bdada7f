import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Database, Tx } from '@parapet/postgres';
import { mergeRollUps, type Period, type RollUp, rollUpOf, seriesName } from '@parapet/signals';
import { startDatabase, type TestDatabase } from '@parapet/testkit';
import { Client } from 'pg';
import { chanceOf } from '../../testing/degrading-shop.js';
import { historyInMemory, type KeptMinute } from '../../testing/history.js';
import { ENVIRONMENT, MINUTE, TENANT } from '../../testing/shop.js';
import { type RollUpRow, writeRollUps } from '../rows.js';
import { ensureDays } from './history-days.js';
import { type History, type HistoryAsk, historyIn } from './read-history.js';

/** What PostgreSQL adds up is what adding up in memory gives, and it looks at nothing but what it is asked for. */

const DAY = 24 * 60 * MINUTE;
const END = Math.floor(Date.now() / DAY) * DAY;
const STORES = ['lyon-1', 'lyon-2', 'paris-1'];
const BOUNDS = [0.1, 0.3, 1];

let database: TestDatabase;
let admin: Client;
let evaluator: Database;
const kept: KeptMinute[] = [];

beforeAll(async () => {
  database = await startDatabase();
  admin = new Client({ connectionString: database.adminUrl });
  await admin.connect();
  evaluator = database.connect('guardrail-evaluation');
  const rows = everyMinute(chanceOf(7));
  kept.push(...rows);
  await ensureDays(evaluator, [
    ...new Set(rows.map(({ rollUp }) => new Date(rollUp.minuteMs).toISOString().slice(0, 10))),
  ]);
  for (let at = 0; at < rows.length; at += 5000) {
    await evaluator.transact(TENANT, (tx) => writeRollUps(tx, rows.slice(at, at + 5000)));
  }
  // Twenty other signals of every minute: a table that is not worth an index is read as a whole, and rightly so.
  await admin.query(
    `INSERT INTO evaluation_rollup (tenant, environment, signal, dimensions, minute, n, count, of, sum)
     SELECT $1, $2, 'other.' || signal, '{}', minute, 1, 0, 1, 0
       FROM generate_series(1, 20) signal, generate_series($3::timestamptz, $4::timestamptz, interval '1 minute') minute`,
    [TENANT, ENVIRONMENT, new Date(END - 8 * DAY), new Date(END - MINUTE)],
  );
  await admin.query('ANALYZE evaluation_rollup');
}, 120_000);
afterAll(async () => {
  await admin?.end();
  await database?.stop();
});

/** Eight days of three signals in three stores, some minutes of which are missing. */
function everyMinute(chance: () => number): readonly RollUpRow[] {
  const rows: RollUpRow[] = [];
  for (let minuteMs = END - 8 * DAY; minuteMs < END; minuteMs += 5 * MINUTE) {
    for (const store of STORES) {
      if (chance() < 0.1) continue;
      const of = Math.floor(chance() * 100);
      const counts = BOUNDS.concat(9).map(() => Math.floor(chance() * 20));
      const values = [
        { signal: 'shop.orders', value: { kind: 'count', count: Math.floor(chance() * of), of } },
        { signal: 'shop.queue', value: { kind: 'gauge', value: chance() * 40 - 2 } },
        { signal: 'checkout.latency', value: { kind: 'histogram', bounds: BOUNDS, counts, sum: null } },
      ] as const;
      for (const { signal, value } of values) {
        const atMs = minuteMs + MINUTE;
        const observation = { signal, dimensions: { store }, fromMs: minuteMs, atMs, value };
        rows.push({
          tenant: TENANT,
          environment: ENVIRONMENT,
          observation,
          rollUp: rollUpOf(observation) as RollUp,
        });
      }
    }
  }
  return rows;
}

/** By minute, whatever was told apart within it. */
function byMinute({ minutes }: History): ReadonlyMap<number, unknown> {
  const merged = new Map<number, RollUp>();
  for (const rollUp of minutes) {
    const known = merged.get(rollUp.minuteMs);
    merged.set(rollUp.minuteMs, known === undefined ? rollUp : mergeRollUps(known, rollUp));
  }
  const entries = [...merged].sort(([a], [b]) => a - b);
  return new Map(entries.map(([minute, { n, histogram, ...rest }]) => [minute, histogram ?? { n, ...rounded(rest) }]));
}

/** Sums of doubles depend on their order in the last digits. */
function rounded<T extends object>(numbers: T): T {
  const entries = Object.entries(numbers).map(([name, value]) => [
    name,
    typeof value === 'number' ? Number(value.toPrecision(10)) : value,
  ]);
  return Object.fromEntries(entries) as T;
}

function periodsBy(chance: () => number): readonly Period[] {
  const fromMs = END - Math.floor(chance() * 8 * 24 * 60) * MINUTE;
  const toMs = fromMs + Math.floor(1 + chance() * 600) * MINUTE;
  return [{ fromMs, toMs }];
}

describe('the history of a signal', () => {
  const of = { tenant: TENANT, environment: ENVIRONMENT };
  const chance = chanceOf(11);
  const asks = Array.from({ length: 12 }, (_, i) => {
    const minutes = periodsBy(chance);
    const sums = ['a', 'b', 'c'].map((id) => ({ id, periods: periodsBy(chance) }));
    return [i, minutes, sums] as const;
  });

  test.each(asks)('is the same as added up in memory, question %i', async (i, minutes, sums) => {
    const signal = ['shop.orders', 'shop.queue', 'checkout.latency'][i % 3] as string;
    const form = signal === 'checkout.latency' ? 'histograms' : 'values';
    const where = i % 2 === 0 ? {} : { store: 'lyon-2' };
    const ask: HistoryAsk = { form, minutes, sums, perSeries: i % 4 < 2 };
    const [asked, added] = await Promise.all([
      evaluator.transact(TENANT, (tx) => historyIn(tx).history({ ...of, signal, where }, ask)),
      historyInMemory(() => kept).history({ ...of, signal, where }, ask),
    ]);
    expect(byMinute(asked)).toEqual(byMinute(added));
    const inOrder = ({ sums: all }: History) => new Map([...all].sort().map(([id, sum]) => [id, rounded(sum)]));
    expect(inOrder(asked)).toEqual(inOrder(added));
    const traffic = await evaluator.transact(TENANT, (tx) => historyIn(tx).traffic({ ...of, signal }, sums));
    const memory = await historyInMemory(() => kept).traffic({ ...of, signal }, sums);
    const shown = (all: ReadonlyMap<string, object>) => new Map([...all].sort().map(([id, t]) => [id, rounded(t)]));
    expect(shown(traffic)).toEqual(shown(memory));
  });

  test('is told apart by series where that is asked for', async () => {
    const minutes = [{ fromMs: END - DAY, toMs: END }];
    const ask = (perSeries: boolean): HistoryAsk => ({ form: 'values', minutes, sums: [], perSeries });
    const read = (perSeries: boolean) =>
      evaluator.transact(TENANT, (tx) =>
        historyIn(tx).history({ ...of, signal: 'shop.queue', where: {} }, ask(perSeries)),
      );
    const within = kept.filter(
      ({ observation, rollUp }) => observation.signal === 'shop.queue' && rollUp.minuteMs >= END - DAY,
    );
    const series = new Set(
      within.map(({ observation: o, rollUp }) => `${seriesName(o.signal, o.dimensions)} ${rollUp.minuteMs}`),
    );
    expect((await read(true)).minutes).toHaveLength(series.size);
    expect((await read(false)).minutes).toHaveLength(new Set(within.map(({ rollUp }) => rollUp.minuteMs)).size);
  });

  test('of another tenant, another environment or another signal is not seen', async () => {
    const minutes = [{ fromMs: END - DAY, toMs: END }];
    const ask: HistoryAsk = { form: 'values', minutes, sums: [{ id: 'all', periods: minutes }], perSeries: false };
    const known = { ...of, signal: 'shop.orders', where: {} };
    const none = { minutes: [], sums: new Map() };
    const read = (tenant: string, asked: typeof known) =>
      evaluator.transact(tenant, (tx) => historyIn(tx).history(asked, ask));
    expect(await read('other-retail', known)).toEqual(none);
    expect(await read(TENANT, { ...known, environment: 'staging' })).toEqual(none);
    expect(await read(TENANT, { ...known, signal: 'shop.order' })).toEqual(none);
    expect((await read(TENANT, known)).minutes.length).toBeGreaterThan(0);
  });

  test('is looked for in the index of each day, and nothing else is read', async () => {
    const periods = [1, 3, 7].map((days) => ({ fromMs: END - days * DAY, toMs: END - days * DAY + 60 * MINUTE }));
    const ask: HistoryAsk = {
      form: 'values',
      minutes: periods.slice(0, 1),
      sums: [{ id: 'x', periods }],
      perSeries: false,
    };
    const nodes: PlanNode[] = [];
    await evaluator.transact(TENANT, async (tx) => {
      const explaining: Tx = {
        ...tx,
        query: async (text, values) => {
          const [row] = await tx.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
            `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
            values,
          );
          nodes.push(...flat(row!['QUERY PLAN'][0].Plan));
          return [];
        },
        afterCommit: () => {},
      };
      await historyIn(explaining).history({ ...of, signal: 'shop.orders', where: {} }, ask);
    });
    const scans = nodes.filter((node) => (node['Relation Name'] ?? '').startsWith('evaluation_rollup'));
    expect(scans.length).toBeGreaterThan(0);
    expect(scans.map((node) => node['Node Type']).filter((type) => !/Index|Bitmap/.test(type))).toEqual([]);
    const read = scans.reduce((sum, node) => sum + node['Actual Rows'] * node['Actual Loops'], 0);
    // Four hours of three stores, a sample every five minutes.
    expect(read).toBeLessThanOrEqual(4 * 12 * 3);
  });
});

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly Plans?: readonly PlanNode[];
}

function flat(node: PlanNode): readonly PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flat)];
}
