import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { startPostgres, type TestPostgres } from '@parapet/testkit';
import {
  loadSnapshot,
  makeShop,
  recordedCases,
  type OdooVersion,
  type RecordedCase,
  type ShopDatabase,
} from '../../fixtures/odoo/load.js';
import { odooSqlSettings } from './config.js';
import { OdooDatabase, type Row } from './connection.js';
import { COLUMNS_SQL, dialectOf } from './dialect.js';
import { OdooSqlProbe, parametersOf } from './probe.js';
import { numberOf } from './samples.js';
import * as sql from './statements.js';

const SNAPSHOTS = ['s1-normal', 's2-incident', 's3-recovered'];
/** As recorded: the second computation went without SQL. */
const TOLERANCE = 0.0011;
const MINUTE_MS = 60_000;

jest.setTimeout(60_000);

let postgres: TestPostgres;
const shops = new Map<string, { shop: ShopDatabase; database: OdooDatabase }>();

beforeAll(async () => {
  postgres = await startPostgres();
  for (const version of ['14', '19'] as const) {
    for (const snapshot of SNAPSHOTS) {
      const shop = await makeShop(postgres.adminUrl, version, `odoo_${version}_${snapshot.slice(0, 2)}`);
      await loadSnapshot(shop.admin, version, snapshot);
      const database = new OdooDatabase({ url: () => shop.readerUrl, statementTimeoutMs: 5_000 });
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

const at = (text: string) => Date.parse(`${text.replace(' ', 'T')}Z`);
const databaseOf = (version: OdooVersion, snapshot: string) =>
  (shops.get(`${version} ${snapshot}`) as { database: OdooDatabase }).database;

function settingsOf(c: Pick<RecordedCase, 'params'>, more: object = {}) {
  const { company, test_partners: testPartners } = c.params;
  return odooSqlSettings.parse({ connection: { env: 'UNUSED' }, company, testPartners, ...more });
}

const windowOf = (c: Pick<RecordedCase, 'params'>) => ({ fromMs: at(c.params.from), toMs: at(c.params.to) });

/** Runs every statement of one case. */
async function measured(version: OdooVersion, c: RecordedCase): Promise<Record<string, readonly Row[]>> {
  const parameters = parametersOf(settingsOf(c), [windowOf(c)], at(c.params.as_of) - at(c.params.to));
  return await databaseOf(version, c.snapshot).read(async (query) => {
    const columns = await query(COLUMNS_SQL, { tables: ['payment_transaction', 'pos_order'] });
    const dialect = dialectOf(new Map(columns.map((row) => [String(row.table), new Set(row.columns as string[])])));
    const statements = [
      sql.webCheckout(dialect),
      sql.posSync(dialect),
      sql.posMismatch,
      sql.posGaps,
      sql.posStockDelay,
      sql.loggedErrors,
    ];
    const results: Record<string, readonly Row[]> = {};
    for (const { name, text } of statements) results[name] = await query(sql.overWindows(text), parameters);
    return results;
  });
}

/** A row of the database beside a recorded one: the recorded columns, numbers within the recorded tolerance. */
function expectRows(name: string, found: readonly Row[], wanted: RecordedCase['kpis'][string]): void {
  expect([name, found.length]).toEqual([name, wanted.length]);
  wanted.forEach((row, i) => {
    const same = name === 'pos_broken' ? { payment_mismatch: row.payment_mismatch } : row;
    for (const [column, value] of Object.entries(same)) {
      const got = found[i]?.[column];
      if (typeof value === 'number')
        expect(Math.abs(numberOf(found[i] as Row, column) - value)).toBeLessThanOrEqual(TOLERANCE);
      else expect([name, column, got]).toEqual([name, column, value]);
    }
  });
}

describe.each(['14', '19'] as const)('the recorded Odoo %s', (version) => {
  const cases = recordedCases(version).map(
    (c) => [`${c.snapshot} ${c.params.from}..${c.params.to} company=${c.params.company}`, c] as const,
  );

  test.each(cases)('gives the documented rows: %s', async (_, c) => {
    const found = await measured(version, c);
    expect(Object.keys(found).sort()).toEqual(Object.keys(c.kpis).sort());
    for (const [name, wanted] of Object.entries(c.kpis)) expectRows(name, found[name] as readonly Row[], wanted);
  });

  test.each(cases)('gives the documented samples: %s', async (_, c) => {
    const window = windowOf(c);
    const checkout = c.kpis.web_checkout?.[0] as Row;
    const tills = c.kpis.pos_sync as readonly Row[];
    const sum = (column: string) => tills.reduce((total, till) => total + numberOf(till, column), 0);

    for (const logDb of [false, true]) {
      const samples = await samplesOf(version, c, { logDb });
      const refused = logDb
        ? numberOf(c.kpis.logged_errors?.[0] as Row, 'pos_messages')
        : numberOf(c.kpis.pos_gaps?.[0] as Row, 'id_gap');
      const mismatch = numberOf(c.kpis.pos_broken?.[0] as Row, 'payment_mismatch');
      expect(samples.get('odoo.pos.sync.errors')).toEqual([
        { kind: 'count', count: sum('late') + mismatch + refused, of: sum('n') + refused },
      ]);
      expect(samples.get('odoo.pos.orders')).toEqual([
        { kind: 'count', count: sum('n'), of: (window.toMs - window.fromMs) / 1000 },
      ]);
      expect(samples.get('odoo.pos.sync.delay') ?? []).toEqual(
        tills.map((till) =>
          numberOf(till, 'n') >= 10
            ? { kind: 'gauge', value: expect.closeTo(numberOf(till, 'p95_s'), 2) }
            : { kind: 'gap', reason: 'too-few-samples' },
        ),
      );
      // The recorded checkout was judged at another instant than its window's end plus grace: only settled cases compare.
      if (at(c.params.as_of) - window.toMs >= c.params.grace_s * 1000) {
        const success = numberOf(checkout, 'success');
        const of = success + numberOf(checkout, 'failed') + numberOf(checkout, 'stuck');
        expect(samples.get('odoo.order.success')).toEqual([{ kind: 'count', count: success, of }]);
      }
      const stock = samples.get('odoo.stock.update.delay') ?? [];
      const gauges = stock.flatMap((value) => (value.kind === 'gauge' ? [value.value] : []));
      expect(gauges).toEqual(
        (c.kpis.pos_stock_delay as readonly Row[]).map((row) => expect.closeTo(numberOf(row, 'max_s'), 2)),
      );
      expect(stock.length).toBeGreaterThan(0);
    }
  });

  test('windows of a minute add up to the whole: nothing is counted twice, nothing between two windows is lost', async () => {
    const whole = recordedCases(version).find(
      (c) => c.snapshot === 's2-incident' && c.params.company === null && c.params.from.endsWith('10:00:00'),
    ) as RecordedCase;
    const { fromMs, toMs } = windowOf(whole);
    const probe = probeOf(version, whole, { kpis: ['pos-sync'] });
    const totals = new Map<string, { count: number; of: number }>();
    const windows: { fromMs: number; toMs: number }[] = [];
    for (let ms = fromMs; ms < toMs; ms += MINUTE_MS)
      windows.push({ fromMs: ms, toMs: Math.min(ms + MINUTE_MS, toMs) });
    const together = await measureOf(probe, 'pos-sync').measure(windows);
    expect(together.measurements.map(({ window }) => window)).toEqual(windows);
    for (const { window, samples } of together.measurements) {
      // Measured alone, a window says the same as among others.
      expect((await measureOf(probe, 'pos-sync').measure([window])).measurements[0]?.samples).toEqual(samples);
      for (const { signal, value } of samples) {
        if (value.kind !== 'count') continue;
        const total = totals.get(signal) ?? { count: 0, of: 0 };
        totals.set(signal, { count: total.count + value.count, of: total.of + value.of });
      }
    }
    const [{ samples } = { samples: [] }] = (await measureOf(probe, 'pos-sync').measure([{ fromMs, toMs }]))
      .measurements;
    const wholes = samples.flatMap(({ signal, value }) =>
      value.kind === 'count' ? [[signal, { count: value.count, of: value.of }] as const] : [],
    );
    expect([...totals]).toEqual(wholes);
  });
});

function probeOf(version: OdooVersion, c: Pick<RecordedCase, 'snapshot' | 'params'>, more: object = {}): OdooSqlProbe {
  return new OdooSqlProbe({
    name: 'odoo-retail/shop',
    everyMs: MINUTE_MS,
    settings: settingsOf(c, more),
    database: databaseOf(version, c.snapshot),
    target: 'shop',
    nowMs: () => 0,
  });
}

function measureOf(probe: OdooSqlProbe, kpi: string) {
  const measure = probe.measures.find((m) => m.kpi === kpi);
  if (measure === undefined) throw new Error(`no ${kpi}`);
  return measure;
}

async function samplesOf(version: OdooVersion, c: RecordedCase, more: object) {
  const values = new Map<string, import('@parapet/signals').SampleValue[]>();
  for (const measure of probeOf(version, c, more).measures) {
    const { measurements } = await measure.measure([windowOf(c)]);
    expect(measurements.map(({ isTruncated }) => isTruncated)).toEqual([false]);
    for (const { signal, value, atMs } of measurements.flatMap(({ samples }) => samples)) {
      expect(atMs).toBe(windowOf(c).toMs);
      values.set(signal, [...(values.get(signal) ?? []), value]);
    }
  }
  return values;
}
