import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { TriedKpi } from '@parapet/probes';
import { startPostgres, type TestPostgres } from '@parapet/testkit';
import {
  loadSnapshot,
  makeShop,
  type OdooVersion,
  recordedCases,
  type ShopDatabase,
} from '../../../libs/probes/fixtures/odoo/load.js';
import { TestWorld } from '../test/fake-parapet.js';
import { folder, ok, parapet, fake } from '../test/harness.js';
import { run } from './run.js';

jest.setTimeout(60_000);

let postgres: TestPostgres;
const shops: Partial<Record<OdooVersion, ShopDatabase>> = {};

beforeAll(async () => {
  postgres = await startPostgres();
  for (const version of ['14', '19'] as const) {
    const shop = await makeShop(postgres.adminUrl, version, `shop_${version}`);
    await loadSnapshot(shop.admin, version, 's3-recovered');
    shops[version] = shop;
    process.env[`SHOP_${version}`] = shop.readerUrl;
    // The owner of everything: what is not written then is not for want of a right.
    process.env[`OWNER_${version}`] = ownerUrl(shop);
  }
  // Left alone, it takes transaction numbers of its own.
  await shops['14']?.admin.query('ALTER SYSTEM SET autovacuum = off');
  await shops['14']?.admin.query('SELECT pg_reload_conf()');
}, 60_000);

afterAll(async () => {
  for (const shop of Object.values(shops)) await shop.end();
  await postgres.stop();
});

function ownerUrl(shop: ShopDatabase): string {
  const url = new URL(postgres.adminUrl);
  url.pathname = new URL(shop.readerUrl).pathname;
  return url.href;
}

const workload = (connection: string, settings = '') => `
apiVersion: parapet.dev/v1
kind: Workload
metadata: { tenant: acme-retail, name: odoo-retail }
spec:
  criticality: high
  guardrailPolicy: elsewhere
  decisionPolicy: elsewhere
  components: [{ name: odoo-web, target: gitops }]
  targets: [{ name: gitops, kind: webhook, url: https://gitops.acme.example/rollback, secret: { env: ROLLBACK_SECRET } }]
  probes:
    - name: shop
      kind: odoo-sql
      environment: production
      every: 60s
      settings: { connection: { env: ${connection} }, kpis: [order-success, pos-sync, stock-update]${settings} }
`;

const written = (text: string): string => {
  const file = join(folder, 'workload.yaml');
  writeFileSync(file, text);
  return file;
};
const once = (file: string, ...more: string[]): string[] => ['probe', 'run', file, '--once', ...more];
const instantOf = (text: string): string => `${text.replace(' ', 'T')}Z`;

interface Answer {
  readonly kpis: readonly TriedKpi[];
  readonly measured: number;
  readonly withGaps: number;
}

describe.each(['14', '19'] as const)('parapet probe run on the recorded Odoo %s', (version) => {
  const cases = recordedCases(version).filter(
    ({ snapshot, params: { company, to, as_of, grace_s } }) =>
      snapshot === 's3-recovered' &&
      company === null &&
      Date.parse(instantOf(as_of)) - Date.parse(instantOf(to)) >= grace_s * 1000,
  );

  it.each(cases.map((c) => [`${c.params.from} to ${c.params.to}`, c] as const))(
    'prints the documented numbers of %s',
    async (_, c) => {
      const world = new TestWorld();
      const file = written(
        workload(`SHOP_${version}`, `, testPartners: [${c.params.test_partners.join()}], samplesMin: 1`),
      );
      const code = await run(
        once(file, '--from', instantOf(c.params.from), '--at', instantOf(c.params.to), '--json'),
        world,
      );
      const { kpis } = JSON.parse(world.out) as Answer;
      const [checkout, tills] = [
        c.kpis.web_checkout?.[0] as Record<string, number>,
        c.kpis.pos_sync as readonly Record<string, number>[],
      ];
      const of = (checkout.success ?? 0) + (checkout.failed ?? 0) + (checkout.stuck ?? 0);
      expect(kpis.find(({ kpi }) => kpi === 'order-success')).toMatchObject({
        window: { from: `${c.params.from.replace(' ', 'T')}.000Z`, to: `${c.params.to.replace(' ', 'T')}.000Z` },
        lagMs: 0,
        cost: { ms: expect.any(Number), rows: expect.any(Number) },
        values: [{ signal: 'odoo.order.success', numerator: checkout.success, denominator: of }],
      });
      const delays = kpis
        .find(({ kpi }) => kpi === 'pos-sync')
        ?.values.filter(({ signal }) => signal === 'odoo.pos.sync.delay');
      expect(delays?.map(({ dimensions, value }) => [dimensions.till, value])).toEqual(
        tills.map((till) => [String(till.config_id), expect.closeTo(till.p95_s as number, 2)]),
      );
      expect(code).toBe(
        kpis.every(({ gap, values }) => gap === null && values.every((value) => value.gap === null)) ? 0 : 2,
      );
    },
  );
});

