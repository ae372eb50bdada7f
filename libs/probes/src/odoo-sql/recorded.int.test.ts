import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Sample, SampleValue } from '@parapet/signals';
import { startPostgres, type TestPostgres } from '@parapet/testkit';
import { answersOf, expectDocumented, judgedAfterMs, settingsOf, windowOf } from '../../fixtures/odoo/answers.js';
import {
  loadSnapshot,
  makeShop,
  recordedCases,
  type OdooVersion,
  type RecordedCase,
  type ShopDatabase,
} from '../../fixtures/odoo/load.js';
import { wantedOf } from '../../fixtures/odoo/wanted.js';
import { type Kpi, KPIS } from './config.js';
import { ReadOnlyDatabase, type Row } from '../sql/read-only-database.js';
import { describeShop, detectShop } from './detect.js';
import { everyNeed } from './grants.js';
import { KPI_DEFINITIONS } from './kpis/index.js';
import { OdooSqlProbe } from './probe.js';

const SNAPSHOTS = ['s1-normal', 's2-incident', 's3-recovered'];
const MINUTE_MS = 60_000;
jest.setTimeout(60_000);

let postgres: TestPostgres;
const shops = new Map<string, { shop: ShopDatabase; database: ReadOnlyDatabase }>();

beforeAll(async () => {
  postgres = await startPostgres();
  for (const version of ['14', '19'] as const) {
    for (const snapshot of SNAPSHOTS) {
      const shop = await makeShop(postgres.adminUrl, version, `odoo_${version}_${snapshot.slice(0, 2)}`);
      await loadSnapshot(shop.admin, version, snapshot);
      const database = new ReadOnlyDatabase({ url: () => shop.readerUrl, statementTimeoutMs: 5_000 });
      shops.set(`${version} ${snapshot}`, { shop, database });
    }
  }
}, 60_000);

afterAll(async () => {
  for (const { shop, database } of shops.values()) {
    await database.close();
    await shop.end();
  }
  await postgres.stop();
});

const databaseOf = (version: OdooVersion, snapshot: string) =>
  (shops.get(`${version} ${snapshot}`) as { database: ReadOnlyDatabase }).database;
describe.each(['14', '19'] as const)('the recorded Odoo %s', (version) => {
  const cases = recordedCases(version).map(
    (c) => [`${c.snapshot} ${c.params.from}..${c.params.to} company=${c.params.company}`, c] as const,
  );

  test('is known by its modules, without being told', async () => {
    const shop = await databaseOf(version, 's1-normal').read((query) => detectShop(query, everyNeed()));
    expect(describeShop(shop)).toBe(`this Odoo ${version}.0 (community)`);
  });

  test.each(cases)('gives the documented rows: %s', async (_, c) => {
    expectDocumented(await answersOf(databaseOf(version, c.snapshot), c), c.kpis);
  });

  test.each(cases)('gives the documented samples: %s', async (_, c) => {
    for (const logDb of [false, true]) {
      const samples = await samplesOf(version, c, logDb);
      const wanted = wantedOf(c, logDb);
      expect([...wanted.keys()].filter((signal) => !samples.has(signal))).toEqual([]);
      for (const [signal, values] of wanted) {
        expect([signal, ...(samples.get(signal) ?? [])]).toEqual([signal, ...values]);
      }
      expect(samples.get('odoo.stock.update.delay')?.length).toBeGreaterThan(0);
    }
  });

  test('windows of a minute add up to the whole: nothing is counted twice, nothing between two windows is lost', async () => {
    const whole = recordedCases(version).find(
      (c) => c.snapshot === 's2-incident' && c.params.company === null && c.params.from.endsWith('10:00:00'),
    ) as RecordedCase;
    const { fromMs, toMs } = windowOf(whole);
    const kpis = ['pos-sync', 'payment-success', 'orders-confirmed'] as const;
    const probe = probeOf(version, whole, { kpis });
    const windows: { fromMs: number; toMs: number }[] = [];
    for (let ms = fromMs; ms < toMs; ms += MINUTE_MS)
      windows.push({ fromMs: ms, toMs: Math.min(ms + MINUTE_MS, toMs) });
    for (const kpi of kpis) {
      const measure = measureOf(probe, kpi);
      const together = await measure.measure(windows);
      expect(together.measurements.map(({ window }) => window)).toEqual(windows);
      for (const i of [0, 45, 100, windows.length - 1]) {
        // Measured alone, a window says the same as among others.
        const alone = await measure.measure([windows[i] as (typeof windows)[number]]);
        expect(alone.measurements[0]?.samples).toEqual(together.measurements[i]?.samples);
      }
      const { measurements } = await measure.measure([{ fromMs, toMs }]);
      expect(totalsOf(together.measurements.flatMap(({ samples }) => samples))).toEqual(
        totalsOf(measurements.flatMap(({ samples }) => samples)),
      );
    }
  });

  test('a percentile says of how many orders it was made, also where they were too few', async () => {
    const [c] = recordedCases(version) as [RecordedCase];
    const { measurements } = await measureOf(probeOf(version, c), 'pos-sync').measure([windowOf(c)]);
    const found = measurements.flatMap(({ samples, sizes }) =>
      samples.filter(({ signal }) => signal === 'odoo.pos.sync.delay').map(({ key }) => sizes?.[key]),
    );
    expect(found).toEqual((c.kpis.pos_sync as readonly Row[]).map((till) => till.n));
  });

  test('of the present only the newest window is measured, and none once it is past', async () => {
    const [c] = recordedCases(version) as [RecordedCase];
    const { toMs } = windowOf(c);
    const windows = [1, 0].map((n) => ({ fromMs: toMs - (n + 1) * MINUTE_MS, toMs: toMs - n * MINUTE_MS }));
    const kinds = async (nowMs: number) => {
      const measure = measureOf(probeOf(version, c, { kpis: ['mail-queue'] }, nowMs), 'mail-queue');
      const { measurements } = await measure.measure(windows);
      return measurements.map(({ samples }) => samples.map(({ value }) => value.kind));
    };
    const past = ['gap', 'gap', 'gauge'];
    expect(await kinds(toMs + MINUTE_MS)).toEqual([past, ['gauge', 'gauge', 'gauge']]);
    expect(await kinds(toMs + 5 * MINUTE_MS)).toEqual([past, past]);
  });
});

