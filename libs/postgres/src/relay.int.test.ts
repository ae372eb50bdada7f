import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { decodeEventBytes } from '@parapet/contracts';
import type { Actor, JournalRow, StreamRef } from '@parapet/runtime';
import { InMemoryPublisher, startDatabase, type TestDatabase, testIds } from '@parapet/testkit';
import { Client } from 'pg';
import type { Database } from './database.js';
import { Journal } from './journal.js';
import { Relay, type RelayOptions } from './relay.js';

const ids = testIds();
const journal = new Journal(ids);
const actor: Actor = { kind: 'service', id: 'release-control' };
let database: TestDatabase;
let control: Database;
let relays: Relay[] = [];
let problems: string[] = [];

beforeAll(async () => {
  database = await startDatabase();
  control = database.connect('release-control', 10);
}, 60_000);
afterAll(() => database.stop());

let tenants = 0;
let tenant = '';
beforeEach(() => {
  tenant = `tenant-${++tenants}`;
  problems = [];
});
afterEach(async () => {
  await Promise.all(relays.map((relay) => relay.stop()));
  relays = [];
  // What a test left unpublished is none of the next one's business.
  await control.transact('*', (tx) =>
    tx.query('UPDATE relay_cursor c SET seq = h.seq FROM journal_heads h WHERE h.tenant = c.tenant'),
  );
});

function relayOver(publisher: InMemoryPublisher, o: RelayOptions = {}): Relay {
  const relay = new Relay(control, publisher, {
    onProblem: (p) => problems.push(`${p.message}: ${(p.cause as Error | undefined)?.message}`),
    ...o,
  });
  relays.push(relay);
  return relay;
}

const releaseOf = (ofTenant: string): StreamRef => ({
  tenant: ofTenant,
  stream: ids('rel'),
  environment: 'production',
  workload: 'odoo-retail',
});
const comments = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({ type: 'proposal.commented', data: { text: `${from + i}` } }));

function append(ref: StreamRef, count: number, from = 0): Promise<JournalRow[]> {
  return control.transact(ref.tenant, (tx) => journal.append(tx, ref, 'any', comments(count, from), { actor }));
}

