import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EVENT_OWNERS, type PublicEvent, type ServiceName } from '@parapet/contracts';
import { canonicalJson } from '@parapet/kernel';
import {
  type Actor,
  GENESIS_HASH,
  handle,
  hashRow,
  type JournalRow,
  type StreamRef,
  verifyRows,
  VersionConflict,
} from '@parapet/runtime';
import { eventLogContract, startDatabase, type TestDatabase, testIds } from '@parapet/testkit';
import fc from 'fast-check';
import { Client } from 'pg';
import type { Database } from './database.js';
import { Journal, sha256, streamLog } from './journal.js';

const ids = testIds();
const journal = new Journal(ids);
const actor: Actor = { kind: 'service', id: 'release-control' };
let database: TestDatabase;
let control: Database;

beforeAll(async () => {
  database = await startDatabase();
  control = database.connect('release-control', 10);
}, 60_000);
afterAll(() => database.stop());

let tenants = 0;
/** A tenant that nobody wrote to yet, so that tests do not see each other. */
const freshTenant = () => `tenant-${++tenants}`;
const release = (tenant: string, stream = ids('rel')): StreamRef => ({
  tenant,
  stream,
  environment: 'production',
  workload: 'odoo-retail',
});
const commented = (text: string) => ({ type: 'proposal.commented', data: { text } });

function rowsOf(tenant: string): Promise<JournalRow[]> {
  return control.transact(tenant, (tx) => journal.readTenant(tx, 0, 100_000));
}

async function asAdmin<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: database.adminUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

eventLogContract('the journal', async () => {
  const ref = release(freshTenant());
  return (work) => control.transact(ref.tenant, (tx) => work(streamLog(journal, tx, ref, { actor })));
});