test('what a version does not have is a gap of that KPI alone, and is named', async () => {
  const failed = new Map<string, string>();
  for (const version of ['14', '19'] as const) {
    const [c] = recordedCases(version) as [RecordedCase];
    for (const measure of probeOf(version, c, { kpis: [...KPIS], logDb: true }).measures) {
      await measure.measure([windowOf(c)]).catch((error: Error & { reason: string }) => {
        failed.set(`${version} ${measure.kpi}`, `${error.reason}: ${error.message}`);
      });
    }
  }
  expect(Object.fromEntries(failed)).toEqual({
    '14 cron-failing':
      'missing: cron-failing needs ir_cron.failure_count, ir_cron.first_failure_date, which this Odoo 14.0 (community) does not have',
    '19 pos-sequence-gaps':
      'missing: pos-sequence-gaps needs pos_session.sequence_number, which this Odoo 19.0 (community) does not have',
    '19 queue-job': 'missing: queue-job needs queue_job, which this Odoo 19.0 (community) does not have',
  });
});

test('what the numbers speak of is told by its ids', async () => {
  const c = recordedCases('19').find(({ snapshot, params }) => snapshot === 's2-incident' && params.company === null);
  const kpis = ['cron-health', 'cron-failing', 'price-config', 'price-sold', 'mail-queue'] as const;
  const probe = probeOf('19', c as RecordedCase, { kpis });
  const notes: (readonly string[] | undefined)[] = [];
  for (const measure of probe.measures) notes.push((await measure.measure([windowOf(c as RecordedCase)])).notes);
  expect(notes).toEqual([
    ['overdue jobs (ir_cron): 27'],
    ['failing jobs (ir_cron): 18, 28'],
    ['products whose prices differ (product_template): 6, 7'],
    ['products sold at other prices (product_product): 6, 7'],
    [],
  ]);
});

test('of what shows only the present, one window of the past is asked for', () => {
  const [c] = recordedCases('19') as [RecordedCase];
  const { measures } = probeOf('19', c, { kpis: ['cron-health', 'queues', 'mail-queue', 'pos-sync'], backfill: '3h' });
  expect(measures.map(({ kpi, rhythm }) => [kpi, rhythm.backfillMs / MINUTE_MS])).toEqual([
    ['cron-health', 1],
    ['queues', 1],
    ['mail-queue', 180],
    ['pos-sync', 180],
  ]);
});

