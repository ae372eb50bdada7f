import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PublicEvent, SignalBatch } from '@parapet/contracts';
import { replay, type WatchInput, type WatchSpec } from '@parapet/guardrails';
import { HandlerEnded, type Received } from '@parapet/jetstream';
import { Database, Journal, PartitionSession } from '@parapet/postgres';
import { startDatabase, testIds, type TestDatabase } from '@parapet/testkit';
import { Client } from 'pg';
import {
  alertBatch,
  CONFIGURATION,
  ENVIRONMENT,
  heartbeat,
  journaled,
  MINUTE,
  movedTo,
  PARTITION,
  POLICY,
  registered,
  sample,
  samples,
  settledByHand,
  TENANT,
} from '../testing/shop.js';
import { Housekeeping } from './housekeeping.js';
import { PartitionWorker } from './partition-worker.js';

/** One partition against a real PostgreSQL, with the evaluator's own role; the stream is played by hand. */

let database: TestDatabase;
let admin: Client;
let evaluator: Database;
let control: Database;
let actuation: Database;
const journal = new Journal(testIds());
let sessions: PartitionSession[] = [];
/** A release began at a whole minute some time ago, so that its baseline lies in whole minutes too. */
let NOW = Math.floor(Date.now() / MINUTE) * MINUTE - 30 * MINUTE;
const ids = testIds();
let RELEASE = ids('rel');

