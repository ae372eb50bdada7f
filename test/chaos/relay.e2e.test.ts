import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EVENTS_PREFIX, STREAMS } from '@parapet/contracts';
import { connectJetStream, ensureStreams, type JetStreamConnection, streamTail } from '@parapet/jetstream';
import { type Database, Journal, Relay, sha256 } from '@parapet/postgres';
import { GENESIS_HASH, type JournalRow, verifyRows } from '@parapet/runtime';
import { startDatabase, startNats, type TestDatabase, testIds, type TestNats } from '@parapet/testkit';

const ROUNDS = 5;
const ids = testIds();
const journal = new Journal(ids);
let database: TestDatabase;
let nats: TestNats;
let control: Database;
let connection: JetStreamConnection;
let writer: ChildProcess | null = null;

beforeAll(async () => {
  [database, nats] = await Promise.all([startDatabase(), startNats()]);
  control = database.connect('release-control', 4);
  connection = await connectJetStream({ url: nats.url, name: 'chaos' });
  await ensureStreams(connection);
}, 120_000);
afterAll(async () => {
  writer?.kill('SIGKILL');
  await connection.close();
  await Promise.all([database.stop(), nats.stop()]);
});

/** Starts a writer and kills it after it said `lines` commits; answers what it said. */
async function writeAndBeKilled(tenant: string, releases: readonly string[], lines: number): Promise<string[]> {
  const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
  const source = ['--conditions=@parapet/source', '--import', here('../../libs/testkit/register-source.mjs')];
  const child = spawn(
    process.execPath,
    [...source, here('./journal-writer.ts'), database.url('release-control'), nats.url, tenant, ...releases],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  writer = child;
  const said: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(line);
    if (said.length === lines) child.kill('SIGKILL');
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (signal !== 'SIGKILL') throw new Error(`the writer ended by itself with ${code ?? signal}`);
  return said;
}

/** Every message of a tenant in `EVENTS`, in the stream's order. */
async function streamOf(tenant: string): Promise<{ messageId: string; journalSeq: number }[]> {
  const { state } = await connection.manager.streams.info(STREAMS.events);
  const messages: { messageId: string; journalSeq: number }[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const message = await connection.manager.streams.getMessage(STREAMS.events, { seq });
    if (message === null || !message.subject.startsWith(`${EVENTS_PREFIX}.${tenant}.`)) continue;
    messages.push({
      messageId: message.header.get('Nats-Msg-Id'),
      journalSeq: Number(message.json<{ journalseq: string }>().journalseq),
    });
  }
  return messages;
}

const asPublished = (rows: readonly JournalRow[]) => rows.map((row) => ({ messageId: row.id, journalSeq: row.seq }));
const rowsOf = (tenant: string) => control.transact(tenant, (tx) => journal.readTenant(tx, 0, 1_000_000));

describe('a service killed at any instruction between append and relay', () => {
  test(`${ROUNDS} times: everything said to be committed is journaled, and the next sweep publishes exactly the missing rows, once, in order`, async () => {
    const tenant = 'killed';
    const releases = [ids('rel'), ids('rel'), ids('rel')];
    let said = 0;
    let left = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      said += (await writeAndBeKilled(tenant, releases, 40 * round)).length;
      const rows = await rowsOf(tenant);
      expect(rows.length).toBeGreaterThanOrEqual(said);
      const before = await streamOf(tenant);
      expect(before).toEqual(asPublished(rows).slice(0, before.length));

      const relay = new Relay(control, connection.publisher());
      // The killed one's session may hold the cursor for an instant until the server notices.
      const deadline = performance.now() + 10_000;
      while ((await streamOf(tenant)).length < rows.length && performance.now() < deadline) await relay.sweep();
      await relay.stop();
      expect(await streamOf(tenant)).toEqual(asPublished(rows));
      left += rows.length - before.length;
    }
    const rows = await rowsOf(tenant);
    expect(verifyRows(rows, GENESIS_HASH, sha256)).toMatchObject({ kind: 'intact', count: rows.length });
    process.stdout.write(`killed ${ROUNDS} times: ${rows.length} rows, ${left} of them left to the sweep\n`);
  }, 120_000);
});

describe('a broker that lost what it had confirmed', () => {
  test('restored from an older copy of its disk, it gets the missing events again, with their old ids, in order', async () => {
    const tenant = 'restored';
    const ref = { tenant, stream: ids('rel'), environment: 'production', workload: 'odoo-retail' };
    const relay = new Relay(control, connection.publisher(), { tail: streamTail(connection) });
    const relayed = async (count: number): Promise<void> => {
      const events = Array.from({ length: count }, (_, n) => ({
        type: 'proposal.commented',
        data: { text: String(n) },
      }));
      await control.transact(tenant, (tx) =>
        journal.append(tx, ref, 'any', events, { actor: { kind: 'service', id: 'chaos' } }),
      );
      expect(await relay.sweep()).toBe(count);
    };
    const copy = await mkdtemp(join(tmpdir(), 'older-copy-'));
    await relayed(6);
    await nats.crash();
    await cp(nats.dir, copy, { recursive: true });
    await nats.restart();
    await connected();
    await relayed(3);
    await nats.crash();
    await rm(nats.dir, { recursive: true });
    await cp(copy, nats.dir, { recursive: true });
    await nats.restart();
    await connected();

    const rows = await rowsOf(tenant);
    expect(await streamOf(tenant)).toEqual(asPublished(rows).slice(0, 6));
    await relay.compareTails(true);
    await relay.stop();
    expect(await streamOf(tenant)).toEqual(asPublished(rows));
    await rm(copy, { recursive: true });
  }, 60_000);
});

async function connected(): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (performance.now() < deadline) {
    try {
      await connection.manager.streams.info(STREAMS.events);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new Error('the stream did not come back within 20 s');
}
