import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startDatabase, type TestDatabase } from '@parapet/testkit';
import type { Database } from './database.js';
import { Inbox } from './inbox.js';

let database: TestDatabase;
let control: Database;
const inbox = new Inbox('release-control');

beforeAll(async () => {
  database = await startDatabase();
  control = database.connect('release-control', 6);
}, 60_000);
afterAll(() => database.stop());

let tenants = 0;
const freshTenant = () => `tenant-${++tenants}`;
const accept = (tenant: string, seq: number, of = inbox) => control.transact(tenant, (tx) => of.accept(tx, seq));

describe('a row', () => {
  test('is new once for each consumer and tenant', async () => {
    const [a, b] = [freshTenant(), freshTenant()];
    const other = new Inbox('release-control-decisions');
    expect([
      await accept(a, 5),
      await accept(a, 5),
      await accept(a, 4),
      await accept(b, 5),
      await accept(a, 5, other),
    ]).toEqual([true, false, true, true, true]);
  });

  test('whose effects were rolled back is new again', async () => {
    const tenant = freshTenant();
    const failing = control.transact(tenant, async (tx) => {
      await inbox.accept(tx, 1);
      throw new Error('the effect failed');
    });
    await expect(failing).rejects.toThrow('the effect failed');
    expect(await accept(tenant, 1)).toBe(true);
  });

  test('delivered to six instances at once is applied by one', async () => {
    const tenant = freshTenant();
    const accepted = await Promise.all(Array.from({ length: 6 }, () => accept(tenant, 1)));
    expect(accepted.filter(Boolean)).toHaveLength(1);
  });
});

describe('pruning', () => {
  const prune = (tenant: string, olderThanMs: number) => control.transact(tenant, (tx) => inbox.prune(tx, olderThanMs));

  test('what was pruned stays applied, and so does what came before it', async () => {
    const tenant = freshTenant();
    for (const seq of [3, 7]) await accept(tenant, seq);
    expect(await prune(tenant, 0)).toBe(2);
    expect([
      await accept(tenant, 3),
      await accept(tenant, 7),
      await accept(tenant, 5),
      await accept(tenant, 8),
    ]).toEqual([false, false, false, true]);
  });

  test('what is young is kept as it is', async () => {
    const tenant = freshTenant();
    await accept(tenant, 3);
    expect(await prune(tenant, 60_000)).toBe(0);
    expect([await accept(tenant, 2), await accept(tenant, 3)]).toEqual([true, false]);
  });

  test('the floor never sinks', async () => {
    const tenant = freshTenant();
    await accept(tenant, 9);
    await prune(tenant, 0);
    await control.transact(tenant, (tx) =>
      tx.query("INSERT INTO inbox (consumer, tenant, seq) VALUES ('release-control', $1, 2)", [tenant]),
    );
    await prune(tenant, 0);
    expect(await accept(tenant, 9)).toBe(false);
  });
});

describe('another service', () => {
  test.each([
    ['guardrail-evaluation', 'rollback-actuation'],
    ['release-control', 'rollback-actuation'],
    ['release-control', 'release-controller'],
  ] as const)('%s cannot mark what %s is to do as done', async (service, consumer) => {
    const attempt = database.connect(service, 1).transact(freshTenant(), (tx) => new Inbox(consumer).accept(tx, 1));
    await expect(attempt).rejects.toThrow('row-level security');
  });

  test('does not see it either', async () => {
    const tenant = freshTenant();
    await accept(tenant, 1);
    expect(
      await database.connect('guardrail-evaluation', 1).transact('*', (tx) => tx.query('SELECT FROM inbox')),
    ).toEqual([]);
  });
});
