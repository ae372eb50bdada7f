import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { parseDocuments } from '@parapet/policy';
import type { Discovery } from '@parapet/probes';
import { startPostgres, type TestPostgres } from '@parapet/testkit';
import {
  loadSnapshot,
  makeShop,
  type OdooVersion,
  type ShopDatabase,
} from '../../../libs/probes/fixtures/odoo/load.js';
import { TestWorld } from '../test/fake-parapet.js';
import { folder } from '../test/harness.js';
import { run } from './run.js';

jest.setTimeout(60_000);

let postgres: TestPostgres;
const shops = new Map<string, ShopDatabase>();

beforeAll(async () => {
  postgres = await startPostgres();
  for (const version of ['14', '19'] as const) {
    const shop = await makeShop(postgres.adminUrl, version, `shop_${version}`);
    await loadSnapshot(shop.admin, version, 's3-recovered');
    shops.set(version, shop);
  }
  shops.set('empty', await makeShop(postgres.adminUrl, '19', 'empty'));
}, 60_000);

afterAll(async () => {
  for (const shop of shops.values()) await shop.end();
  await postgres.stop();
});

const shopOf = (name: string) => shops.get(name) as ShopDatabase;
/** When each snapshot was taken. */
const TAKEN = { '14': '2026-09-08T15:31:00Z', '19': '2026-09-15T15:31:00Z' } as const;

type Answer = Discovery & { readonly configuration: string };

const looked = new Map<string, Promise<Answer>>();

/** One look at each shop is enough for all that is asked of it. */
async function discovered(version: OdooVersion, ...more: string[]): Promise<Answer> {
  const key = [version, ...more].join(' ');
  const answer = looked.get(key) ?? look(version, more);
  looked.set(key, answer);
  return await answer;
}

async function look(version: OdooVersion, more: readonly string[]): Promise<Answer> {
  const world = new TestWorld();
  const code = await run(
    ['discover', 'odoo', '--database-url', shopOf(version).readerUrl, '--at', TAKEN[version], '--json', ...more],
    world,
  );
  expect([code, world.err.replace(/every process.*\n/, '')]).toEqual([0, '']);
  return JSON.parse(world.out) as Answer;
}

const specOf = (text: string, kind: string) => {
  const parsed = parseDocuments([{ file: 'found.yaml', text }]);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.documents.find((one) => one.kind === kind)?.spec as Record<string, never>;
};

describe.each(['14', '19'] as const)('parapet discover odoo on the recorded Odoo %s', (version) => {
  it('finds version, modules, companies, tills and web sites', async () => {
    const found = await discovered(version);
    expect(found).toMatchObject({ series: `${version}.0`, edition: 'community', isReplica: false });
    expect(found.shop.companies?.map(({ name }) => name)).toEqual(['Fixture Retail BE', 'Fixture Retail PT']);
    expect(found.shop.tills).toEqual([
      { id: 1, name: 'BE store 1', company: 1 },
      { id: 2, name: 'BE store 2', company: 1 },
      { id: 3, name: expect.stringContaining('PT store'), company: 2 },
    ]);
    expect(found.shop.webSites?.map(({ name }) => name)).toEqual(['My Website']);
    expect(found.shop.modules?.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['point_of_sale', 'website_sale', 'stock']),
    );
  });

  it('says what can be measured, and of the rest why not', async () => {
    const { kpis } = await discovered(version);
    const not = Object.fromEntries(
      kpis.filter(({ canBeMeasured }) => !canBeMeasured).map(({ kpi, whyNot }) => [kpi, whyNot]),
    );
    expect(not['price-config']).toContain('pricelists');
    expect(not[version === '14' ? 'cron-failing' : 'queue-job']).toContain('this shop has no');
    expect(not[version === '14' ? 'queue-job' : 'cron-failing']).toBeUndefined();
    expect(kpis.filter(({ wasSeen }) => wasSeen).map(({ kpi }) => kpi)).toEqual(
      expect.arrayContaining([
        'order-success',
        'payment-success',
        'pos-sync',
        'stock-update',
        'orders-confirmed',
        'cron-health',
      ]),
    );
  });

  it('knows the partner who tests, and that the server logs into its database', async () => {
    expect((await discovered(version)).settings).toMatchObject({
      testPartners: [version === '14' ? 20 : 19],
      logDb: true,
    });
  });

  it('proposes limits from what the shop is used to, and says so', async () => {
    const { history, guardrails } = await discovered(version);
    const orders = history.find(({ signal }) => signal === 'odoo.order.success');
    expect(orders?.of).toBeGreaterThan(10);
    const floor = guardrails.find(({ name }) => name === 'order-success-limit');
    expect(floor?.why).toContain(`${(orders?.of ?? 0) - (orders?.count ?? 0)} of ${orders?.of}`);
    const delay = guardrails.find(({ name }) => name === 'pos-sync-delay');
    expect(delay?.test).toMatchObject({ kind: 'threshold', above: expect.any(Number) });
    expect(guardrails.every(({ mode }) => mode !== ('act' as never))).toBe(true);
  });

  it('writes a configuration that Parapet takes, and whose probe measures', async () => {
    const file = join(folder, `found-${version}.yaml`);
    const { configuration } = await discovered(version, '--out', file);
    expect(readFileSync(file, 'utf8')).toBe(configuration);
    const world = new TestWorld();
    expect([await run(['lint', '-f', file, '--offline'], world), world.out]).toEqual([
      0,
      expect.stringContaining('nothing wrong'),
    ]);
    process.env.ODOO_DATABASE_URL = shopOf(version).readerUrl;
    const tried = new TestWorld();
    await run(
      [
        'probe',
        'run',
        file,
        '--once',
        '--json',
        '--kpi',
        'order-success',
        '--from',
        `${TAKEN[version].slice(0, 10)}T10:00:00Z`,
        '--at',
        `${TAKEN[version].slice(0, 10)}T13:00:00Z`,
      ],
      tried,
    );
    expect(JSON.parse(tried.out)).toMatchObject({ measured: 1, withGaps: 0 });
    // The address of the database stands nowhere, only where it is to be found.
    expect(configuration).not.toContain('postgresql://');
    expect(specOf(configuration, 'Workload')).toMatchObject({
      probes: [{ settings: { connection: { env: 'ODOO_DATABASE_URL' } } }],
    });
  });
});

