import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type PublicEvent, type SignalBatch, toJournal } from '@parapet/contracts';
import {
  evidenceNext,
  evidenceStart,
  replay,
  startWatch,
  step,
  type WatchInput,
  type WatchSpec,
} from '@parapet/guardrails';
import { connectJetStream, ensureStreams, type JetStreamConnection, SignalPublisher } from '@parapet/jetstream';
import { canonicalJson } from '@parapet/kernel';
import { parseDocuments } from '@parapet/policy';
import { ConfigurationStore, type Database, Journal, Relay, sha256 } from '@parapet/postgres';
import {
  startDatabase,
  startNats,
  startRedis,
  testIds,
  type TestDatabase,
  type TestNats,
  type TestServer,
} from '@parapet/testkit';
import { Client } from 'pg';
import { chanceOf, degradingTrade, SECONDS, SHOP_POLICY, usualTrade } from '../testing/degrading-shop.js';
import { build, end, Evaluators, until } from '../testing/processes.js';
import { MINUTE, movedTo, PARTITIONS, registered, TENANT } from '../testing/shop.js';

/** The same degrading release twice: once under an evaluator that is killed again and again, once undisturbed. */

const SEED = Number(process.env['PARAPET_KILLS_SEED'] ?? 20261123);
/** Each kills what runs, and every other one also what comes after it. */
const ROUNDS = 6;
const KILLS_MIN = 8;
/** Each message holds a sample of each. */
const SIGNALS = 4;
const PARTITION_LOCKS = 7_072_171;

let database: TestDatabase;
let nats: TestNats;
let redis: TestServer;
let admin: Client;
let control: Database;
let connection: JetStreamConnection;
let signals: SignalPublisher;
let relay: Relay;
let evaluators: Evaluators;
const ids = testIds();
const journal = new Journal(testIds());

beforeAll(async () => {
  expect(build()).toBe('');
  [database, nats, redis] = await Promise.all([startDatabase(), startNats(), startRedis()]);
  admin = new Client({ connectionString: database.adminUrl });
  await admin.connect();
  control = database.connect('release-control');
  connection = await connectJetStream({ url: nats.url, name: 'test' });
  await ensureStreams(connection);
  signals = new SignalPublisher(connection.publisher(), { partitions: PARTITIONS });
  relay = new Relay(control, connection.publisher());
  evaluators = new Evaluators({ database, natsUrl: nats.url, redisUrl: redis.url });
  const text = readFileSync(new URL('../testing/configuration.yaml', import.meta.url), 'utf8');
  const parsed = parseDocuments([{ file: 'configuration.yaml', text }]);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  const documents = parsed.documents.map(({ kind, name, spec }) => ({ kind, name, spec }));
  await new ConfigurationStore().putNow(control, TENANT, documents, { kind: 'service', id: 'test' });
}, 120_000);
afterAll(async () => {
  await evaluators?.endAll();
  await relay?.stop();
  await connection?.close();
  await admin?.end();
  await Promise.all([database?.stop(), nats?.stop(), redis?.stop()]);
});

async function rows<R extends object>(text: string, values: readonly unknown[]): Promise<readonly R[]> {
  return (await admin.query<R & Record<string, unknown>>(text, [...values])).rows;
}

/** One environment with its release. Times of both runs lie alike within their minute, so that the arithmetic is the same. */
interface Run {
  readonly release: string;
  readonly startMs: number;
  readonly messages: readonly SignalBatch[];
}