describe('appending', () => {
  test('rows carry what was given, follow each other, and read back as they were returned', async () => {
    const ref = release(freshTenant());
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const written = await control.transact(ref.tenant, (tx) =>
      journal.append(tx, ref, 0, [commented('a'), commented('b')], {
        actor,
        trace,
        occurredAtMs: Date.UTC(2026, 10, 23, 9, 18, 4, 120),
      }),
    );
    expect(written).toMatchObject([
      {
        ...ref,
        seq: 1,
        version: 1,
        type: 'proposal.commented',
        data: { text: 'a' },
        actor,
        trace,
        occurredAt: '2026-11-23T09:18:04.120Z',
        prevHash: GENESIS_HASH,
      },
      { ...ref, seq: 2, version: 2, data: { text: 'b' }, prevHash: written[0]?.hash },
    ]);
    expect(await rowsOf(ref.tenant)).toEqual(written);
    expect(verifyRows(written, GENESIS_HASH, sha256)).toMatchObject({ kind: 'intact', count: 2 });
  });

  test('seq runs through all streams of a tenant, version through one', async () => {
    const tenant = freshTenant();
    const [one, two] = [release(tenant), release(tenant)];
    for (const ref of [one, two, one])
      await control.transact(tenant, (tx) => journal.append(tx, ref, 'any', [commented('x')], { actor }));
    expect((await rowsOf(tenant)).map((r) => [r.seq, r.stream, r.version])).toEqual([
      [1, one.stream, 1],
      [2, two.stream, 1],
      [3, one.stream, 2],
    ]);
  });

  test('a transaction that fails gives its seq back', async () => {
    const ref = release(freshTenant());
    const failing = control.transact(ref.tenant, async (tx) => {
      await journal.append(tx, ref, 0, [commented('gone')], { actor });
      throw new Error('after the append');
    });
    await expect(failing).rejects.toThrow('after the append');
    await control.transact(ref.tenant, (tx) => journal.append(tx, ref, 0, [commented('kept')], { actor }));
    expect((await rowsOf(ref.tenant)).map((r) => [r.seq, r.data])).toEqual([[1, { text: 'kept' }]]);
  });

  test('recorded times never run backwards along seq, whatever the clock does', async () => {
    const ref = release(freshTenant());
    await control.transact(ref.tenant, (tx) => journal.append(tx, ref, 0, [commented('a')], { actor }));
    await asAdmin((admin) =>
      admin.query("UPDATE journal_heads SET recorded_at = '2999-01-01' WHERE tenant = $1", [ref.tenant]),
    );
    const [row] = await control.transact(ref.tenant, (tx) => journal.append(tx, ref, 1, [commented('b')], { actor }));
    expect(row?.recordedAt).toBe('2999-01-01T00:00:00.000Z');
  });

  test.each([
    { sentence: 'U+0000', text: 'a\u0000b' },
    { sentence: 'a high surrogate alone', text: 'a\ud83d' },
    { sentence: 'a low surrogate alone', text: '\ude00b' },
    { sentence: 'U+0000 after a backslash', text: '\\\u0000' },
  ])('refuses a text with $sentence before it reaches the database', async ({ text }) => {
    const ref = release(freshTenant());
    const attempt = control.transact(ref.tenant, (tx) => journal.append(tx, ref, 0, [commented(text)], { actor }));
    await expect(attempt).rejects.toThrow(`proposal.commented of ${ref.stream} holds U+0000 or an unpaired surrogate`);
  });

  test.each(['\\u0000', '\\\\ud800', 'ends in a backslash \\', '😀', '\u2028 "quoted" \u0007'])(
    'takes the harmless text %j',
    async (text) => {
      const ref = release(freshTenant());
      await control.transact(ref.tenant, (tx) => journal.append(tx, ref, 0, [commented(text)], { actor }));
      expect((await rowsOf(ref.tenant)).map((r) => r.data)).toEqual([{ text }]);
    },
  );

  test('a type that never leaves the house cannot be part of a release', async () => {
    const ref = release(freshTenant());
    const attempt = control.transact(ref.tenant, (tx) =>
      journal.append(tx, ref, 0, [{ type: 'session.opened', data: {} }], { actor }),
    );
    await expect(attempt).rejects.toThrow('session.opened never leaves the house');
  });

  test('property: any JSON survives the round trip byte for byte in canonical form, and its hash still holds', async () => {
    const wellFormed = fc.string({ unit: 'binary', maxLength: 12 }).filter((s) => !s.includes('\u0000'));
    const numbers = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(
        -0,
        5e-324,
        1.7976931348623157e308,
        1e21,
        1e-7,
        0.1 + 0.2,
        2 ** 53,
        -(2 ** 53),
        1e300,
        123456789012345680000,
      ),
    );
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constant(null),
        fc.boolean(),
        numbers,
        wellFormed,
        fc.array(tie('value'), { maxLength: 4 }),
        tie('record'),
      ),
      record: fc.dictionary(fc.oneof(wellFormed, fc.constantFrom('__proto__', 'constructor', '')), tie('value'), {
        maxKeys: 5,
      }),
    })).record as fc.Arbitrary<Record<string, unknown>>;
    const ref = release(freshTenant());
    let version = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(json, { minLength: 1, maxLength: 8 }), async (values) => {
        const events = values.map((data) => ({ type: 'proposal.commented', data }));
        const written = await control.transact(ref.tenant, (tx) => journal.append(tx, ref, version, events, { actor }));
        const read = await control.transact(ref.tenant, (tx) => journal.read(tx, ref.stream, version));
        version += values.length;
        expect(read.map((r) => canonicalJson(r.data))).toEqual(values.map(canonicalJson));
        expect(read.map((r) => hashRow(r, sha256))).toEqual(written.map((r) => r.hash));
      }),
      { numRuns: 60 },
    );
    expect(verifyRows(await rowsOf(ref.tenant), GENESIS_HASH, sha256)).toMatchObject({
      kind: 'intact',
      count: version,
    });
  }, 30_000);
});