describe('parapet discover odoo', () => {
  const discover = (...words: string[]) => ['discover', 'odoo', ...words];

  it('prints the configuration, and beside it what was found', async () => {
    const world = new TestWorld({ ODOO_DATABASE_URL: shopOf('19').readerUrl }, { columns: 100 });
    expect(
      await run(
        discover(
          '--history',
          '1d',
          '--at',
          TAKEN['19'],
          '--tenant',
          'shoes',
          '--workload',
          'stores',
          '--environment',
          'live',
        ),
        world,
      ),
    ).toBe(0);
    expect(specOf(world.out, 'Tenant')).toEqual({ environments: [{ name: 'live' }] });
    expect(world.err).toContain('this Odoo 19.0 (community)');
    expect(world.err).toMatch(/^order-success +yes/m);
    expect(world.err).not.toContain('every process');
  });

  it('of a shop that has not traded yet proposes what can be judged from the first day', async () => {
    const world = new TestWorld({ ODOO_DATABASE_URL: shopOf('empty').readerUrl });
    expect(await run(discover('--json', '--history', '1d'), world)).toBe(0);
    const found = JSON.parse(world.out) as Answer;
    expect(
      found.history
        .filter(({ of }) => of > 0)
        .map(({ signal }) => signal)
        .filter((signal) => signal.includes('success')),
    ).toEqual([]);
    expect(specOf(found.configuration, 'GuardrailPolicy')).toBeDefined();
  });

  it('warns of a password in a command line', async () => {
    const world = new TestWorld();
    await run(discover('--database-url', shopOf('19').readerUrl, '--at', TAKEN['19'], '--history', '1d'), world);
    expect(world.err).toContain('set ODOO_DATABASE_URL instead');
    expect(world.err + world.out).not.toContain('only-reads');
  });

  it('reads what the role may read, and names the rest', async () => {
    const shop = await makeShop(postgres.adminUrl, '19', 'narrow');
    try {
      const role = new URL(shop.readerUrl).username;
      await shop.admin.query(`REVOKE SELECT ON pos_config, ir_module_module, pos_order FROM ${role}`);
      const world = new TestWorld({ ODOO_DATABASE_URL: shop.readerUrl });
      expect(await run(discover('--json', '--history', '1d'), world)).toBe(0);
      const found = JSON.parse(world.out) as Answer;
      expect(found).toMatchObject({ series: null, shop: { modules: null, tills: null } });
      expect(found.kpis.find(({ kpi }) => kpi === 'pos-sync')).toMatchObject({
        canBeMeasured: false,
        whyNot: expect.stringContaining('pos_order'),
      });
    } finally {
      await shop.end();
    }
  });

  it.each<[string, readonly string[], Record<string, string>, number, RegExp]>([
    ['no address', [], {}, 3, /where is the database\?/],
    [
      'an address of something else',
      ['--database-url', 'https://shop.example'],
      {},
      3,
      /takes an address such as postgresql:/,
    ],
    [
      'a database that is away',
      [],
      { ODOO_DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' },
      4,
      /cannot look at the database \(unreachable\)/,
    ],
    ['too much of the past', ['--history', '1y'], { ODOO_DATABASE_URL: 'postgresql://a@b/c' }, 3, /from 1h to 28d/],
    ['a time that is none', ['--at', 'noon'], { ODOO_DATABASE_URL: 'postgresql://a@b/c' }, 3, /--at takes an instant/],
  ])('refuses %s', async (_, words, env, code, message) => {
    const world = new TestWorld(env);
    expect(await run(discover(...words), world)).toBe(code);
    expect(world.err).toMatch(message);
    expect(world.out).toBe('');
  });

  it('says of another database that it is none of a shop, and writes nothing', async () => {
    const world = new TestWorld({ ODOO_DATABASE_URL: postgres.adminUrl });
    const file = join(folder, 'nothing.yaml');
    expect(await run(discover('--out', file), world)).toBe(4);
    expect(world.err).toContain('does not look like the database of an Odoo shop');
    expect(existsSync(file)).toBe(false);
  });

  it('never writes over a file', async () => {
    const file = join(folder, 'mine.yaml');
    writeFileSync(file, 'mine');
    const world = new TestWorld({ ODOO_DATABASE_URL: shopOf('19').readerUrl });
    expect(await run(discover('--out', file), world)).toBe(3);
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(existsSync(file)).toBe(true);
  });

  it('changes nothing in the database', async () => {
    const number = async () =>
      Number(
        (await shopOf('19').admin.query<{ n: string }>('SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS n'))
          .rows[0]?.n,
      );
    await shopOf('19').admin.query('ALTER SYSTEM SET autovacuum = off');
    await shopOf('19').admin.query('SELECT pg_reload_conf()');
    const before = await number();
    await run(
      discover('--history', '1d', '--json', '--at', TAKEN['19']),
      new TestWorld({ ODOO_DATABASE_URL: shopOf('19').readerUrl }),
    );
    expect(await number()).toBe(before);
  });
});
