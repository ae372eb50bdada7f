import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Actor } from '@parapet/runtime';
import { startDatabase, type TestDatabase } from '@parapet/testkit';
import { Client } from 'pg';
import { ConfigurationStore, type NewDocument } from './configuration-store.js';
import type { Database } from './database.js';

let database: TestDatabase;
let control: Database;
const store = new ConfigurationStore();
const by: Actor = { kind: 'person', id: 'on-call', auth: 'token' };

beforeAll(async () => {
  database = await startDatabase();
  control = database.connect('release-control', 6);
}, 60_000);
afterAll(() => database.stop());

let tenants = 0;
const freshTenant = () => `tenant-${++tenants}`;
const policy = (name: string, limit: number): NewDocument => ({ kind: 'GuardrailPolicy', name, spec: { limit } });
const put = (tenant: string, documents: NewDocument[], o = {}) =>
  control.transact(tenant, (tx) => store.put(tx, documents, by, o));
const current = async (tenant: string) =>
  (await control.transact(tenant, (tx) => store.current(tx))).map((d) => [d.name, d.revision, d.spec]);

describe('putting documents', () => {
  test('gives all that changed the tenant’s next revision, and leaves alone what did not', async () => {
    const tenant = freshTenant();
    expect(await put(tenant, [policy('a', 1), policy('b', 1)])).toMatchObject({
      revision: 1,
      changed: [{ name: 'a' }, { name: 'b' }],
    });
    expect(await put(tenant, [policy('a', 1), policy('b', 2)])).toMatchObject({
      revision: 2,
      changed: [{ name: 'b', revision: 2 }],
    });
    expect(await current(tenant)).toEqual([
      ['a', 1, { limit: 1 }],
      ['b', 2, { limit: 2 }],
    ]);
  });

  test('that changes nothing makes no revision', async () => {
    const tenant = freshTenant();
    await put(tenant, [{ kind: 'K', name: 'a', spec: { x: 1, y: 2 } }]);
    expect(await put(tenant, [{ kind: 'K', name: 'a', spec: { y: 2, x: 1 } }])).toEqual({
      revision: 1,
      changed: [],
      removed: [],
    });
  });

  test('keeps documents that it does not name, unless told to prune them', async () => {
    const tenant = freshTenant();
    await put(tenant, [policy('a', 1), policy('b', 1)]);
    await put(tenant, [policy('c', 1)]);
    expect((await current(tenant)).map(([name]) => name)).toEqual(['a', 'b', 'c']);
    expect(await put(tenant, [policy('a', 1)], { prune: true })).toMatchObject({
      revision: 3,
      removed: [{ name: 'b' }, { name: 'c' }],
    });
    expect((await current(tenant)).map(([name]) => name)).toEqual(['a']);
    await put(tenant, [policy('b', 1)]);
    expect((await current(tenant)).map(([name, revision]) => [name, revision])).toEqual([
      ['a', 1],
      ['b', 4],
    ]);
  });

  test('by six at once gives six revisions, none twice', async () => {
    const tenant = freshTenant();
    const changes = await Promise.all(
      Array.from({ length: 6 }, (_, n) => store.putNow(control, tenant, [policy('a', n)], by)),
    );
    expect(changes.map((c) => c.revision).sort()).toEqual([1, 2, 3, 4, 5, 6]);
    const last = changes.find((c) => c.revision === 6)?.changed[0];
    expect(await current(tenant)).toEqual([['a', 6, last?.spec]]);
  });

  test('refuses the same document twice', async () => {
    await expect(put(freshTenant(), [policy('a', 1), policy('a', 2)])).rejects.toThrow('the same document twice');
  });
});

describe('who sees and changes it', () => {
  test('revisions are counted for each tenant, and the loop of all tenants sees each', async () => {
    const [a, b] = [freshTenant(), freshTenant()];
    await put(a, [policy('a', 1)]);
    await put(a, [policy('a', 2)]);
    await put(b, [policy('a', 1)]);
    const watching = database.connect('guardrail-evaluation', 1);
    const revisions = await watching.transact('*', (tx) => store.revisions(tx));
    expect([revisions.get(a), revisions.get(b)]).toEqual([2, 1]);
    expect(await watching.transact('*', (tx) => store.current(tx, a))).toMatchObject([
      { name: 'a', revision: 2, spec: { limit: 2 } },
    ]);
    expect(await watching.transact(freshTenant(), (tx) => store.revision(tx))).toBe(0);
  });

  test('another tenant’s documents are invisible, through the view too', async () => {
    const [mine, other] = [freshTenant(), freshTenant()];
    await put(other, [policy('secret', 1)]);
    const seen = await control.transact(mine, async (tx) => [
      await store.current(tx, other),
      await tx.query('SELECT FROM configuration_revisions'),
    ]);
    expect(seen).toEqual([[], []]);
  });

  test.each(['metrics-ingestion', 'kpi-probing', 'guardrail-evaluation', 'rollback-actuation'] as const)(
    '%s cannot change it',
    async (service) => {
      const attempt = database.connect(service, 1).transact(freshTenant(), (tx) => store.put(tx, [policy('a', 1)], by));
      await expect(attempt).rejects.toThrow('permission denied');
    },
  );

  test('a revision once made is never edited, even by the owner', async () => {
    const admin = new Client({ connectionString: database.adminUrl });
    await admin.connect();
    await expect(admin.query('UPDATE configuration_revisions SET spec = null')).rejects.toThrow(
      'its rows are never changed or removed',
    );
    await expect(admin.query('DELETE FROM configuration_revisions')).rejects.toThrow(
      'its rows are never changed or removed',
    );
    await admin.end();
  });
});