async function cursorOf(ofTenant: string): Promise<number | undefined> {
  const rows = await control.transact(ofTenant, (tx) => tx.query<{ seq: number }>('SELECT seq FROM relay_cursor'));
  return rows[0]?.seq;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('condition not met within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const idsOf = (rows: readonly { readonly id: string }[]) => rows.map((row) => row.id);
/** What the stream holds of the test's own tenant. */
const published = (publisher: InMemoryPublisher) =>
  publisher.messages.filter((m) => m.subject.split('.')[3] === tenant).map((m) => m.messageId);

describe('what goes out', () => {
  test('a public row is the CloudEvent of the wire, on its subject, under its id', async () => {
    const publisher = new InMemoryPublisher();
    const ref = releaseOf(tenant);
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const [row] = await control.transact(tenant, (tx) => journal.append(tx, ref, 0, comments(1), { actor, trace }));
    expect(await relayOver(publisher).sweep()).toBe(1);
    expect(publisher.messages).toMatchObject([
      {
        subject: `parapet.events.v1.${tenant}.production.odoo-retail.${ref.stream}.proposal.commented`,
        messageId: row?.id,
        headers: { 'Content-Type': 'application/cloudevents+json', traceparent: trace },
      },
    ]);
    expect(decodeEventBytes(publisher.messages[0]?.payload as Uint8Array)).toMatchObject({
      event: { type: 'ProposalCommented', text: '0' },
      tenant,
      release: ref.stream,
      sequence: 1,
      seq: row?.seq,
      hash: row?.hash,
      traceparent: trace,
    });
  });

  test('rows that are nobody else’s business stay in the house, and do not hold up those after them', async () => {
    const publisher = new InMemoryPublisher();
    const secret: StreamRef = { tenant, stream: 'configuration', environment: 'none', workload: 'none' };
    await control.transact(tenant, (tx) =>
      journal.append(tx, secret, 0, [{ type: 'configuration.applied', data: {} }], { actor }),
    );
    const rows = await append(releaseOf(tenant), 2);
    await control.transact(tenant, (tx) =>
      journal.append(tx, secret, 1, [{ type: 'session.opened', data: {} }], { actor }),
    );
    expect(await relayOver(publisher).sweep()).toBe(2);
    expect(published(publisher)).toEqual(idsOf(rows));
    expect(await cursorOf(tenant)).toBe(4);
  });

  test('an event larger than the limit goes out without its largest member, so that it cannot hold up the tenant', async () => {
    const publisher = new InMemoryPublisher();
    const ref = releaseOf(tenant);
    await control.transact(tenant, (tx) =>
      journal.append(tx, ref, 0, [{ type: 'proposal.commented', data: { by: 'on-call', text: 'x'.repeat(400_000) } }], {
        actor,
      }),
    );
    const [after] = await append(ref, 1);
    await relayOver(publisher).sweep();
    expect(publisher.messages.map((m) => m.payload.length < 256 * 1024)).toEqual([true, true]);
    const event = decodeEventBytes(publisher.messages[0]?.payload as Uint8Array);
    expect(event).toMatchObject({ isComplete: false, event: { by: 'on-call' } });
    expect(published(publisher).at(-1)).toBe(after?.id);
  });
});

describe('order', () => {
  test('nudged after every commit of many writers, all rows of each tenant go out once, in the order of seq', async () => {
    const publisher = new InMemoryPublisher();
    const relay = relayOver(publisher);
    const refs = [releaseOf(tenant), releaseOf(tenant), releaseOf(`${tenant}-b`)];
    await Promise.all(
      Array.from({ length: 6 }, async (_, writer) => {
        for (let n = 0; n < 20; n++) {
          const ref = refs[(writer + n) % 3] as StreamRef;
          await control.transact(ref.tenant, async (tx) => {
            await journal.append(tx, ref, 'any', comments(1), { actor });
            tx.afterCommit(() => relay.nudge(ref.tenant));
          });
        }
      }),
    );
    await until(() => publisher.messages.length === 120);
    for (const one of [tenant, `${tenant}-b`]) {
      const rows = await control.transact(one, (tx) => journal.readTenant(tx, 0, 1000));
      expect(publisher.messages.filter((m) => m.subject.split('.')[3] === one).map((m) => m.messageId)).toEqual(
        idsOf(rows),
      );
    }
  }, 30_000);

  test('a transaction that fails nudges nobody', async () => {
    const publisher = new InMemoryPublisher();
    const relay = relayOver(publisher);
    const failing = control.transact(tenant, async (tx) => {
      tx.afterCommit(() => relay.nudge(tenant));
      await journal.append(tx, releaseOf(tenant), 0, comments(1), { actor });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await relay.stop();
    expect(publisher.messages).toEqual([]);
  });

  test('four relayers of four services at once publish every row once, in order', async () => {
    let inFlight = 0;
    let inFlightMax = 0;
    const publisher = new InMemoryPublisher();
    const slow = {
      async publish(...args: Parameters<InMemoryPublisher['publish']>) {
        inFlightMax = Math.max(inFlightMax, ++inFlight);
        await new Promise((resolve) => setImmediate(resolve));
        inFlight--;
        const confirmed = await publisher.publish(...args);
        expect(confirmed.isDuplicate).toBe(false);
        return confirmed;
      },
    };
    const several = (['metrics-ingestion', 'kpi-probing', 'guardrail-evaluation', 'rollback-actuation'] as const).map(
      (service) => new Relay(database.connect(service, 2), slow, {}),
    );
    const rows: JournalRow[] = [];
    const ref = releaseOf(tenant);
    for (let n = 0; n < 30; n++) {
      rows.push(...(await append(ref, 10)));
      for (const relay of several) relay.nudge(tenant);
    }
    await until(() => publisher.messages.length === 300);
    await Promise.all(several.map((relay) => relay.stop()));
    expect(published(publisher)).toEqual(idsOf(rows));
    expect(inFlightMax).toBe(1);
  }, 30_000);

  test('while another holds the cursor a sweep passes by, and a nudge waits for its turn', async () => {
    const publisher = new InMemoryPublisher();
    const relay = relayOver(publisher);
    const [row] = await append(releaseOf(tenant), 1);
    let swept = -1;
    await control.transact(tenant, async (tx) => {
      await tx.query('SELECT FROM relay_cursor WHERE tenant = $1 FOR UPDATE', [tenant]);
      swept = await relay.sweep();
      relay.nudge(tenant);
    });
    expect(swept).toBe(0);
    await until(() => publisher.messages.length === 1);
    expect(published(publisher)).toEqual([row?.id]);
  });
});

describe('faults', () => {
  test('the broker away: nothing moves, one problem is told, and on return everything goes out in order', async () => {
    let isAway = true;
    const publisher = new InMemoryPublisher(() => (isAway ? 'lost' : null));
    const relay = relayOver(publisher, { sweepEveryMs: 20 });
    const ref = releaseOf(tenant);
    const rows = await append(ref, 3);
    relay.start();
    await until(() => problems.length > 0);
    rows.push(...(await append(ref, 2, 3)));
    relay.nudge(tenant);
    expect(await cursorOf(tenant)).toBe(0);
    isAway = false;
    relay.reconnected();
    await until(() => publisher.messages.length === 5);
    expect(published(publisher)).toEqual(idsOf(rows));
    expect(problems).toEqual([`cannot relay events of ${tenant}: no connection, ${rows[0]?.id} not sent`]);
  });

  test('a confirmation that got lost: the row is sent again under its id and stored once, still in order', async () => {
    const unlucky = new Set<string>();
    const publisher = new InMemoryPublisher((id) => (unlucky.delete(id) ? 'unconfirmed' : null));
    const rows = await append(releaseOf(tenant), 6);
    unlucky.add(rows[2]?.id as string).add(rows[3]?.id as string);
    const relay = relayOver(publisher);
    expect(await relay.sweep()).toBe(2);
    expect(await cursorOf(tenant)).toBe(2);
    await until(async () => (await relay.sweep()) >= 0 && (await cursorOf(tenant)) === 6);
    expect(published(publisher)).toEqual(idsOf(rows));
  });

  test('a publisher that never answers gives the cursor back', async () => {
    const never = { publish: () => new Promise<never>(() => {}) };
    const relay = new Relay(control, never, { onProblem: (p) => problems.push((p.cause as Error).message) });
    const [row] = await append(releaseOf(tenant), 1);
    expect(await relay.sweep()).toBe(0);
    expect(problems).toEqual([`event ${row?.id} was not confirmed within 5000 ms`]);
    expect(await relayOver(new InMemoryPublisher()).sweep()).toBe(1);
  }, 15_000);

  test('the database connection cut while publishing: the next sweep takes over, nothing is lost', async () => {
    const publisher = new InMemoryPublisher();
    const rows = await append(releaseOf(tenant), 5);
    const admin = new Client({ connectionString: database.adminUrl });
    await admin.connect();
    let isCut = false;
    const cutting = {
      async publish(...args: Parameters<InMemoryPublisher['publish']>) {
        const confirmed = await publisher.publish(...args);
        if (!isCut && publisher.messages.length === 3) {
          isCut = true;
          await admin.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'parapet_release_control' AND state = 'idle in transaction'",
          );
        }
        return confirmed;
      },
    };
    const relay = new Relay(control, cutting, { onProblem: (p) => problems.push(p.message) });
    expect(await relay.sweep()).toBe(0);
    expect(await cursorOf(tenant)).toBe(0);
    expect(problems).toEqual([`cannot relay events of ${tenant}`]);
    expect(await relayOver(publisher).sweep()).toBe(5);
    expect(published(publisher)).toEqual(idsOf(rows));
    await admin.end();
  });

  test('stop ends the loops and waits for the row being published', async () => {
    let confirm = (): void => {};
    const publisher = new InMemoryPublisher();
    const held = {
      async publish(...args: Parameters<InMemoryPublisher['publish']>) {
        await new Promise<void>((resolve) => (confirm = resolve));
        return publisher.publish(...args);
      },
    };
    const relay = new Relay(control, held, {});
    await append(releaseOf(tenant), 2);
    let begun = confirm;
    relay.nudge(tenant);
    await until(() => confirm !== begun);
    begun = confirm;
    const stopped = relay.stop();
    begun();
    await stopped;
    expect(publisher.messages).toHaveLength(1);
    expect(await cursorOf(tenant)).toBe(1);
  });
});

describe('what the stream lost after confirming it', () => {
  test('a lost tail is published again with the old ids, exactly what is missing, in order', async () => {
    const publisher = new InMemoryPublisher();
    const relay = relayOver(publisher, { tail: publisher });
    const rows = await append(releaseOf(tenant), 8);
    await relay.sweep();
    publisher.loseTail(3);
    await relay.compareTails(true);
    expect(published(publisher)).toEqual(idsOf(rows));
    expect(problems).toEqual([]);
  });

  test('a stream lost whole is filled from the journal', async () => {
    const publisher = new InMemoryPublisher();
    const relay = relayOver(publisher, { tail: publisher });
    const rows = await append(releaseOf(tenant), 4);
    await relay.sweep();
    publisher.loseTail(4);
    await relay.compareTails(true);
    expect(published(publisher)).toEqual(idsOf(rows));
  });

  test('a stream that lost nothing is left alone, secret rows at the end or not', async () => {
    const publisher = new InMemoryPublisher();
    const relay = relayOver(publisher, { tail: publisher });
    await append(releaseOf(tenant), 3);
    const secret: StreamRef = { tenant, stream: 'sessions', environment: 'none', workload: 'none' };
    await control.transact(tenant, (tx) =>
      journal.append(tx, secret, 0, [{ type: 'session.opened', data: {} }], { actor }),
    );
    await relay.sweep();
    const before = published(publisher);
    await relay.compareTails(true);
    expect(published(publisher)).toEqual(before);
    expect(await cursorOf(tenant)).toBe(4);
  });

  test('events older than the stream keeps them are not missed', async () => {
    const publisher = new InMemoryPublisher();
    await append(releaseOf(tenant), 2);
    const admin = new Client({ connectionString: database.adminUrl });
    await admin.connect();
    await admin.query("SET session_replication_role = 'replica'");
    await admin.query("UPDATE journal SET recorded_at = recorded_at - interval '91 days' WHERE tenant = $1", [tenant]);
    await admin.end();
    await control.transact(tenant, (tx) => tx.query('UPDATE relay_cursor SET seq = 2'));
    await relayOver(publisher, { tail: publisher }).compareTails(true);
    expect(published(publisher)).toEqual([]);
    expect(await cursorOf(tenant)).toBe(2);
  });

  test('a stream of another installation is reported, never written to', async () => {
    const publisher = new InMemoryPublisher();
    await append(releaseOf(tenant), 2);
    await control.transact(tenant, (tx) => tx.query('UPDATE relay_cursor SET seq = 2'));
    await relayOver(publisher, { tail: { lastOf: async () => ({ messageId: 'evt_foreign' }) } }).compareTails(true);
    expect(problems).toContainEqual(
      expect.stringContaining('evt_foreign, is not in the journal: is this the right database?'),
    );
    expect(published(publisher)).toEqual([]);
  });

  test('whoever compared a moment ago spares the others the work, unless told otherwise', async () => {
    const publisher = new InMemoryPublisher();
    let asked = 0;
    const tail = { lastOf: async (of: string) => ((asked += of === tenant ? 1 : 0), publisher.lastOf(of)) };
    const relay = relayOver(publisher, { tail });
    await append(releaseOf(tenant), 1);
    await relay.sweep();
    for (const force of [true, false, false]) await relay.compareTails(force);
    expect(asked).toBe(1);
    await relay.compareTails(true);
    expect(asked).toBe(2);
  });

  test('republish sends everything from a seq on again, and says how much that is', async () => {
    const publisher = new InMemoryPublisher();
    const relay = relayOver(publisher);
    const rows = await append(releaseOf(tenant), 6);
    await relay.sweep();
    publisher.messages.length = 0;
    expect(await relay.republish(tenant, 3)).toBe(4);
    expect(published(publisher)).toEqual(idsOf(rows.slice(2)));
    publisher.messages.length = 0;
    expect(await relay.republish(tenant, 1)).toBe(6);
    expect(published(publisher)).toEqual(idsOf(rows));
    expect(await relay.republish(tenant, 7)).toBe(0);
  });
});