describe('parapet probe run', () => {
  let file: string;
  beforeEach(() => {
    file = written(workload('SHOP_19', ', testPartners: [19]'));
  });
  const BUSY = ['--from', '2026-09-15T13:30:00Z', '--at', '2026-09-15T15:30:00Z'];

  it('writes nothing: no transaction of the whole server got a number, no server was asked, no file appeared', async () => {
    const world = await parapet(ok({}));
    const before = await numberOfTransactions();
    const files = readdirSync(folder);
    for (const connection of ['OWNER_14', 'OWNER_19']) {
      writeFileSync(file, workload(connection));
      expect(await run(once(file, '--json', ...BUSY), world)).not.toBe(3);
    }
    expect(await numberOfTransactions()).toBe(before);
    expect(fake.asked).toEqual([]);
    expect(readdirSync(folder)).toEqual(files);
    // The measure itself: a single write of the same role moves it.
    await shops['19']?.admin.query('UPDATE pos_config SET id = id');
    expect(await numberOfTransactions()).toBeGreaterThan(before);
  });

  it('says in words what was measured, of how many, when, how old and at what cost', async () => {
    const world = new TestWorld({}, { columns: 120 });
    expect(await run(once(file, '--kpi', 'order-success', ...BUSY), world)).toBe(0);
    expect(world.out.replace(/cost \d+ ms/, 'cost N ms')).toBe(
      [
        'odoo-retail/shop order-success in production',
        '  2026-09-15 13:30:00Z to 2026-09-15 15:30:00Z, lag none, cost N ms, 1 rows',
        '  odoo.order.success = 0.875 (7 of 8)',
        '',
        '1 measured; nothing was written',
        '',
      ].join('\n'),
    );
  });

  it('without a time tries the newest window, and ends 2 where it says nothing', async () => {
    const world = new TestWorld();
    expect(await run(once(file, '--kpi', 'order-success', '--json'), world)).toBe(2);
    const [one] = (JSON.parse(world.out) as Answer).kpis;
    expect(one?.values).toMatchObject([
      { numerator: 0, denominator: 0, value: null, gap: { reason: 'too-few-samples' } },
    ]);
    expect(Date.parse(one?.window?.to ?? '')).toBeLessThanOrEqual(Date.now() - 600_000);
  });

  it('names the table that the role may not read, and what to do', async () => {
    const role = new URL(shops['14']?.readerUrl as string).username;
    await shops['14']?.admin.query(`REVOKE SELECT ON sale_order FROM ${role}`);
    const world = new TestWorld();
    writeFileSync(file, workload('SHOP_14'));
    expect(await run(once(file, '--json', '--kpi', 'order-success'), world)).toBe(2);
    expect((JSON.parse(world.out) as Answer).kpis).toMatchObject([
      {
        values: [],
        gap: {
          reason: 'missing',
          detail: 'order-success may not read sale_order: parapet odoo grant-sql',
          advice: expect.stringContaining('grant the right'),
        },
      },
    ]);
    await shops['14']?.admin.query(`GRANT SELECT ON sale_order TO ${role}`);
  });

  it('knows that the shop is closed: neither silent nor measured', async () => {
    const world = new TestWorld();
    writeFileSync(
      file,
      `${workload('SHOP_19')}  hours: { timeZone: Europe/Brussels, weekly: [{ days: [mon], from: "09:00", to: "18:00" }] }\n`,
    );
    // A Tuesday.
    expect(await run(once(file, '--json', '--kpi', 'pos-sync', ...BUSY), world)).toBe(2);
    const [one] = (JSON.parse(world.out) as Answer).kpis;
    const reasons = Object.fromEntries(one?.values.map(({ signal, gap }) => [signal, gap?.reason ?? 'measured']) ?? []);
    expect(reasons).toMatchObject({ 'odoo.pos.orders': 'closed', 'odoo.pos.sync.errors': 'measured' });
  });

  it('says that the secret is not there, by its reference', async () => {
    const world = new TestWorld();
    writeFileSync(file, workload('SHOP_NOWHERE'));
    expect(await run(once(file, '--json', '--kpi', 'pos-sync'), world)).toBe(2);
    expect((JSON.parse(world.out) as Answer).kpis).toMatchObject([
      { window: null, gap: { reason: 'refused', detail: expect.stringContaining('SHOP_NOWHERE') } },
    ]);
  });

  it.each<[string, number, readonly string[], string, RegExp]>([
    [
      'a file with a mistake',
      1,
      [],
      workload('SHOP_19').replace('every:', 'evry:'),
      /workload\.yaml:\d+ .*unknown key "evry"/,
    ],
    ['settings that are wrong', 1, [], workload('SHOP_19', ', tail: 3'), /tail/],
    [
      'a file without a probe',
      3,
      [],
      'apiVersion: parapet.dev/v1\nkind: Tenant\nmetadata: { name: a }\nspec: { environments: [{ name: production }] }\n',
      /declares a probe/,
    ],
    ['a KPI that is none', 3, ['--kpi', 'orders'], workload('SHOP_19'), /no KPI is called "orders"/],
    ['a probe that is none', 3, ['--probe', 'till'], workload('SHOP_19'), /no probe is called "till"/],
    ['a time that is none', 3, ['--at', 'noon'], workload('SHOP_19'), /--at takes an instant/],
    ['a begin without an end', 3, ['--from', '2026-09-15T13:30:00Z'], workload('SHOP_19'), /--from needs --at/],
    [
      'an end before its begin',
      3,
      ['--from', '2026-09-15T13:30:00Z', '--at', '2026-09-15T13:00:00Z'],
      workload('SHOP_19'),
      /must come before/,
    ],
  ])('refuses %s with %i', async (_, code, words, text, message) => {
    const world = new TestWorld();
    writeFileSync(file, text);
    expect(await run(once(file, ...words), world)).toBe(code);
    expect(world.err).toMatch(message);
    expect(world.out).toBe('');
  });

  it('refuses to run for good: that is the work of the service', async () => {
    const world = new TestWorld();
    expect(await run(['probe', 'run', file], world)).toBe(3);
    expect(world.err).toContain('--once');
  });
});

async function numberOfTransactions(): Promise<number> {
  const found = await shops['19']?.admin.query<{ n: string }>(
    'SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS n',
  );
  return Number(found?.rows[0]?.n);
}