describe('many writers at once', () => {
  test('8 writers × 50 rows on 5 streams: seq and every version gapless, the chain verifies, nothing lost', async () => {
    const tenant = freshTenant();
    const streams = Array.from({ length: 5 }, () => release(tenant));
    const writers = Array.from({ length: 8 }, (_, writer) => writer);
    await Promise.all(
      writers.map(async (writer) => {
        for (let n = 0; n < 50; n++) {
          const ref = streams[(writer + n) % streams.length] as StreamRef;
          await control.transactRetrying(tenant, (tx) =>
            journal.append(tx, ref, 'any', [commented(`${writer}/${n}`)], { actor }),
          );
        }
      }),
    );
    const rows = await rowsOf(tenant);
    expect(rows.map((r) => r.seq)).toEqual(Array.from({ length: 400 }, (_, i) => i + 1));
    expect(verifyRows(rows, GENESIS_HASH, sha256)).toMatchObject({ kind: 'intact', count: 400 });
    for (const { stream } of streams) {
      const versions = rows.filter((r) => r.stream === stream).map((r) => r.version);
      expect(versions).toEqual(Array.from({ length: versions.length }, (_, i) => i + 1));
    }
    const expected = writers.flatMap((writer) => Array.from({ length: 50 }, (_, n) => `${writer}/${n}`));
    expect(rows.map((r) => r.data['text']).sort()).toEqual(expected.sort());
  }, 60_000);

  test('deciders that count in one stream: every decision rests on all before it', async () => {
    const ref = release(freshTenant());
    const counter = {
      initialState: 0,
      decide: (count: number): PublicEvent[] => [
        {
          type: 'ProposalCommented',
          proposal: 'prp',
          answer: 'ans',
          by: 'on-call',
          text: `${count + 1}`,
          revision: count + 1,
        },
      ],
      evolve: (count: number) => count + 1,
    };
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        for (let n = 0; n < 5; n++) {
          await control.transactRetrying(ref.tenant, (tx) =>
            handle(counter, streamLog(journal, tx, ref, { actor }), null),
          );
        }
      }),
    );
    expect((await rowsOf(ref.tenant)).map((r) => r.data['text'])).toEqual(
      Array.from({ length: 30 }, (_, i) => `${i + 1}`),
    );
  }, 60_000);

  test('after eight tries in vain the conflict is told', async () => {
    const ref = release(freshTenant());
    let tries = 0;
    const hopeless = control.transactRetrying(ref.tenant, (tx) => {
      tries++;
      return journal.append(tx, ref, 99, [commented('never')], { actor });
    });
    await expect(hopeless).rejects.toBeInstanceOf(VersionConflict);
    expect(tries).toBe(8);
  });
});

describe('separation of powers', () => {
  const OTHERS: { service: ServiceName; type: string }[] = [
    { service: 'guardrail-evaluation', type: 'decision.made' },
    { service: 'guardrail-evaluation', type: 'rollback.ordered' },
    { service: 'release-control', type: 'actuation.started' },
    { service: 'release-control', type: 'rollback.verified' },
    { service: 'release-control', type: 'verdict.changed' },
    { service: 'rollback-actuation', type: 'rollback.ordered' },
    { service: 'metrics-ingestion', type: 'verdict.changed' },
    { service: 'kpi-probing', type: 'source.refused' },
  ];
  test.each(OTHERS)('$service cannot insert $type', async ({ service, type }) => {
    const tenant = freshTenant();
    const attempt = database
      .connect(service, 1)
      .transact(tenant, (tx) => journal.append(tx, release(tenant), 'any', [{ type, data: {} }], { actor }));
    await expect(attempt).rejects.toMatchObject({ code: '42501' });
    expect(await rowsOf(tenant)).toEqual([]);
  });

  const OWN = Object.entries(EVENT_OWNERS).flatMap(([service, types]) =>
    types.map((type) => ({ service: service as ServiceName, type })),
  );
  test.each(OWN)('$service can insert $type', async ({ service, type }) => {
    const tenant = freshTenant();
    const ref: StreamRef = { tenant, stream: 'any-stream', environment: 'none', workload: 'none' };
    await database
      .connect(service, 1)
      .transact(tenant, (tx) => journal.append(tx, ref, 0, [{ type, data: {} }], { actor }));
    expect((await rowsOf(tenant)).map((r) => r.type)).toEqual([type]);
  });

  test('kpi-probing can insert nothing at all', async () => {
    const probing = database.connect('kpi-probing', 1);
    for (const type of Object.values(EVENT_OWNERS).flat()) {
      const tenant = freshTenant();
      const ref: StreamRef = { tenant, stream: 'any-stream', environment: 'none', workload: 'none' };
      const attempt = probing.transact(tenant, (tx) => journal.append(tx, ref, 0, [{ type, data: {} }], { actor }));
      await expect(attempt).rejects.toThrow('permission denied for table journal');
    }
  });

  test('no service moves the head of a chain by hand', async () => {
    const ref = release(freshTenant());
    await control.transact(ref.tenant, (tx) => journal.append(tx, ref, 0, [commented('a')], { actor }));
    for (const sql of [
      'UPDATE journal_heads SET seq = 7',
      'DELETE FROM journal_heads',
      "INSERT INTO journal_heads VALUES ('x', 0, '', now())",
    ]) {
      await expect(control.transact(ref.tenant, (tx) => tx.query(sql))).rejects.toThrow('permission denied');
    }
  });
});