test('a queue of the shop’s own is asked as it stands, and says why where it cannot be', async () => {
  const c = recordedCases('14').find(({ snapshot, params }) => snapshot === 's2-incident' && params.company === null);
  const of = async (sql: string) => {
    const probe = probeOf('14', c as RecordedCase, { kpis: ['queues'], queues: [{ name: 'market', sql }] });
    const { measurements } = await measureOf(probe, 'queues').measure([windowOf(c as RecordedCase)]);
    return measurements.flatMap(({ samples }) =>
      samples.map(({ signal, value, dimensions }) => [signal, dimensions.queue, ...Object.values(value)]),
    );
  };
  const waiting = `SELECT count(*) AS depth, extract(epoch FROM :as_of - min(date_created)) AS oldest_s -- as they came
    FROM queue_job WHERE state IN ('pending', 'enqueued') AND date_created < :as_of`;
  const [depth, oldest] = await of(waiting);
  expect(depth).toEqual(['odoo.queue.depth', 'market', 'gauge', 40]);
  expect(oldest).toEqual(['odoo.queue.oldest_s', 'market', 'gauge', expect.closeTo(69.607, 2)]);
  expect((await of('SELECT 1 AS depth, 1 AS oldest_s WHERE false')).map(([, , kind]) => kind)).toEqual(['gap', 'gap']);
  await expect(of('SELECT count(*) AS waiting, 0 AS oldest_s FROM queue_job')).rejects.toMatchObject({
    reason: 'missing',
  });
  await expect(of('SELECT 1 AS depth, 1 AS oldest_s FROM nowhere')).rejects.toMatchObject({ reason: 'missing' });
});

test('a line whose reservation is planned for later is neither late nor waiting', async () => {
  const c = recordedCases('19').find(({ snapshot, params }) => snapshot === 's2-incident' && params.company === null);
  const { shop } = shops.get('19 s2-incident') as { shop: ShopDatabase };
  const lines = async () => {
    const probe = probeOf('19', c as RecordedCase, { kpis: ['reservation-latency', 'reservation-backlog'] });
    const found = await Promise.all(probe.measures.map((measure) => measure.measure([windowOf(c as RecordedCase)])));
    const samples = found.flatMap(({ measurements }) => measurements.flatMap((one) => one.samples));
    return samples
      .filter(({ signal }) => signal.endsWith('.n') || signal.endsWith('.moves'))
      .map(({ value }) => (value.kind === 'gauge' ? value.value : value.kind));
  };
  expect(await lines()).toEqual([17, 2]);
  await shop.admin.query(`ALTER TABLE stock_picking_type ADD reservation_method varchar;
    GRANT SELECT ON stock_picking_type TO PUBLIC`);
  try {
    expect(await lines()).toEqual([17, 2]);
    await shop.admin.query(`UPDATE stock_picking_type SET reservation_method = 'manual' WHERE code = 'outgoing'`);
    expect(await lines()).toEqual([0, 0]);
  } finally {
    await shop.admin.query('ALTER TABLE stock_picking_type DROP reservation_method');
  }
});

function probeOf(
  version: OdooVersion,
  c: Pick<RecordedCase, 'snapshot' | 'params'>,
  more: object = {},
  nowMs = 0,
): OdooSqlProbe {
  return new OdooSqlProbe({
    name: 'odoo-retail/shop',
    everyMs: MINUTE_MS,
    settings: settingsOf(c, more),
    database: databaseOf(version, c.snapshot),
    target: 'shop',
    nowMs: () => nowMs,
  });
}

function measureOf(probe: OdooSqlProbe, kpi: Kpi) {
  const measure = probe.measures.find((m) => m.kpi === kpi);
  if (measure === undefined) throw new Error(`no ${kpi}`);
  return measure;
}

/** Everything that the version has, judged when the case was; by signal, in the order of the samples. */
async function samplesOf(version: OdooVersion, c: RecordedCase, logDb: boolean) {
  const values = new Map<string, SampleValue[]>();
  const kpis = KPIS.filter((kpi) => logDb || kpi !== 'logged-errors');
  for (const measure of probeOf(version, c, { kpis, logDb, delay: `${judgedAfterMs(c)}ms` }).measures) {
    if (version === '14' && measure.kpi === 'cron-failing') continue;
    if (version === '19' && ['queue-job', 'pos-sequence-gaps'].includes(measure.kpi)) continue;
    const { measurements } = await measure.measure([windowOf(c)]);
    expect([measure.kpi, ...measurements.map(({ isTruncated }) => isTruncated)]).toEqual([measure.kpi, false]);
    for (const { signal, value, atMs } of measurements.flatMap(({ samples }) => samples)) {
      expect(atMs).toBe(windowOf(c).toMs);
      expect(KPI_DEFINITIONS[measure.kpi as Kpi].signals).toContain(signal);
      values.set(signal, [...(values.get(signal) ?? []), value]);
    }
  }
  return values;
}

function totalsOf(samples: readonly Sample[]): Readonly<Record<string, readonly [number, number]>> {
  const totals: Record<string, readonly [number, number]> = {};
  for (const { signal, value } of samples) {
    if (value.kind !== 'count') continue;
    const [count, of] = totals[signal] ?? [0, 0];
    totals[signal] = [count + value.count, of + value.of];
  }
  return totals;
}
