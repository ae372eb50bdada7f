import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { startPostgres, type TestPostgres } from '@parapet/testkit';
import { loadSnapshot, makeShop, recordedCases, type ShopDatabase } from '../../fixtures/odoo/load.js';
import { KPIS, type Kpi, odooSqlSettings } from './config.js';
import { ReadOnlyDatabase } from '../sql/read-only-database.js';
import { describeShop, detectShop } from './detect.js';
import { everyNeed, grantSql, lackingFor } from './grants.js';
import { OdooSqlProbe } from './probe.js';

const LACKING: Readonly<Record<string, readonly Kpi[]>> = {
  '14': ['cron-failing'],
  '19': ['pos-sequence-gaps', 'queue-job'],
};
const settings = odooSqlSettings.parse({
  connection: { env: 'UNUSED' },
  kpis: [...KPIS],
  pricelists: [1, 2],
  queues: [{ name: 'jobs', sql: 'SELECT count(id) AS depth, 0 AS oldest_s FROM ir_cron' }],
  logDb: true,
});

jest.setTimeout(60_000);

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres.stop());

describe.each(['14', '19'] as const)('a role made by the generated SQL, on the recorded Odoo %s', (version) => {
  const number = version === '14' ? 14 : 19;
  const c = recordedCases(version).find(({ snapshot }) => snapshot === 's2-incident');
  const window = {
    fromMs: Date.parse(`${c?.params.from.replace(' ', 'T')}Z`),
    toMs: Date.parse(`${c?.params.to.replace(' ', 'T')}Z`),
  };
  let shop: ShopDatabase;
  const databases: ReadOnlyDatabase[] = [];

  beforeAll(async () => {
    shop = await makeShop(postgres.adminUrl, version, `grants_${version}`);
    await loadSnapshot(shop.admin, version, 's2-incident');
    await shop.admin.query(`CREATE TABLE res_users (id int, login text, password text);
      INSERT INTO res_users VALUES (1, 'admin', 'secret')`);
  });
  afterAll(async () => {
    for (const database of databases) await database.close();
    await shop.end();
  });

  /** Makes the role twice, since it may be run again, and connects as it. */
  async function databaseOf(role: string, kpis: readonly Kpi[], named: 14 | 19 | null): Promise<ReadOnlyDatabase> {
    for (let time = 1; time <= 2; time++) await shop.admin.query(grantSql({ role, kpis, version: named }));
    await shop.admin.query(`ALTER ROLE ${role} PASSWORD 'only-reads'`);
    const url = new URL(shop.readerUrl);
    url.username = role;
    const database = new ReadOnlyDatabase({ url: () => url.href, statementTimeoutMs: 5_000 });
    databases.push(database);
    return database;
  }

  const probeOf = (database: ReadOnlyDatabase) =>
    new OdooSqlProbe({ name: 'w/p', everyMs: 60_000, settings, database, target: 'shop', nowMs: () => 0 });

  test.each([number, null] as const)(
    'measures every KPI as a role that may read everything does, made for %p',
    async (named) => {
      const whole = new ReadOnlyDatabase({ url: () => shop.readerUrl, statementTimeoutMs: 5_000 });
      databases.push(whole);
      const exact = await databaseOf(`exact_${version}_${named ?? 'any'}`, KPIS, named);
      const [all, those] = [probeOf(whole), probeOf(exact)];
      const measured: string[] = [];
      for (const [i, measure] of all.measures.entries()) {
        if (LACKING[version]?.includes(measure.kpi as Kpi) === true) continue;
        const wanted = await measure.measure([window]);
        const found = await those.measures[i]?.measure([window]);
        expect([measure.kpi, found]).toEqual([measure.kpi, wanted]);
        measured.push(measure.kpi);
      }
      expect(measured).toEqual(KPIS.filter((kpi) => LACKING[version]?.includes(kpi) !== true));
      expect(await those.measures[0]?.lagMs?.()).toBe(0);
    },
  );

  test('cannot write, nor read other tables and columns, whatever it sets', async () => {
    const role = `denied_${version}`;
    await databaseOf(role, KPIS, number);
    await shop.admin.query(`SET ROLE ${role}; SET default_transaction_read_only = off`);
    try {
      for (const statement of [
        'INSERT INTO pos_order (id) VALUES (999999)',
        'UPDATE sale_order SET state = state',
        'DELETE FROM pos_order',
        'TRUNCATE ir_cron',
        'SELECT id FROM ir_cron FOR UPDATE',
        'CREATE TABLE mine (id int)',
        'SELECT * FROM res_users',
        'SELECT password FROM res_users',
        'SELECT domain FROM website',
        'SELECT * FROM sale_order',
        'SELECT partner_invoice_id FROM sale_order',
        'SELECT cardholder_name FROM pos_payment',
        'SELECT failure_reason FROM mail_mail',
      ]) {
        const outcome = await shop.admin.query(statement).then(
          () => 'allowed',
          (error: { code: string }) => error.code,
        );
        expect([statement, outcome]).toEqual([statement, '42501']);
      }
    } finally {
      await shop.admin.query('RESET ROLE; RESET default_transaction_read_only');
    }
  });

  test('for one KPI measures that one, and names what the others may not read', async () => {
    const probe = probeOf(await databaseOf(`one_${version}`, ['order-success'], null));
    const outcomes = new Map<string, string>();
    for (const measure of probe.measures) {
      const outcome = await measure.measure([window]).then(
        ({ measurements }) => (measurements[0]?.isTruncated === false ? 'measured' : 'truncated'),
        (error: Error & { reason: string }) => `${error.reason}: ${error.message}`,
      );
      outcomes.set(measure.kpi, outcome);
    }
    const measured = [...outcomes].filter(([, outcome]) => outcome === 'measured').map(([kpi]) => kpi);
    // The funnel of people's orders reads nothing that the orders of the web do not have.
    expect(measured).toEqual(['order-success', 'backend-funnel']);
    expect(outcomes.get('stock-sanity')).toBe(
      'missing: stock-sanity may not read stock_quant, stock_location: parapet odoo grant-sql',
    );
    expect(outcomes.get('mail-queue')).toBe('missing: mail-queue may not read mail_mail: parapet odoo grant-sql');
  });

  test('says with any role which KPIs the shop cannot give', async () => {
    const database = await databaseOf(`looks_${version}`, ['order-success'], null);
    const shopFound = await database.read((query) => detectShop(query, everyNeed()));
    expect(describeShop(shopFound)).toBe(`this Odoo ${version}.0 (community)`);
    expect(KPIS.filter((kpi) => lackingFor(kpi, shopFound.columns, settings).length > 0)).toEqual(LACKING[version]);
  });
});