describe('tenants', () => {
  test('rows of another tenant are invisible, and cannot be written', async () => {
    const [mine, other] = [release(freshTenant()), release(freshTenant())];
    await control.transact(other.tenant, (tx) => journal.append(tx, other, 0, [commented('secret')], { actor }));
    const seen = await control.transact(mine.tenant, async (tx) => ({
      byTenant: await journal.readTenant(tx, 0, 10, other.tenant),
      byStream: await journal.read(tx, other.stream, 0, other.tenant),
      all: await tx.query('SELECT FROM journal'),
      heads: await tx.query('SELECT FROM journal_heads'),
    }));
    expect(seen).toEqual({ byTenant: [], byStream: [], all: [], heads: [] });
    const writing = control.transact(mine.tenant, (tx) =>
      journal.append(tx, other, 'any', [commented('forged')], { actor }),
    );
    await expect(writing).rejects.toMatchObject({ code: '42501' });
    expect((await rowsOf(other.tenant)).map((r) => r.data)).toEqual([{ text: 'secret' }]);
  });

  test('a connection that names no tenant sees nothing', async () => {
    const client = new Client({ connectionString: database.url('release-control') });
    await client.connect();
    expect((await client.query('SELECT FROM journal')).rowCount).toBe(0);
    await client.end();
  });

  test('the loop of all tenants sees all', async () => {
    const refs = [release(freshTenant()), release(freshTenant())];
    for (const ref of refs)
      await control.transact(ref.tenant, (tx) => journal.append(tx, ref, 0, [commented('a')], { actor }));
    const seen = await control.transact('*', (tx) => tx.query<{ tenant: string }>('SELECT tenant FROM journal_heads'));
    expect(seen.map((r) => r.tenant)).toEqual(expect.arrayContaining(refs.map((r) => r.tenant)));
  });
});

describe('append-only', () => {
  test.each([
    "UPDATE journal SET type = 'a.b'",
    'DELETE FROM journal',
    'TRUNCATE journal',
    'UPDATE journal SET seq = seq WHERE false',
  ])('even the owner is refused: %s', async (sql) => {
    await expect(asAdmin((admin) => admin.query(sql))).rejects.toThrow('its rows are never changed or removed');
  });

  test.each(["UPDATE journal SET type = 'a.b'", 'DELETE FROM journal', 'TRUNCATE journal'])(
    'a service is refused: %s',
    async (sql) => {
      await expect(control.transact('*', (tx) => tx.query(sql))).rejects.toThrow('permission denied');
    },
  );

  test('somebody who found a way round is found out: the chain names the first altered row', async () => {
    const ref = release(freshTenant());
    await control.transact(ref.tenant, (tx) =>
      journal.append(tx, ref, 0, ['a', 'b', 'c', 'd'].map(commented), { actor }),
    );
    await asAdmin(async (admin) => {
      await admin.query("SET session_replication_role = 'replica'");
      await admin.query(`UPDATE journal SET data = '{"text": "B"}' WHERE tenant = $1 AND seq = 2`, [ref.tenant]);
    });
    expect(verifyRows(await rowsOf(ref.tenant), GENESIS_HASH, sha256)).toEqual({
      kind: 'broken',
      seq: 2,
      reason: 'altered',
    });
    await asAdmin(async (admin) => {
      await admin.query("SET session_replication_role = 'replica'");
      await admin.query('DELETE FROM journal WHERE tenant = $1 AND seq = 2', [ref.tenant]);
    });
    expect(verifyRows(await rowsOf(ref.tenant), GENESIS_HASH, sha256)).toEqual({
      kind: 'broken',
      seq: 3,
      reason: 'gap',
    });
  });

  test.each([
    { sentence: 'leaves a gap in seq', change: { seq: 3 } },
    { sentence: 'repeats a seq', change: { seq: 1 } },
    { sentence: 'follows another hash', change: { prev_hash: 'f'.repeat(64) } },
    { sentence: 'leaves a gap in its stream', change: { version: 3 } },
  ])('a row that $sentence is not taken, whoever writes it', async ({ change }) => {
    const ref = release(freshTenant());
    const [first] = await control.transact(ref.tenant, (tx) => journal.append(tx, ref, 0, [commented('a')], { actor }));
    const row = { seq: 2, version: 2, prev_hash: first?.hash ?? '', ...change };
    const attempt = control.transact(ref.tenant, (tx) =>
      tx.query(
        `INSERT INTO journal VALUES ($1, $2, $3, $4, $5, 'e', 'w', 'proposal.commented', '{}', '{}', date_trunc('second', now()), date_trunc('second', now()), null, $6, $7)`,
        [ref.tenant, row.seq, ids('evt'), ref.stream, row.version, row.prev_hash, '0'.repeat(64)],
      ),
    );
    await expect(attempt).rejects.toThrow(/does not follow the chain|duplicate key/);
    expect(await rowsOf(ref.tenant)).toHaveLength(1);
  });
});
