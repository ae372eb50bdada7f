import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { odooRpcSettingsSchema } from '@parapet/policy';
import { type OdooVersion, type RecordedCase, recordedCases } from '../../fixtures/odoo/load.js';
import { DATABASE, FakeOdoo, KEY, LOGIN } from '../../testing/odoo/fake-odoo.js';
import type { RpcKpiName } from './config.js';
import { RPC_KPIS } from './kpis/index.js';
import type { Answer, Row } from './kpis/question.js';
import { Odoo, OdooConnection } from './odoo.js';

/** The same recorded tables that the SQL is held against, asked by API: the same rows, where both measure the same. */

const at = (text: string) => Date.parse(`${text.replace(' ', 'T')}Z`);
/** The API tells whole seconds: a difference of two of them may be a second off. */
const SECOND = 1.0011;
/** The recorded query that holds the rows of one of ours, where it has another name. */
const RECORDED_AS: Readonly<Record<string, string>> = {
  payment_mismatch: 'pos_broken',
  pos_sessions: 'pos_broken',
  pos_rescue: 'pos_broken',
  mail_failed: 'mail_queue',
};

const fakes = new Map<string, FakeOdoo>();
beforeAll(async () => {
  for (const version of ['14', '19'] as const) {
    for (const snapshot of ['s1-normal', 's2-incident', 's3-recovered']) {
      fakes.set(`${version} ${snapshot}`, await FakeOdoo.start(version, snapshot));
    }
  }
});
afterAll(async () => {
  for (const fake of fakes.values()) await fake.stop();
});

const fakeOf = (version: OdooVersion, snapshot: string) => fakes.get(`${version} ${snapshot}`) as FakeOdoo;

function odooOf(fake: FakeOdoo, protocol: 'json-rpc' | 'json-2'): Odoo {
  const place = {
    url: new URL(fake.url),
    database: DATABASE,
    login: LOGIN,
    apiKey: () => KEY,
    companies: null,
    timeoutMs: 5_000,
    allowPrivate: true,
    ca: null,
  };
  return new Odoo(new OdooConnection(place, protocol, () => 0), 2_000);
}

function settingsOf({ params }: RecordedCase) {
  return odooRpcSettingsSchema.parse({
    url: 'https://shop.example',
    database: DATABASE,
    login: LOGIN,
    apiKey: { env: 'NONE' },
    company: params.company,
    testPartners: params.test_partners,
    watchedCrons: params.watched_crons,
    samplesMin: 1,
  });
}

async function answerOf(
  version: OdooVersion,
  c: RecordedCase,
  kpi: RpcKpiName,
  protocol: 'json-rpc' | 'json-2',
): Promise<Answer> {
  const window = { fromMs: at(c.params.from), toMs: at(c.params.to), asOfMs: at(c.params.as_of) };
  const odoo = odooOf(fakeOf(version, c.snapshot), protocol);
  return await RPC_KPIS[kpi]({ odoo, settings: settingsOf(c), windows: [window], present: window });
}

/** Of how many rows and columns something was said: a comparison with nothing would hold too. */
function compare(statement: string, rows: readonly Row[], c: RecordedCase): number {
  const recorded = c.kpis[RECORDED_AS[statement] ?? statement];
  if (recorded === undefined) return 0;
  expect([statement, rows.length]).toEqual([statement, recorded.length]);
  let compared = 0;
  rows.forEach((row, i) => {
    for (const [column, value] of Object.entries(row)) {
      const wanted = recorded[i]?.[column];
      if (wanted === undefined) continue;
      compared += 1;
      const isClose =
        typeof wanted === 'number' &&
        typeof value === 'number' &&
        Math.abs(value - wanted) <= (column.endsWith('_s') ? SECOND : 0);
      if (!isClose) expect([statement, column, value]).toEqual([statement, column, wanted]);
    }
  });
  return compared;
}

const DIALECTS: readonly (readonly [OdooVersion, 'json-rpc' | 'json-2'])[] = [
  ['14', 'json-rpc'],
  ['19', 'json-rpc'],
  ['19', 'json-2'],
];

describe.each(DIALECTS)('the recorded Odoo %s by %s', (version, protocol) => {
  const all = recordedCases(version);
  // Failures of scheduled jobs are columns from 18 on.
  const kpis = (Object.keys(RPC_KPIS) as RpcKpiName[]).filter((kpi) => version !== '14' || kpi !== 'cron-failing');

  test.each(kpis)('says of %s what its SQL says', async (kpi) => {
    let compared = 0;
    for (const c of all) {
      const answer = await answerOf(version, c, kpi, protocol);
      for (const [statement, [rows]] of Object.entries(answer)) compared += compare(statement, rows ?? [], c);
    }
    // The recorded queries know no invoices, since the shop made none.
    expect(compared > 0).toBe(kpi !== 'invoices');
  });

  test('windows of a minute add up to the whole: nothing is counted twice, nothing between two windows is lost', async () => {
    const c = all.find(
      ({ snapshot, params }) =>
        snapshot === 's2-incident' && params.company === null && params.from.endsWith('10:00:00'),
    ) as RecordedCase;
    const odoo = odooOf(fakeOf(version, c.snapshot), protocol);
    const windows = [];
    for (let fromMs = at(c.params.from); fromMs < at(c.params.to); fromMs += 30_000) {
      windows.push({ fromMs, toMs: fromMs + 30_000, asOfMs: at(c.params.as_of) });
    }
    for (const kpi of ['order-success', 'payment-success', 'orders-confirmed', 'pos-sync'] as const) {
      const pieces = await RPC_KPIS[kpi]({ odoo, settings: settingsOf(c), windows, present: null });
      const whole = await answerOf(version, c, kpi, protocol);
      for (const statement of Object.keys(whole).filter((name) => name !== 'pos_sync' && name !== 'pos_gaps')) {
        const [total] = whole[statement]?.[0] ?? [];
        const summed = (pieces[statement] ?? []).flatMap((rows) => rows ?? []);
        for (const [column, value] of Object.entries(total ?? {})) {
          expect([column, summed.reduce((sum, row) => sum + Number(row[column]), 0)]).toEqual([column, value]);
        }
      }
    }
  });
});