/** Half an hour of history, then a release that begins to be watched. */
async function begin(environment: string): Promise<Run> {
  const startMs = Math.floor(Date.now() / MINUTE) * MINUTE;
  const release = ids('rel');
  for (const batch of usualTrade(SEED, environment, startMs)) await signals.publish(batch);
  const kept = 'SELECT count(*)::int AS n FROM evaluation_rollup WHERE environment = $1';
  const hasHistory = async () => (await rows<{ n: number }>(kept, [environment]))[0]?.n === 30 * SIGNALS;
  await until(`the history of ${environment} is kept`, hasHistory);
  await tell(environment, release, {
    ...registered(`odoo in ${environment}`, SHOP_POLICY),
    environment,
  } as PublicEvent);
  await tell(environment, release, movedTo('registered', 'deploying', startMs));
  await until('the release is watched', async () => (await inputsOf(release)).length > 0);
  return { release, startMs, messages: degradingTrade(SEED, environment, startMs) };
}

async function tell(environment: string, release: string, event: PublicEvent): Promise<void> {
  const ref = { tenant: TENANT, stream: release, environment, workload: 'odoo-retail' };
  const actor = { kind: 'service', id: 'test' } as const;
  await control.transactRetrying(TENANT, (tx) => journal.append(tx, ref, 'any', [toJournal(event)], { actor }));
  await relay.sweep();
}

async function inputsOf(release: string): Promise<readonly WatchInput[]> {
  const found = await rows<{ input: WatchInput }>('SELECT input FROM evaluation_input WHERE release = $1 ORDER BY n', [
    release,
  ]);
  return found.map(({ input }) => input);
}

async function judged(release: string): Promise<number> {
  const text = `SELECT count(*)::int AS n FROM evaluation_input WHERE release = $1 AND input ->> 'kind' = 'observation'`;
  return (await rows<{ n: number }>(text, [release]))[0]?.n ?? 0;
}

async function owners(): Promise<readonly number[]> {
  const text = `SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory' AND classid = $1 GROUP BY pid ORDER BY 1`;
  return (await rows<{ n: number }>(text, [PARTITION_LOCKS])).map(({ n }) => n);
}

/**
 * What was said of a release, in what can be compared with another run: a failure after how many observations, and with what evidence.
 * Between samples what is unknown also depends on when a tick falls, and no two runs have the same ticks: of that only what was said,
 * and in which order; that it was said when it had to be is what the uninterrupted fold of the very same inputs says.
 */
async function saidOf(release: string): Promise<readonly Record<string, unknown>[]> {
  const said = await rows<{ after: number; verdict: Record<string, unknown> }>(
    `SELECT v.verdict, (SELECT count(*)::int FROM evaluation_input i WHERE i.release = v.release AND i.n <= v.n
                           AND i.input ->> 'kind' = 'observation') AS after
       FROM evaluation_verdict v WHERE v.release = $1 ORDER BY v.n, v.ordinal`,
    [release],
  );
  return said.map(({ after, verdict: { from, to, final, mode, reason, guardrails } }) => {
    if (to !== 'fail') return { from, to, final, mode, reason };
    const reports = (guardrails as readonly Record<string, unknown>[]).map((report) => {
      const { name, verdict, observed, limit, baseline, samples, evidence } = report;
      return { name, verdict, observed, limit, baseline, samples, evidence };
    });
    return { after, from, to, final, mode, reason, reports };
  });
}

/** The evidence, judged again without interruption, gives what was said, the state and the digest: bit for bit. */
async function expectAsUninterrupted(release: string): Promise<void> {
  const [watch] = await rows<{ spec: WatchSpec; state: unknown; digest: string }>(
    'SELECT spec, state, digest FROM evaluation_watch WHERE release = $1',
    [release],
  );
  const { spec, state, digest } = watch!;
  const inputs = await inputsOf(release);
  const said = await rows<{ n: number; verdict: unknown }>(
    'SELECT n, verdict FROM evaluation_verdict WHERE release = $1 ORDER BY n, ordinal',
    [release],
  );
  expect(said.map(canonicalJson)).toEqual(replay(spec, inputs).map((r) => canonicalJson({ n: r.n, verdict: r.said })));
  let [folded, chained] = [startWatch(spec), evidenceStart(spec, sha256)];
  for (const input of inputs) {
    folded = step(spec, folded, input).state;
    chained = evidenceNext(chained, input, sha256);
  }
  expect(canonicalJson(state)).toBe(canonicalJson(folded));
  expect(digest).toBe(chained);
}

