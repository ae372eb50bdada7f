import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  chartValueOf,
  type CloudEvent,
  EVENTS_PREFIX,
  type PublicEvent,
  readRecent,
  recentKey,
} from '@parapet/contracts';
import { replay, type WatchInput, type WatchSpec } from '@parapet/guardrails';
import { connectJetStream, ensureStreams, type JetStreamConnection, SignalPublisher } from '@parapet/jetstream';
import { parseDocuments } from '@parapet/policy';
import { ConfigurationStore, type Database, Journal, Relay } from '@parapet/postgres';
import type { Observation } from '@parapet/signals';
import {
  startDatabase,
  startNats,
  startRedis,
  testIds,
  type TestDatabase,
  type TestNats,
  type TestServer,
} from '@parapet/testkit';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { build, end, Evaluators, until } from '../testing/processes.js';
import {
  alertBatch,
  journaled,
  MINUTE,
  movedTo,
  PARTITIONS,
  POLICY,
  registered,
  sample,
  samples,
  settledByHand,
  TENANT,
} from '../testing/shop.js';

/** The service as processes of its own, with real NATS, PostgreSQL and Redis; some of them are killed. */

const PARTITION_LOCKS = 7_072_171;

let database: TestDatabase;
let nats: TestNats;
let redis: TestServer;
let admin: Client;
let control: Database;
let connection: JetStreamConnection;
let signals: SignalPublisher;
let relay: Relay;
const journal = new Journal(testIds());
const ids = testIds();
const published: CloudEvent[] = [];
let release = '';
let begun = false;
/** A series for each test: a later one's samples must not be late for the dates of an earlier one's. */
let store = '';
let evaluators: Evaluators;

beforeAll(async () => {
  expect(build()).toBe('');
  [database, nats, redis] = await Promise.all([startDatabase(), startNats(), startRedis()]);
  admin = new Client({ connectionString: database.adminUrl });
  await admin.connect();
  control = database.connect('release-control');
  connection = await connectJetStream({ url: nats.url, name: 'test' });
  await ensureStreams(connection);
  connection.nats.subscribe(`${EVENTS_PREFIX}.>`, {
    callback: (_, message) => void published.push(message.json<CloudEvent>()),
  });
  signals = new SignalPublisher(connection.publisher(), { partitions: PARTITIONS });
  relay = new Relay(control, connection.publisher());
  evaluators = new Evaluators({ database, natsUrl: nats.url, redisUrl: redis.url });
  await configure();
  await history();
}, 120_000);
beforeEach(() => {
  release = ids('rel');
  store = release.toLowerCase();
  published.length = 0;
  evaluators.said = '';
});
afterEach(async () => {
  // What is still in flight would be a suspect of the next one's degradation.
  if (begun) await told(movedTo('deploying', 'superseded', Date.now()));
  begun = false;
  await evaluators.endAll();
});
afterAll(async () => {
  await relay?.stop();
  await connection?.close();
  await admin?.end();
  await Promise.all([database?.stop(), nats?.stop(), redis?.stop()]);
});

async function configure(): Promise<void> {
  const text = readFileSync(new URL('../testing/configuration.yaml', import.meta.url), 'utf8');
  const parsed = parseDocuments([{ file: 'configuration.yaml', text }]);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  await new ConfigurationStore().putNow(
    control,
    TENANT,
    parsed.documents.map(({ kind, name, spec }) => ({ kind, name, spec })),
    { kind: 'service', id: 'test' },
  );
}

/** Samples of a test are a second apart and dated ahead: two of the same second would share one interval and its cap. */
const publish = (batch: Parameters<SignalPublisher['publish']>[0]) => signals.publish(batch);

/** Ten minutes of healthy trade before anything is released. */
async function history(): Promise<void> {
  const now = Math.floor(Date.now() / MINUTE) * MINUTE;
  for (let i = 10; i > 0; i--) await publish(samples(ids('rcp'), sample(now - i * MINUTE + 1000, 10, 1000)));
}

async function told(event: PublicEvent): Promise<void> {
  await journaled(control, journal, release, event);
  await relay.sweep();
}