beforeAll(async () => {
  database = await startDatabase();
  admin = new Client({ connectionString: database.adminUrl });
  await admin.connect();
  evaluator = database.connect('guardrail-evaluation');
  control = database.connect('release-control');
  actuation = database.connect('rollback-actuation');
}, 60_000);
beforeEach(() => {
  RELEASE = ids('rel');
  seq = 0;
});
afterEach(async () => {
  await Promise.all(sessions.map((s) => s.close()));
  sessions = [];
  const { rows } = await admin.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relname LIKE 'evaluation\\_%' AND relkind IN ('r', 'p') AND NOT relispartition`,
  );
  await admin.query(`TRUNCATE ${rows.map((r) => r.name).join(', ')}`);
});
afterAll(async () => {
  await admin?.end();
  await database?.stop();
});

async function open(): Promise<PartitionSession> {
  const session = await PartitionSession.open({
    url: database.url('guardrail-evaluation'),
    applicationName: 'evaluator-test',
  });
  sessions.push(session);
  expect(await session.claim(PARTITION)).toBe(true);
  return session;
}

function workerOn(session: PartitionSession): PartitionWorker {
  return new PartitionWorker(PARTITION, {
    session,
    db: evaluator,
    journal,
    publicUrl: 'https://guard.example.com/',
    configurationOf: () => CONFIGURATION,
    nudge: () => {},
    showRecent: () => {},
    onSaid: () => {},
    onJudged: () => {},
    nowMs: () => NOW,
    onBeat: () => {},
    onIgnored: () => {},
  });
}

let seq = 0;
function received(message: SignalBatch, receivedAtMs: number): Received<SignalBatch> {
  return { message, streamSeq: ++seq, receivedAtMs, deliveries: 1 };
}
/** An hour of healthy trade before the release: one order in a hundred fails. */
const history = (): Received<SignalBatch>[] =>
  Array.from({ length: 60 }, (_, i) =>
    received(samples(`h${i}`, sample(NOW - (60 - i) * MINUTE + 30_000, 10, 1000)), NOW - (60 - i) * MINUTE + 31_000),
  );
const trade = (fromMs: number, count: number, bad: number): Received<SignalBatch>[] =>
  Array.from({ length: count }, (_, i) =>
    received(samples(`t${fromMs + i}`, sample(fromMs + (i + 1) * 15_000, bad, 100)), fromMs + (i + 1) * 15_000 + 200),
  );
const beats = (fromMs: number, count: number): Received<SignalBatch>[] =>
  Array.from({ length: count }, (_, i) =>
    received(heartbeat(`b${fromMs + i}`, NOW - 90 * MINUTE), fromMs + i * 30_000),
  );

/** Brings a journaled event to the partition, as the consumer of EVENTS does. */
async function told(db: Database, event: PublicEvent, recordedAtMs: number): Promise<void> {
  const row = await journaled(db, journal, RELEASE, event);
  await evaluator.transact(TENANT, (tx) =>
    tx.query(
      `INSERT INTO evaluation_fact (tenant, seq, partition, environment, release, version, type, fact, recorded_at_ms)
       SELECT tenant, seq, $3, environment, stream, version, type, data, $4 FROM journal WHERE tenant = $1 AND seq = $2`,
      [TENANT, row, PARTITION, recordedAtMs],
    ),
  );
}

const settled = (fingerprint: string, as: 'resolved' | 'firing') => settledByHand(control, journal, fingerprint, as);

async function begun(worker: PartitionWorker): Promise<void> {
  await worker.batch(history());
  await worker.batch(beats(NOW - 2 * MINUTE, 5));
  await told(control, registered('odoo-2026.11.3'), NOW - 1000);
  await told(control, movedTo('registered', 'deploying', NOW), NOW);
  expect(await worker.facts()).toBe(2);
}

async function verdicts(): Promise<string[]> {
  const { rows } = await admin.query<{
    type: string;
    data: { to?: string; mode?: string; final?: boolean; outcome?: string; reason?: string };
  }>(
    `SELECT type, data FROM journal WHERE stream = $1 AND type IN ('verdict.changed', 'recovery.judged') ORDER BY seq`,
    [RELEASE],
  );
  return rows.map(
    ({ data }) =>
      data.outcome ??
      [data.to, data.mode === 'observe' ? '' : data.mode, data.final ? 'final' : '', data.reason ?? '']
        .filter(Boolean)
        .join(' '),
  );
}

async function evidence(): Promise<{ spec: WatchSpec; inputs: WatchInput[]; said: unknown[]; digest: string }> {
  const [watch, inputs, said] = await Promise.all([
    admin.query<{ spec: WatchSpec; digest: string }>('SELECT spec, digest FROM evaluation_watch WHERE release = $1', [
      RELEASE,
    ]),
    admin.query<{ input: WatchInput }>('SELECT input FROM evaluation_input WHERE release = $1 ORDER BY n', [RELEASE]),
    admin.query<{ verdict: unknown }>('SELECT verdict FROM evaluation_verdict WHERE release = $1 ORDER BY n, ordinal', [
      RELEASE,
    ]),
  ]);
  const [row] = watch.rows;
  return {
    spec: row!.spec,
    digest: row!.digest,
    inputs: inputs.rows.map((r) => r.input),
    said: said.rows.map((r) => r.verdict),
  };
}

describe('a partition', () => {
  test('compares with the hour before the release, and fails it when orders do', async () => {
    const worker = workerOn(await open());
    await begun(worker);
    const { spec } = await evidence();
    expect(spec.guardrails[0]?.baselines[0]?.baseline).toMatchObject({
      kind: 'counts',
      events: 600,
      exposure: 60_000,
      fromMs: NOW - 60 * MINUTE,
      toMs: NOW,
    });
    await worker.batch(trade(NOW, 8, 30));
    expect(await verdicts()).toEqual(['fail act']);
    const { rows } = await admin.query(`SELECT data FROM journal WHERE stream = $1 AND type = 'verdict.changed'`, [
      RELEASE,
    ]);
    expect(rows[0].data.guardrails[0]).toMatchObject({ name: 'order-success', verdict: 'breach', baseline: 0.99 });
    expect(rows[0].data.guardrails[0].words).toMatch(
      /^order-success fell from 99\.0 % to 70\.0 % \(\d+ of \d+ failed since \d\d:\d\d UTC\); chance that this is luck: under 1 in /,
    );
    expect(rows[0].data.evidence).toEqual({
      href: `https://guard.example.com/v1/releases/${RELEASE}/evidence`,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test('compares with a past that was asked for, and counts it once however often it comes', async () => {
    const hour = Array.from({ length: 60 }, (_, i) => sample(NOW - (60 - i) * MINUTE + 30_000, 10, 1000));
    const past = (receipt: string, of: typeof hour) =>
      received({ ...samples(receipt, ...of), isHistory: true }, NOW - 2 * MINUTE);
    const session = await open();
    await workerOn(session).batch([past('p1', hour.slice(0, 40))]);
    await session.close();
    sessions = [];
    const worker = workerOn(await open());
    await worker.batch([past('p2', hour.slice(0, 40)), past('p3', hour.slice(20)), past('p4', hour)]);
    await worker.batch(beats(NOW - 2 * MINUTE, 5));
    await told(control, registered('odoo-2026.11.3'), NOW - 1000);
    await told(control, movedTo('registered', 'deploying', NOW), NOW);
    expect(await worker.facts()).toBe(2);
    expect((await evidence()).spec.guardrails[0]?.baselines[0]?.baseline).toMatchObject({
      events: 600,
      exposure: 60_000,
    });
    await worker.batch(trade(NOW, 8, 30));
    expect(await verdicts()).toEqual(['fail act']);
  });

  test('an end that was said while the heartbeat had a gap is one, once the rule of the alert says so', async () => {
    const worker = workerOn(await open());
    const labels = { alertname: 'CheckoutFails', severity: 'critical' };
    const stateOf = async () => {
      const { rows } = await admin.query<{ state: { episodes: Record<string, { state: string }> } }>(
        'SELECT state FROM evaluation_alerts',
      );
      return Object.values(rows[0]?.state.episodes ?? {}).map(({ state }) => state);
    };
    await worker.batch([received(alertBatch('a1', 'checkout', 'firing', NOW, labels), NOW)]);
    await worker.batch([received(alertBatch('a2', 'checkout', 'resolved', NOW, labels), NOW + MINUTE)]);
    expect(await stateOf()).toEqual(['unconfirmed']);
    const { alerts, ...rest } = alertBatch('a3', '', 'firing', NOW, labels);
    const rule = { name: 'CheckoutFails', labels, isHealthy: true, intervalMs: 15_000, alerts: [] };
    const rules = [{ ...rule, evaluatedAtMs: NOW + MINUTE + 5_000 }];
    const answer = { askedAtMs: NOW + MINUTE + 15_000, rules, externalLabels: {} };
    await worker.batch([
      received({ ...rest, alerts: { ...alerts!, statements: [], isUngrouped: true, answer } }, NOW + MINUTE + 15_000),
    ]);
    expect(await stateOf()).toEqual(['resolved']);
  });

  test('judges a batch that comes twice once, whole or in part', async () => {
    const worker = workerOn(await open());
    await begun(worker);
    const first = trade(NOW, 4, 1);
    await worker.batch(first);
    const once = await evidence();
    await worker.batch(first);
    await worker.batch([...first.slice(2), ...trade(NOW + 4 * 15_000, 1, 1)]);
    const then = await evidence();
    expect(then.inputs).toHaveLength(once.inputs.length + 1);
    const { rows } = await admin.query<{ n: string }>(
      'SELECT sum(n) AS n FROM evaluation_rollup WHERE minute >= to_timestamp($1::float8 / 1000)',
      [NOW],
    );
    expect(Number(rows[0]?.n)).toBe(5);
  });

  test('shows that it is at a watch to which nothing happens, without adding to its evidence', async () => {
    const worker = workerOn(await open());
    await begun(worker);
    const clock = async () =>
      Number(
        (await admin.query('SELECT clock_ms, inputs FROM evaluation_watch WHERE release = $1', [RELEASE])).rows[0]
          .clock_ms,
      );
    await worker.tick(NOW + 1_000);
    const { inputs, digest } = await evidence();
    for (let s = 2; s <= 12; s++) {
      await worker.tick(NOW + s * 1_000);
      expect(NOW + s * 1_000 - (await clock())).toBeLessThanOrEqual(5_000);
    }
    expect(await evidence()).toMatchObject({ inputs, digest });
  });

  test('says the same again from its evidence', async () => {
    const worker = workerOn(await open());
    await begun(worker);
    await worker.batch(trade(NOW, 6, 20));
    await worker.tick(NOW + 3 * MINUTE);
    const { spec, inputs, said } = await evidence();
    expect(said.length).toBeGreaterThan(0);
    expect(JSON.parse(JSON.stringify(replay(spec, inputs).map((r) => r.said)))).toEqual(said);
  });

  test('goes on where another left off, as if nothing had happened', async () => {
    const session = await open();
    const worker = workerOn(session);
    await begun(worker);
    const all = trade(NOW, 10, 4);
    await worker.batch(all.slice(0, 3));
    await session.close();
    sessions = [];
    const next = workerOn(await open());
    for (const one of all.slice(2)) await next.batch([one]);
    const { spec, inputs, said } = await evidence();
    expect(inputs.filter((i) => i.kind === 'observation')).toHaveLength(10);
    expect(JSON.parse(JSON.stringify(replay(spec, inputs).map((r) => r.said)))).toEqual(said);
  });

  test('cannot commit once its session is lost, and forgets what it had folded', async () => {
    const session = await open();
    const worker = workerOn(session);
    await begun(worker);
    const lost = new Promise((resolve) => session.onLost(resolve));
    await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'evaluator-test'`,
    );
    await lost;
    const batch = trade(NOW, 8, 30);
    await expect(worker.batch(batch)).rejects.toThrow('partition session is lost');
    expect(await verdicts()).toEqual([]);
    sessions = [];
    await workerOn(await open()).batch(batch);
    expect(await verdicts()).toEqual(['fail act']);
  });

  test('a failing transaction leaves nothing behind, in memory or in tables', async () => {
    const worker = workerOn(await open());
    await begun(worker);
    const before = await evidence();
    await admin.query('REVOKE INSERT ON journal FROM parapet_guardrail_evaluation');
    const batch = trade(NOW, 8, 30);
    await expect(worker.batch(batch)).rejects.toThrow(/permission denied/);
    expect(await evidence()).toEqual(before);
    await admin.query('GRANT INSERT ON journal TO parapet_guardrail_evaluation');
    await worker.batch(batch);
    expect(await verdicts()).toEqual(['fail act']);
    expect((await evidence()).inputs.filter((i) => i.kind === 'observation')).toHaveLength(8);
  });

  test('a release that trades as before passes when its watch is over', async () => {
    const worker = workerOn(await open());
    await begun(worker);
    await told(control, movedTo('deploying', 'live', NOW + 1000), NOW + 1000);
    await worker.facts();
    const day = [...trade(NOW, 44, 1), ...beats(NOW + 30_000, 21)]
      .sort((a, b) => a.receivedAtMs - b.receivedAtMs)
      .map((r, i) => ({ ...r, streamSeq: 1000 + i }));
    await worker.batch(day);
    expect(await verdicts()).toEqual(['pass final']);
    expect((await admin.query('SELECT is_open FROM evaluation_watch')).rows).toEqual([{ is_open: false }]);
  });

  test('a rollback that helps is judged recovered, by its actuation', async () => {
    const worker = workerOn(await open());
    await begun(worker);
    await worker.batch(trade(NOW, 8, 30));
    await told(
      actuation,
      { type: 'ActuationFinished', actuation: 'act_1', outcome: 'done', steps: [], attempt: 1 },
      NOW + 3 * MINUTE,
    );
    await told(control, movedTo('deploying', 'rolled-back', NOW + 3 * MINUTE), NOW + 3 * MINUTE);
    await worker.facts();
    await worker.batch(trade(NOW + 3 * MINUTE, 16, 1));
    expect(await verdicts()).toEqual(['fail act', 'fail act final', 'recovering', 'recovered']);
    expect((await admin.query('SELECT is_open FROM evaluation_watch')).rows).toEqual([{ is_open: false }]);
  });

  test('the time of a failed release is no history for the next one', async () => {
    const worker = workerOn(await open());
    await begun(worker);
    await worker.batch(trade(NOW, 16, 30));
    await told(control, movedTo('deploying', 'rolled-back', NOW + 4 * MINUTE), NOW + 4 * MINUTE);
    await worker.facts();
    RELEASE = ids('rel');
    await told(control, registered('odoo-2026.11.4'), NOW + 5 * MINUTE);
    await told(control, movedTo('registered', 'deploying', NOW + 5 * MINUTE), NOW + 5 * MINUTE);
    await worker.facts();
    const { spec } = await evidence();
    expect(spec.guardrails[0]?.baselines[0]?.baseline).toMatchObject({
      kind: 'counts',
      events: 590,
      exposure: 59_000,
      fromMs: NOW - 59 * MINUTE,
      toMs: NOW,
    });
  });

  describe('an alert in doubt', () => {
    const LABELS = { alertname: 'CheckoutDown', severity: 'critical', service: 'odoo-web' };
    const FIRE = '000000000000fire';
    const place = { tenant: TENANT, environment: ENVIRONMENT };
    const usual = NOW;
    // A person's word is dated by the database, so this release began a minute or two ago.
    beforeEach(() => {
      NOW = Math.floor(Date.now() / MINUTE) * MINUTE - MINUTE;
    });
    afterEach(() => {
      NOW = usual;
    });

    /** The sender leaves it out of a newer message of its group: unseen, and the verdict inconclusive. */
    async function unseen(worker: PartitionWorker): Promise<void> {
      await begun(worker);
      const firing = alertBatch('a1', 'fire', 'firing', NOW + 10_000, LABELS);
      const other = alertBatch('a2', 'fire', 'firing', NOW + 15_000, { ...LABELS, severity: 'info' });
      const leftOut = { ...other.alerts!.statements[0]!, fingerprint: '000000000000info' };
      await worker.batch([
        received(firing, NOW + 12_000),
        received({ ...other, alerts: { ...other.alerts!, statements: [leftOut] } }, NOW + 20_000),
        ...beats(NOW + 30_000, 2),
      ]);
      expect(await report()).toMatchObject({ verdict: 'inconclusive', reason: 'alert-unseen' });
    }
    const report = async () =>
      (await admin.query('SELECT guardrails FROM evaluation_watch WHERE release = $1', [RELEASE])).rows[0]
        .guardrails[1];
    const outcomes = async () =>
      (await admin.query('SELECT applied_at IS NOT NULL AS applied, refused FROM evaluation_settlement ORDER BY seq'))
        .rows;

    test('settled as over is a doubt no more, and the verdict says by whom and why, again and again', async () => {
      const worker = workerOn(await open());
      await unseen(worker);
      await settled(FIRE, 'resolved');
      expect(await worker.settlements(place)).toBe(1);
      expect(await worker.settlements(place)).toBe(0);
      expect(await outcomes()).toEqual([{ applied: true, refused: null }]);
      expect(await report()).toMatchObject({
        verdict: 'pending',
        words: expect.stringMatching(
          /^critical-alerts: no alert fires; on-call settled CheckoutDown as over at .* UTC: the tills sell again/,
        ),
      });
      const told = await evidence();
      await worker.batch(trade(Date.now(), 8, 30));
      const { spec, inputs, said } = await evidence();
      expect(told.inputs.at(-1)).toMatchObject({
        kind: 'alerts',
        views: {
          'critical-alerts': {
            episodes: [],
            settled: [{ alert: `alertmanager|${FIRE}`, as: 'resolved', by: 'on-call', reason: 'the tills sell again' }],
          },
        },
      });
      expect(JSON.stringify(said.at(-1))).toMatch(
        /on-call settled CheckoutDown as over at .* UTC: the tills sell again/,
      );
      expect(JSON.parse(JSON.stringify(replay(spec, inputs).map((r) => r.said)))).toEqual(said);
    });

    test('settled as firing fails the release', async () => {
      const worker = workerOn(await open());
      await unseen(worker);
      await settled(FIRE, 'firing');
      await worker.settlements(place);
      expect(await verdicts()).toContain('fail act');
    });

    test('settled when it is no doubt any more changes nothing, and that is kept', async () => {
      const worker = workerOn(await open());
      await unseen(worker);
      const again = alertBatch('a3', 'fire', 'firing', NOW + 10_000, LABELS);
      await settled(FIRE, 'resolved');
      await worker.batch([received(again, NOW + 25_000)]);
      await worker.settlements(place);
      expect(await outcomes()).toEqual([{ applied: true, refused: 'not-in-doubt' }]);
      expect((await evidence()).inputs.filter((i) => JSON.stringify(i).includes('settled'))).toEqual([]);
    });

    test('settled just before its owner was killed is applied once, by the next one', async () => {
      const session = await open();
      const worker = workerOn(session);
      await unseen(worker);
      await settled(FIRE, 'resolved');
      const lost = new Promise((resolve) => session.onLost(resolve));
      await admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'evaluator-test'`,
      );
      await lost;
      await expect(worker.settlements(place)).rejects.toThrow('partition session is lost');
      expect(await outcomes()).toEqual([{ applied: false, refused: null }]);
      sessions = [];
      const next = workerOn(await open());
      expect(await next.settlements(place)).toBe(1);
      expect(await next.settlements(place)).toBe(0);
      expect(await report()).toMatchObject({ verdict: 'pending' });
      expect((await evidence()).inputs.filter((i) => JSON.stringify(i).includes('the tills sell again'))).toHaveLength(
        1,
      );
    });

    test('is settled by the journal alone: a row without one is never applied', async () => {
      const worker = workerOn(await open());
      await unseen(worker);
      await control.transact(TENANT, (tx) =>
        tx.query(
          `INSERT INTO evaluation_settlement (tenant, seq, environment, source, fingerprint, episode) VALUES ($1, 1, $2, 'alertmanager', $3, 1)`,
          [TENANT, ENVIRONMENT, FIRE],
        ),
      );
      expect(await worker.settlements(place)).toBe(0);
      expect(await report()).toMatchObject({ verdict: 'inconclusive', reason: 'alert-unseen' });
    });
  });

  test('a critical alert of its component fails it after its patience', async () => {
    const worker = workerOn(await open());
    await begun(worker);
    await worker.batch([
      received(
        alertBatch('a1', 'fire', 'firing', NOW + 10_000, {
          alertname: 'CheckoutDown',
          severity: 'critical',
          service: 'odoo-web',
        }),
        NOW + 12_000,
      ),
    ]);
    await worker.tick(NOW + 41_000);
    expect(await verdicts()).toEqual([]);
    await worker.tick(NOW + 42_000);
    expect(await verdicts()).toEqual(['fail act']);
  });

  test('an alert of nobody we know is kept unattached and blamed on none', async () => {
    const worker = workerOn(await open());
    await begun(worker);
    await worker.batch([
      received(
        alertBatch('a1', 'fire', 'firing', NOW + 10_000, { alertname: 'CheckoutDown', severity: 'critical' }),
        NOW + 12_000,
      ),
    ]);
    await worker.tick(NOW + 55_000);
    expect(await verdicts()).toEqual([]);
    const { rows } = await admin.query('SELECT unattached FROM evaluation_alerts WHERE environment = $1', [
      ENVIRONMENT,
    ]);
    expect(rows[0].unattached).toMatchObject([{ name: 'CheckoutDown', state: 'firing', candidates: [] }]);
  });

  test('a sender that falls silent is said to be, and makes the release wait for nothing it cannot know', async () => {
    const worker = workerOn(await open());
    await begun(worker);
    await worker.tick(NOW + 3 * MINUTE);
    const { rows } = await admin.query<{ type: string; data: { affected: string[] } }>(
      `SELECT type, data FROM journal WHERE stream = 'source:alertmanager' ORDER BY seq DESC LIMIT 1`,
    );
    expect(rows).toMatchObject([{ type: 'source.silent', data: { affected: [RELEASE] } }]);
    const { rows: watch } = await admin.query<{ guardrails: { name: string; verdict: string; reason?: string }[] }>(
      'SELECT guardrails FROM evaluation_watch',
    );
    expect(watch[0]?.guardrails[1]).toMatchObject({
      name: 'critical-alerts',
      verdict: 'inconclusive',
      reason: 'sender-silent',
    });
  });

  test('samples about the past go to history only', async () => {
    const worker = workerOn(await open());
    await begun(worker);
    await worker.batch(trade(NOW, 6, 1));
    const before = await evidence();
    await worker.batch([received(samples('late', sample(NOW - 3 * 60 * MINUTE, 500, 1000)), NOW + 2 * MINUTE)]);
    expect(await evidence()).toEqual(before);
    const { rows } = await admin.query<{ of: number }>(
      'SELECT of FROM evaluation_rollup WHERE minute < to_timestamp($1::float8 / 1000)',
      [NOW - 2 * 60 * MINUTE],
    );
    expect(rows).toEqual([{ of: 1000 }]);
  });

  test('ticks that change nothing write nothing but, now and then, their clock', async () => {
    const worker = workerOn(await open());
    await begun(worker);
    await worker.batch(trade(NOW, 2, 1));
    await worker.tick(NOW + 31_000);
    const before = await admin.query('SELECT xmin FROM evaluation_watch');
    for (let s = 32; s < 36; s++) await worker.tick(NOW + s * 1000);
    expect((await admin.query('SELECT xmin FROM evaluation_watch')).rows).toEqual(before.rows);
    await worker.tick(NOW + 36_000);
    const { rows } = await admin.query('SELECT clock_ms FROM evaluation_watch');
    expect(rows).toEqual([{ clock_ms: String(NOW + 36_000) }]);
  });

  test('told to end, it leaves a batch that still waits for the session to the next owner, as a whole', async () => {
    const session = await open();
    const worker = workerOn(session);
    await worker.position();
    let free = (): void => {};
    let busy: Promise<void> = Promise.resolve();
    await new Promise<void>((begun) => {
      busy = session.transact('*', () => {
        begun();
        return new Promise<void>((resolve) => (free = resolve));
      });
    });
    const messages = history();
    const waiting = worker.batch(messages);
    // It is in its turn, behind the other partition's transaction, when the end is told.
    await new Promise((resolve) => setImmediate(resolve));
    worker.end();
    free();
    await busy;
    await expect(waiting).rejects.toThrow(HandlerEnded);
    const next = workerOn(session);
    expect(await next.position()).toBe(0);
    await next.batch(messages);
    expect(await next.position()).toBe(messages.length);
  });

  test('an event of a release that is not known yet waits for its registration', async () => {
    const worker = workerOn(await open());
    await worker.batch(history());
    await journaled(control, journal, RELEASE, registered('odoo-2026.11.3', POLICY));
    await told(control, movedTo('registered', 'deploying', NOW), NOW);
    expect(await worker.facts()).toBe(0);
    await evaluator.transact(TENANT, (tx) =>
      tx.query(
        `INSERT INTO evaluation_fact (tenant, seq, partition, environment, release, version, type, fact, recorded_at_ms)
         SELECT tenant, seq, $2, environment, stream, version, type, data, $3 FROM journal WHERE stream = $1 AND type = 'release.registered'`,
        [RELEASE, PARTITION, NOW],
      ),
    );
    expect(await worker.facts()).toBe(2);
    expect((await evidence()).spec.name).toBe('odoo-2026.11.3');
  });
});