async function expectEachOnce({ release, messages }: Run): Promise<void> {
  const sent = messages.flatMap((batch) => batch.samples.map(({ signal, atMs }) => `${signal} ${atMs}`));
  const kept = (await inputsOf(release)).flatMap((input) =>
    input.kind === 'observation' ? [`${input.observation.signal} ${input.observation.atMs}`] : [],
  );
  expect(kept).toEqual(sent);
}

describe('an evaluator that is killed at random points', () => {
  const chance = chanceOf(SEED);
  const below = (bound: number) => Math.floor(chance() * bound);

  /** What a new process has come to when it is killed next. */
  async function survive(child: ChildProcess, port: number, release: string, sent: number): Promise<void> {
    const before = await judged(release);
    const wanted = [
      () => true,
      async () => (await owners()).length > 0,
      () => isReady(port),
      async () => (await judged(release)) > before,
      async () => (await judged(release)) > before + 40,
    ][below(5)]!;
    // Where nothing is left to judge it has come far enough, too.
    const isDone = async () => (await judged(release)) >= sent;
    await until('it is far enough to be killed', async () => (await wanted()) || (await isDone()));
    await end(child, 'SIGKILL');
  }

  async function isReady(port: number): Promise<boolean> {
    return fetch(`http://127.0.0.1:${port}/readyz`).then(
      (r) => r.ok,
      () => false,
    );
  }

  test(`judges every sample once and says what it would have said (seed ${SEED})`, async () => {
    let child = await evaluators.start();
    const disturbed = await begin('production');
    const chunk = Math.ceil(SECONDS / (ROUNDS + 2));
    let kills = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const messages = disturbed.messages.slice(round * chunk, (round + 1) * chunk);
      const killedAt = below(messages.length);
      const dying = messages.map(async (message, i) => {
        await signals.publish(message);
        if (i !== killedAt) return;
        await end(child, 'SIGKILL');
        kills++;
      });
      await Promise.all(dying);
      const next = await evaluators.spawn();
      child = next.child;
      if (round % 2 === 1) continue;
      // Half of those that come after die before the next message comes.
      await survive(child, next.port, disturbed.release, (round + 1) * chunk * SIGNALS);
      kills++;
      child = (await evaluators.spawn()).child;
    }
    expect(kills).toBeGreaterThanOrEqual(KILLS_MIN);
    // The partitions move to another instance while the rest comes in.
    const other = evaluators.start();
    for (const message of disturbed.messages.slice(ROUNDS * chunk, (ROUNDS + 1) * chunk))
      await signals.publish(message);
    await other;
    const half = PARTITIONS / 2;
    await until('each has its share', async () => JSON.stringify(await owners()) === JSON.stringify([half, half]));
    await end(child, 'SIGTERM');
    for (const message of disturbed.messages.slice((ROUNDS + 1) * chunk)) await signals.publish(message);
    const all = disturbed.messages.reduce((sum, { samples }) => sum + samples.length, 0);
    await until('the other has all', async () => JSON.stringify(await owners()) === JSON.stringify([PARTITIONS]));
    await until('all of it is judged', async () => (await judged(disturbed.release)) >= all, 60_000);

    const quiet = await begin('staging');
    for (const message of quiet.messages) await signals.publish(message);
    await until('all of the other is judged', async () => (await judged(quiet.release)) >= all, 60_000);

    for (const run of [disturbed, quiet]) {
      await expectEachOnce(run);
      await expectAsUninterrupted(run.release);
    }
    const said = await saidOf(disturbed.release);
    expect(said).toContainEqual(expect.objectContaining({ to: 'fail', mode: 'act' }));
    expect(said).toEqual(await saidOf(quiet.release));
  }, 180_000);
});