/** Registers a release and lets it begin; resolves once it is watched. */
async function begin(): Promise<void> {
  await told(
    registered(`odoo ${release}`, { ...POLICY, baselineMs: 10 * MINUTE, guardrails: POLICY.guardrails.slice(0, 1) }),
  );
  await told(movedTo('registered', 'deploying', Date.now()));
  begun = true;
  await until('the release is watched', async () => (await inputs()).length > 0);
}

async function inputs(): Promise<WatchInput[]> {
  const { rows } = await admin.query<{ input: WatchInput }>(
    'SELECT input FROM evaluation_input WHERE release = $1 ORDER BY n',
    [release],
  );
  return rows.map((r) => r.input);
}
const observed = async () => (await inputs()).filter((i) => i.kind === 'observation').length;

async function verdicts(): Promise<{ to: string; evidence: { sha256: string } }[]> {
  const { rows } = await admin.query<{ data: { to: string; evidence: { sha256: string } } }>(
    `SELECT data FROM journal WHERE stream = $1 AND type = 'verdict.changed' ORDER BY version`,
    [release],
  );
  return rows.map((r) => r.data);
}

/** What was said of the release is what an uninterrupted judgement of the same inputs says. */
async function expectAsUninterrupted(): Promise<void> {
  const { rows } = await admin.query<{ spec: WatchSpec }>('SELECT spec FROM evaluation_watch WHERE release = $1', [
    release,
  ]);
  const said = await admin.query<{ verdict: unknown }>(
    'SELECT verdict FROM evaluation_verdict WHERE release = $1 ORDER BY n, ordinal',
    [release],
  );
  const again = replay(rows[0]!.spec, await inputs()).map((r) => r.said);
  expect(said.rows.map((r) => r.verdict)).toEqual(JSON.parse(JSON.stringify(again)));
}

async function owners(): Promise<number[]> {
  const { rows } = await admin.query<{ count: string }>(
    'SELECT count(*) FROM pg_locks WHERE locktype = $1 AND classid = $2 GROUP BY pid ORDER BY 1',
    ['advisory', PARTITION_LOCKS],
  );
  return rows.map((r) => Number(r.count));
}