test('evidence goes as a whole after 400 days, and not a day before', async () => {
  const worker = workerOn(await open());
  await begun(worker);
  const keep = new Housekeeping(evaluator, () => {});
  const count = async () => (await admin.query('SELECT 1 FROM evaluation_input')).rowCount;
  const aged = (days: number) =>
    admin.query(
      `UPDATE evaluation_watch SET is_open = false, clock_ms = (extract(epoch FROM now()) - $1 * 86400.0) * 1000`,
      [days],
    );
  await aged(399);
  await keep.once();
  expect(await count()).toBeGreaterThan(0);
  await aged(401);
  await keep.once();
  expect(await count()).toBe(0);
  await expect(evaluator.transact('*', (tx) => tx.query('SELECT evaluation_forget(1)'))).rejects.toThrow(/400 days/);
});

test('the evaluator may not insert a decision, nor change evidence', async () => {
  const decision = {
    type: 'DecisionMade',
    outcome: 'auto',
    rule: 'x',
    criticality: 'high',
    reversibility: 'yes',
  } as const;
  await expect(journaled(evaluator, journal, RELEASE, decision)).rejects.toThrow(
    /row-level security|permission denied/,
  );
  await expect(
    evaluator.transact(TENANT, (tx) => tx.query(`UPDATE evaluation_input SET input = '{}'`)),
  ).rejects.toThrow(/permission denied/);
});
