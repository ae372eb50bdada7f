import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { startPostgres, type TestPostgres } from '@parapet/testkit';
import { answersOf, expectDocumented } from '../../fixtures/odoo/answers.js';
import {
  loadSnapshot,
  makeShop,
  recordedCases,
  type RecordedCase,
  type ShopDatabase,
} from '../../fixtures/odoo/load.js';
import { KPIS } from './config.js';
import { ReadOnlyDatabase } from '../sql/read-only-database.js';
import { describeShop, detectShop } from './detect.js';
import { dialectOf, dialectOfVersion, type OdooVersion } from './dialect.js';
import { everyNeed, grantSql } from './grants.js';

/** What Odoo's own upgrade does to what the statements read: the rows stay what they say, so the numbers stay too. */
const UPGRADES: readonly (readonly [OdooVersion, string, string])[] = [
  [
    15,
    'a payment has an operation and a last change of state, and an operation type says when it reserves',
    `ALTER TABLE payment_transaction RENAME date TO last_state_change;
     ALTER TABLE payment_transaction RENAME type TO operation;
     UPDATE payment_transaction SET operation = 'online_redirect' WHERE operation <> 'validation';
     ALTER TABLE stock_picking_type ADD reservation_method varchar DEFAULT 'at_confirm'`,
  ],
  [
    16,
    'acquirers are providers',
    `ALTER TABLE payment_acquirer RENAME TO payment_provider;
     ALTER TABLE payment_provider RENAME provider TO code;
     ALTER TABLE payment_transaction RENAME acquirer_id TO provider_id`,
  ],
  [
    17,
    'an order is never done, a rule of a price list never switched off, and an order of a till knows its till',
    `UPDATE sale_order SET state = 'sale' WHERE state = 'done';
     DELETE FROM product_pricelist_item WHERE NOT active;
     ALTER TABLE product_pricelist_item DROP active;
     ALTER TABLE pos_order ADD config_id integer`,
  ],
  [
    18,
    'an order of a till may be stored before it is paid, and a job counts its failures instead of its runs',
    `ALTER TABLE pos_order ADD uuid varchar;
     UPDATE ir_cron SET active = false WHERE numbercall = 0;
     ALTER TABLE ir_cron DROP numbercall, DROP doall, ADD failure_count integer DEFAULT 0, ADD first_failure_date timestamp`,
  ],
  [
    19,
    'tills count their orders for life, and an order is not invoiced but done',
    `ALTER TABLE pos_session DROP sequence_number, DROP login_number;
     UPDATE pos_order SET state = 'done' WHERE state = 'invoiced'`,
  ],
];
/** A job that fails is known from 18 on; none of the recorded ones had begun to count. */
const NO_FAILURES = [{ failing: 0, max_failures: 0, failing_for_s: 0, failing_ids: [] }];

jest.setTimeout(60_000);

let postgres: TestPostgres;
let shop: ShopDatabase;
const databases: ReadOnlyDatabase[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
  shop = await makeShop(postgres.adminUrl, '14', 'odoo_upgraded');
  await loadSnapshot(shop.admin, '14', 's2-incident');
}, 60_000);
afterAll(async () => {
  for (const database of databases) await database.close();
  await shop.end();
  await postgres.stop();
});

/** The database through the role that is made for the version. */
async function readAs(version: OdooVersion): Promise<ReadOnlyDatabase> {
  const role = `reader_of_${version}`;
  await shop.admin.query(grantSql({ role, kpis: KPIS, version }));
  await shop.admin.query(`ALTER ROLE ${role} PASSWORD 'only-reads'`);
  const url = new URL(shop.readerUrl);
  url.username = role;
  const database = new ReadOnlyDatabase({ url: () => url.href, statementTimeoutMs: 5_000 });
  databases.push(database);
  return database;
}

function documentedFor(version: OdooVersion, { kpis }: RecordedCase): RecordedCase['kpis'] {
  const { pos_sequence_gaps: numbers, ...others } = kpis;
  return {
    ...others,
    ...(version < 19 && numbers !== undefined ? { pos_sequence_gaps: numbers } : {}),
    ...(version >= 18 ? { cron_failing: NO_FAILURES } : {}),
  };
}

describe('the recorded Odoo 14, upgraded version by version, gives what it gave', () => {
  test.each(UPGRADES)('%i: %s', async (version, _, upgrade) => {
    await shop.admin.query(upgrade);
    await shop.admin.query(`UPDATE ir_module_module SET latest_version = '${version}.0.1.3' WHERE name = 'base'`);
    const database = await readAs(version);
    const found = await database.read((query) => detectShop(query, everyNeed()));
    expect(describeShop(found)).toBe(`this Odoo ${version}.0 (community)`);
    expect(dialectOf(found.columns)).toEqual(dialectOfVersion(version));
    for (const c of recordedCases('14').filter(({ snapshot }) => snapshot === 's2-incident'))
      expectDocumented(await answersOf(database, c), documentedFor(version, c));
  });

  test('an enterprise build is known by its module', async () => {
    await shop.admin.query(
      `INSERT INTO ir_module_module (name, state, latest_version) VALUES ('web_enterprise', 'installed', '19.0.1.0')`,
    );
    const database = await readAs(19);
    expect(describeShop(await database.read((query) => detectShop(query, everyNeed())))).toBe(
      'this Odoo 19.0 (enterprise)',
    );
  });
});