describe('guardrail-evaluation', () => {
  test('signals of a bad release become a published verdict, and values for the chart', async () => {
    await evaluators.start();
    await begin();
    const from = Date.now();
    for (let i = 1; i <= 8; i++) await publish(samples(ids('rcp'), sample(from + i * 1000, 30, 100, store)));
    await until('the verdict is published', () =>
      published.some((e) => e.type === 'dev.parapet.verdict.changed.v1' && e.data['to'] === 'fail'),
    );
    const event = published.find((e) => e.type === 'dev.parapet.verdict.changed.v1' && e.data['to'] === 'fail')!;
    expect(event).toMatchObject({ subject: release, data: { mode: 'act', final: false, coverage: { required: 1 } } });
    const [watch] = (
      await admin.query<{ digest: string }>('SELECT digest FROM evaluation_watch WHERE release = $1', [release])
    ).rows;
    expect(watch?.digest).toMatch(/^[0-9a-f]{64}$/);
    const client = new Redis(redis.url);
    try {
      await until(
        'values are in Redis',
        async () => (await client.llen(recentKey(TENANT, release, 'order-success'))) >= 3,
      );
      const shown = readRecent(await client.lrange(recentKey(TENANT, release, 'order-success'), 0, -1));
      const kept = await admin.query<{ n: number; input: { observation: Observation } }>(
        `SELECT n, input FROM evaluation_input WHERE release = $1 AND input->>'kind' = 'observation' AND n <= $2 ORDER BY n DESC`,
        [release, shown[0]?.n],
      );
      expect(shown.map(({ after: _, ...entry }) => entry)).toEqual(
        kept.rows.map(({ n, input }) => ({ ...chartValueOf(input.observation), n })),
      );
    } finally {
      client.disconnect();
    }
  }, 60_000);

  test('killed at any instant, again and again, it judges every message once and says what it would have said', async () => {
    let child = await evaluators.start();
    await begin();
    const from = Date.now();
    const count = 240;
    for (let i = 1; i <= count; i++) {
      await publish(samples(ids('rcp'), sample(from + i * 1000, i > 120 ? 40 : 1, 100, store)));
      if (i % 60 === 0) {
        // Somewhere in the middle: as soon as some of what was just sent is judged.
        const before = await observed();
        await until('something was judged', async () => (await observed()) > before || before === i);
        await end(child, 'SIGKILL');
        child = await evaluators.start();
      }
    }
    await until('all of it is judged', async () => (await observed()) === count, 45_000);
    const keys = (await inputs()).flatMap((i) => (i.kind === 'observation' ? [i.observation.atMs] : []));
    expect(new Set(keys).size).toBe(count);
    await expectAsUninterrupted();
    const failed = (await verdicts()).filter((v) => v.to === 'fail');
    expect(failed).toHaveLength(1);
    await until('it is published', () =>
      published.some(
        (e) => e.type === 'dev.parapet.verdict.changed.v1' && e.data['to'] === 'fail' && e.subject === release,
      ),
    );
    // Killed between publishing and moving its cursor, it publishes again under the same id: heard twice, kept once.
    const heard = new Map(published.filter((e) => e.subject === release).map((e) => [e.id, e.sequence]));
    const sequences = [...heard.values()];
    expect(new Set(sequences).size).toBe(sequences.length);
    expect([...sequences].sort()).toEqual(sequences);
    const { state } = await connection.manager.streams.info('EVENTS', {
      subjects_filter: `${EVENTS_PREFIX}.*.*.*.${release}.>`,
    });
    const kept = Object.values(state.subjects ?? {}).reduce((sum, count) => sum + count, 0);
    expect(kept).toBe(heard.size);
  }, 120_000);

  test('two instances share the partitions, and one takes over what the other leaves', async () => {
    const first = await evaluators.start();
    await until('one has all', async () => JSON.stringify(await owners()) === JSON.stringify([PARTITIONS]));
    await evaluators.start();
    await until(
      'each has its share',
      async () => JSON.stringify(await owners()) === JSON.stringify([PARTITIONS / 2, PARTITIONS / 2]),
    );
    await begin();
    const from = Date.now();
    for (let i = 1; i <= 20; i++) await publish(samples(ids('rcp'), sample(from + i * 1000, 1, 100, store)));
    await end(first, 'SIGKILL');
    for (let i = 21; i <= 40; i++) await publish(samples(ids('rcp'), sample(from + i * 1000, 1, 100, store)));
    await until('the other has all', async () => JSON.stringify(await owners()) === JSON.stringify([PARTITIONS]));
    await until('all of it is judged', async () => (await observed()) === 40);
    await expectAsUninterrupted();
  }, 90_000);

  test('a word on an alert in doubt counts once, although the service is killed around it', async () => {
    let child = await evaluators.start();
    const labels = { alertname: 'CheckoutDown', severity: 'critical', service: 'odoo-web' };
    const firing = alertBatch(ids('rcp'), 'fire', 'firing', Date.now(), labels);
    const leftOut = { ...firing.alerts!, digest: 'left out', statements: [] };
    await publish(firing);
    await publish({ ...firing, receipt: ids('rcp'), alerts: leftOut });
    const episode = async () =>
      (
        await admin.query(
          `SELECT state #> '{episodes,alertmanager|000000000000fire}' AS episode FROM evaluation_alerts`,
        )
      ).rows[0]?.episode;
    await until('it is in doubt', async () => (await episode())?.state === 'unseen');
    const words = async () => (await admin.query('SELECT applied_at, refused FROM evaluation_settlement')).rows;
    // Killed while the word is on its way: before, in the middle of, or after its transaction.
    await Promise.all([settledByHand(control, journal, '000000000000fire', 'resolved'), end(child, 'SIGKILL')]);
    child = await evaluators.start();
    await until('the word is applied', async () => (await words())[0]?.applied_at !== null);
    const settled = await episode();
    expect(settled).toMatchObject({ state: 'resolved', number: 1, settled: { by: 'on-call', as: 'resolved' } });
    await end(child, 'SIGKILL');
    await evaluators.start();
    await publish({ ...firing, receipt: ids('rcp'), alerts: { ...leftOut, digest: 'again' } });
    await until('it went on', async () => {
      const { rows } = await admin.query(
        `SELECT state #>> '{sources,alertmanager,heardAtMs}' AS at FROM evaluation_alerts`,
      );
      return Number(rows[0].at) > settled.sinceMs;
    });
    expect(await episode()).toEqual(settled);
    expect(await words()).toEqual([{ applied_at: expect.any(Date), refused: null }]);
  }, 90_000);

  test('told to end with a long backlog it ends in good time and in order, and the next one judges every message once', async () => {
    // Messages as large as a remote write of 2 000 series makes them, in a partition of their own.
    const environment = 'backlog';
    const from = Math.floor(Date.now() / MINUTE) * MINUTE - 5 * MINUTE;
    const stores = Array.from({ length: 2_000 }, (_, i) => `store-${i}`);
    const count = 100;
    for (let i = 0; i < count; i++)
      await publish({
        ...samples(ids('rcp'), ...stores.map((of) => sample(from + i * 1000, 1, 100, of))),
        environment,
      });
    const child = await evaluators.start();
    const position = async () =>
      (
        await admin.query<{ sum: string | null }>('SELECT sum(n) FROM evaluation_rollup WHERE environment = $1', [
          environment,
        ])
      ).rows[0]?.sum ?? '0';
    await until('some of it is judged', async () => Number(await position()) > 0, 60_000);
    const ended = end(child, 'SIGTERM');
    await until(
      'it has ended by itself',
      async () =>
        await Promise.race([ended.then(() => true), new Promise<boolean>((resolve) => setTimeout(resolve, 20, false))]),
      8_000,
    );
    expect({ code: child.exitCode, signal: child.signalCode }).toEqual({ code: 0, signal: null });
    expect(await owners()).toEqual([]);
    const judged = Number(await position());
    // It did not end by coming to the end of the backlog, and what it judged are whole messages.
    expect(judged).toBeLessThan(count * stores.length);
    expect(judged % stores.length).toBe(0);
    await evaluators.start();
    await until('all of it is judged', async () => Number(await position()) === count * stores.length, 90_000);
  }, 240_000);

  test('a session that is lost costs nothing: it is opened again and the work goes on', async () => {
    await evaluators.start();
    await begin();
    const from = Date.now();
    for (let i = 1; i <= 30; i++) {
      await publish(samples(ids('rcp'), sample(from + i * 1000, 1, 100, store)));
      if (i % 10 === 0)
        await admin.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'guardrail-evaluation-partitions'`,
        );
    }
    await until('all of it is judged', async () => (await observed()) === 30);
    await expectAsUninterrupted();
    expect(evaluators.said).toContain('lost the session that owns the partitions');
    // The readers of the lost session have ended before those of the next began.
    expect(evaluators.said).not.toContain('cannot read partition');
  }, 60_000);

  test('the clock of a watch to which nothing happens goes on for as long as somebody judges', async () => {
    const child = await evaluators.start();
    await begin();
    const clock = async () => {
      const { rows } = await admin.query<{ clock_ms: string }>(
        'SELECT clock_ms FROM evaluation_watch WHERE release = $1',
        [release],
      );
      return Number(rows[0]?.clock_ms ?? 0);
    };
    await until('it is watched', async () => (await clock()) > 0);
    const first = await clock();
    await until('its clock goes on', async () => (await clock()) > first + 9_000);
    expect(Date.now() - (await clock())).toBeLessThan(10_000);
    await end(child, 'SIGKILL');
    const last = await clock();
    const other = await evaluators.start();
    await until('the next one takes over', async () => (await clock()) > last);
    await end(other, 'SIGKILL');
  }, 60_000);

  test('with Redis gone it goes on', async () => {
    await redis.stop();
    await evaluators.start();
    await begin();
    const from = Date.now();
    for (let i = 1; i <= 8; i++) await publish(samples(ids('rcp'), sample(from + i * 1000, 30, 100, store)));
    await until('the verdict is there', async () => (await verdicts()).some((v) => v.to === 'fail'));
  }, 60_000);
});
