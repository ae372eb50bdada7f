import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { postgresSettings } from '@parapet/policy';
import { startPostgresPair, type TestPostgresPair } from '@parapet/testkit';
import pg from 'pg';
import { ReadOnlyDatabase } from '../sql/read-only-database.js';
import { MeasurementFailed } from '../probe.js';
import type { PostgresKpi } from './config.js';
import { PostgresProbe } from './probe.js';

const EVERY_MS = 60_000;
/** What the documentation tells to run, word for word. */
const PAGE = readFileSync(new URL('../../../../docs/sources/postgres.md', import.meta.url), 'utf8');
const ROLE = /^```sql\n(.*?)^```$/ms.exec(PAGE)?.[1] ?? '';

jest.setTimeout(60_000);

let pair: TestPostgresPair;
let admin: pg.Client;
/** The address of a role with what the documentation grants, and nothing else. */
let monitorUrl: string;
let nowMs: number;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  pair = await startPostgresPair({
    standby: 'standby-1',
    settings: ['shared_preload_libraries=pg_stat_statements', 'max_prepared_transactions=2', 'deadlock_timeout=50ms'],
  });
  admin = await connect(pair.primary.adminUrl);
  await admin.query(ROLE);
  await admin.query(`CREATE TABLE stock (id int PRIMARY KEY, quantity int) WITH (autovacuum_enabled = false);
    INSERT INTO stock SELECT g, g FROM generate_series(1, 1000) g`);
  const url = new URL(pair.primary.adminUrl);
  url.username = 'parapet_monitor';
  url.password = 'choose-one';
  monitorUrl = url.href;
}, 60_000);
afterAll(async () => {
  await admin.end();
  await pair.stop();
});

beforeEach(() => {
  nowMs = Date.parse('2026-09-15T10:00:30Z');
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

/** A session of the shop, ended after the test whatever it waits for. */
async function session(): Promise<pg.Client> {
  const client = await connect(pair.primary.adminUrl);
  client.on('error', () => undefined);
  closing.push(() => client.end());
  return client;
}

/** What a session does while the test looks at it; how it ends is the test's own affair. */
function begin(client: pg.Client, text: string): Promise<string> {
  return client.query(text).then(
    () => 'done',
    (error: { code?: string }) => String(error.code),
  );
}

function probeOf(kpi: PostgresKpi, settings: object = {}, url = monitorUrl): PostgresProbe {
  const parsed = postgresSettings.parse({ connection: { env: 'UNUSED' }, kpis: [kpi], ...settings });
  const probe = new PostgresProbe({
    name: 'odoo-retail/database',
    instance: 'database',
    everyMs: EVERY_MS,
    settings: parsed,
    database: new ReadOnlyDatabase({ url: () => url, statementTimeoutMs: parsed.statementTimeout }),
    target: 'database',
    nowMs: () => nowMs,
  });
  closing.push(() => probe.close());
  return probe;
}

/** The values of one measurement by signal; a standby's name follows its signal. */
async function seen(probe: PostgresProbe): Promise<Readonly<Record<string, number | string | readonly number[]>>> {
  const [measure] = probe.measures;
  const toMs = Math.floor(nowMs / EVERY_MS) * EVERY_MS;
  const measured = await measure?.measure([{ fromMs: toMs - EVERY_MS, toMs }]);
  const samples = measured?.measurements[0]?.samples ?? [];
  expect(samples.every(({ dimensions, atMs }) => dimensions['instance'] === 'database' && atMs === toMs)).toBe(true);
  return Object.fromEntries(
    samples.map(({ signal, value, dimensions: { standby } }) => [
      standby === undefined ? signal : `${signal} ${standby}`,
      value.kind === 'gauge' ? value.value : value.kind === 'count' ? [value.count, value.of] : `${value.kind}`,
    ]),
  );
}

/** Runs statements whose traces in the statistics are told at once, not a while later. */
async function counted(...texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    await admin.query(text);
    await admin.query('SELECT pg_stat_force_next_flush()');
  }
}

async function until<T>(look: () => Promise<T>, isSo: (found: T) => boolean): Promise<T> {
  const deadlineMs = Date.now() + 15_000;
  for (;;) {
    const found = await look();
    if (isSo(found)) return found;
    if (Date.now() > deadlineMs) throw new Error(`waited 15 s in vain; last seen: ${JSON.stringify(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function failureOf(probe: PostgresProbe): Promise<MeasurementFailed> {
  const error = await seen(probe).then(
    () => new Error('it succeeded'),
    (e: unknown) => e,
  );
  if (!(error instanceof MeasurementFailed)) throw error;
  return error;
}

describe('locks', () => {
  test('a session that waits for a row shows, with the time it has waited, and not the one that holds it', async () => {
    const probe = probeOf('locks');
    expect(await seen(probe)).toEqual({ 'postgres.sessions.blocked': 0, 'postgres.lock.wait': 0 });
    const [holder, first, second] = [await session(), await session(), await session()];
    await holder.query('BEGIN; UPDATE stock SET quantity = 0 WHERE id = 1');
    const ends = [first, second].map((client) => begin(client, 'UPDATE stock SET quantity = 1 WHERE id = 1'));
    const blocked = await until(
      () => seen(probe),
      (found) => found['postgres.sessions.blocked'] === 2,
    );
    expect(blocked['postgres.lock.wait']).toBeGreaterThan(0);
    await until(
      () => seen(probe),
      (found) => Number(found['postgres.lock.wait']) > Number(blocked['postgres.lock.wait']),
    );
    await holder.query('COMMIT');
    expect(await Promise.all(ends)).toEqual(['done', 'done']);
    expect(await seen(probe)).toEqual({ 'postgres.sessions.blocked': 0, 'postgres.lock.wait': 0 });
  });

  test('the wait is that for the lock, not the age of the statement', async () => {
    const probe = probeOf('locks');
    const [holder, waiter] = [await session(), await session()];
    await holder.query('BEGIN; LOCK TABLE stock');
    const end = begin(waiter, 'DO $$ BEGIN PERFORM pg_sleep(1); PERFORM count(*) FROM stock; END $$');
    const found = await until(
      () => seen(probe),
      (one) => one['postgres.sessions.blocked'] === 1,
    );
    const { rows } = await admin.query<{ age: number }>(
      "SELECT extract(epoch FROM clock_timestamp() - query_start)::float8 AS age FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
    );
    expect(rows[0]?.age).toBeGreaterThan(1);
    expect(found['postgres.lock.wait']).toBeLessThan((rows[0]?.age ?? 0) - 0.9);
    await holder.query('ROLLBACK');
    expect(await end).toBe('done');
  });
});

describe('transactions', () => {
  test('the oldest open one, and the longest that does nothing', async () => {
    const probe = probeOf('transactions');
    expect(await seen(probe)).toEqual({ 'postgres.transaction.oldest': 0, 'postgres.transaction.idle': 0 });
    const [busy, idle] = [await session(), await session()];
    const end = begin(busy, 'BEGIN; SELECT pg_sleep(0.6)');
    const working = await until(
      () => seen(probe),
      (found) => Number(found['postgres.transaction.oldest']) > 0.2,
    );
    expect(working['postgres.transaction.idle']).toBe(0);
    await idle.query('BEGIN; SELECT 1');
    expect(await end).toBe('done');
    const found = await until(
      () => seen(probe),
      (one) => Number(one['postgres.transaction.idle']) > 0.1,
    );
    expect(found['postgres.transaction.oldest']).toBeGreaterThan(0.6);
  });

  test('one that was prepared and forgotten', async () => {
    const holder = await session();
    await holder.query("BEGIN; UPDATE stock SET quantity = 0 WHERE id = 2; PREPARE TRANSACTION 'forgotten'");
    await until(
      () => seen(probeOf('transactions')),
      (found) => Number(found['postgres.transaction.oldest']) > 0.1,
    );
    await holder.query("ROLLBACK PREPARED 'forgotten'");
  });
});

describe('counters', () => {
  test('a deadlock is counted once, and its victim rolled back', async () => {
    const probe = probeOf('counters');
    const before = await seen(probe);
    const [a, b] = [await session(), await session()];
    await a.query('BEGIN; UPDATE stock SET quantity = 0 WHERE id = 3');
    await b.query('BEGIN; UPDATE stock SET quantity = 0 WHERE id = 4');
    const ends = [
      begin(a, 'UPDATE stock SET quantity = 0 WHERE id = 4'),
      begin(b, 'UPDATE stock SET quantity = 0 WHERE id = 3'),
    ];
    await Promise.race(ends);
    await Promise.all([a.query('ROLLBACK').catch(() => undefined), b.query('ROLLBACK').catch(() => undefined)]);
    expect((await Promise.all(ends)).sort()).toEqual(['40P01', 'done']);
    // An idle session tells what it counted after ten seconds, one that ends at once.
    await Promise.all([a.end(), b.end()]);
    const pairOf = (found: typeof before, signal: string) => found[signal] as readonly [number, number];
    const after = await until(
      () => seen(probe),
      (found) => pairOf(found, 'postgres.deadlocks')[0] > pairOf(before, 'postgres.deadlocks')[0],
    );
    expect(pairOf(after, 'postgres.deadlocks')[0] - pairOf(before, 'postgres.deadlocks')[0]).toBe(1);
    expect(pairOf(after, 'postgres.deadlocks')[1]).toBeGreaterThan(pairOf(before, 'postgres.deadlocks')[1]);
    await until(
      () => seen(probe),
      (found) => pairOf(found, 'postgres.rollbacks')[0] >= pairOf(before, 'postgres.rollbacks')[0] + 2,
    );
  });

  test('a reset lets both sides of a count begin anew', async () => {
    const probe = probeOf('counters');
    const before = (await seen(probe))['postgres.deadlocks'] as readonly [number, number];
    await admin.query('SELECT pg_stat_reset()');
    const after = (await seen(probe))['postgres.deadlocks'] as readonly [number, number];
    expect(before[0]).toBeGreaterThan(0);
    expect(after[0]).toBe(0);
    expect(after[1]).toBeLessThan(60);
  });
});

describe('connections', () => {
  /** What the probe says is left, and how many sessions there are a moment later; those that just ended go in their own time. */
  const leftAnd = async (probe: PostgresProbe, sessions: string) => ({
    left: (await seen(probe))['postgres.connections.left'],
    used: Number((await admin.query(`SELECT count(*) AS n FROM pg_stat_activity WHERE ${sessions}`)).rows[0].n),
  });

  test('each session of anybody takes one of those that are not kept for superusers', async () => {
    const probe = probeOf('connections');
    const { rows } = await admin.query<{ most: number }>(
      "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS most",
    );
    const most = rows[0]?.most ?? 0;
    const look = () => leftAnd(probe, "backend_type = 'client backend'");
    await until(look, ({ left, used }) => left === most - used);
    await Promise.all([session(), session(), session()]);
    const { used } = await until(look, ({ left, used: now }) => left === most - now && now >= 5);
    expect(used).toBeLessThan(10);
  });

  test('a limit of the database that is tighter counts', async () => {
    const probe = probeOf('connections');
    await admin.query('ALTER DATABASE postgres CONNECTION LIMIT 10');
    const look = () => leftAnd(probe, "backend_type = 'client backend' AND datname = current_database()");
    await until(look, ({ left, used }) => left === 10 - used);
    await admin.query('ALTER DATABASE postgres CONNECTION LIMIT -1');
  });
});

describe('replication', () => {
  const lag = 'postgres.replication.lag standby-1';
  let standby: pg.Client;
  beforeAll(async () => {
    standby = await connect(pair.standby.adminUrl);
  });
  afterAll(() => standby.end());

  test('a standby that replays is not late; one that stopped is, though the primary’s own measure stands still', async () => {
    const probe = probeOf('replication');
    await until(
      () => seen(probe),
      (found) => typeof found[lag] === 'number' && found[lag] < 5,
    );
    await standby.query('SELECT pg_wal_replay_pause()');
    await until(
      () => standby.query('SELECT pg_get_wal_replay_pause_state() AS state'),
      ({ rows }) => rows[0].state === 'paused',
    );
    // The servers of the tests put off writing their log; the shop's do not.
    await admin.query('SET synchronous_commit = on');
    await admin.query('UPDATE stock SET quantity = quantity + 1');
    await seen(probe);
    nowMs += EVERY_MS;
    expect((await seen(probe))[lag]).toBeGreaterThanOrEqual(60);
    nowMs += EVERY_MS;
    expect((await seen(probe))[lag]).toBeGreaterThanOrEqual(120);
    await standby.query('SELECT pg_wal_replay_resume()');
    await until(
      () => seen(probe),
      (found) => typeof found[lag] === 'number' && found[lag] < 60,
    );
  });

  test('a standby that should be there and is not is a gap, and so is a server without any', async () => {
    const probe = probeOf('replication', { standbys: ['standby-1', 'standby-2'] });
    const found = await seen(probe);
    expect(found['postgres.replication.lag standby-2']).toBe('gap');
    expect(Object.keys(found)).toHaveLength(2);
  });

  test('a standby is refused as the place to measure: it shows only itself', async () => {
    const failure = await failureOf(probeOf('locks', {}, pair.standby.adminUrl));
    expect([failure.reason, failure.message]).toEqual([
      'missing',
      'this server is a replica and shows only itself: connect to the primary',
    ]);
  });
});

describe('autovacuum', () => {
  test('a table on which dead rows pile up is one that it is behind on, and named', async () => {
    const probe = probeOf('vacuum', { tableRows: 500 });
    await admin.query('CREATE TABLE bus (id int) WITH (autovacuum_enabled = false)');
    await counted('SELECT 1', 'VACUUM stock', 'INSERT INTO bus SELECT g FROM generate_series(1, 1000) g');
    const before = await until(
      () => seen(probe),
      (found) => found['postgres.vacuum.behind'] === 0,
    );
    await counted('DELETE FROM bus WHERE id <= 400');
    const found = await until(
      () => seen(probe),
      (one) => one['postgres.vacuum.behind'] === 1,
    );
    expect(Number(found['postgres.wraparound.age'])).toBeGreaterThan(Number(before['postgres.wraparound.age']));
    const [measure] = probe.measures;
    const toMs = Math.floor(nowMs / EVERY_MS) * EVERY_MS;
    expect((await measure?.measure([{ fromMs: toMs - EVERY_MS, toMs }]))?.notes?.[0]).toContain('bus');
    await counted('VACUUM bus');
    await until(
      () => seen(probe),
      (one) => one['postgres.vacuum.behind'] === 0,
    );
  });
});

describe('slow statements', () => {
  const slow = 'postgres.statements.slow';

  test('without the extension the measurement says what to install', async () => {
    const failure = await failureOf(probeOf('statements'));
    expect(failure.reason).toBe('missing');
    expect(failure.message).toContain('CREATE EXTENSION pg_stat_statements');
  });

  test('calls since the last reading count by the mean of their statement in that time; a reset begins anew', async () => {
    await admin.query('CREATE SCHEMA "Statistics"; CREATE EXTENSION pg_stat_statements SCHEMA "Statistics"');
    await admin.query('GRANT USAGE ON SCHEMA "Statistics" TO parapet_monitor');
    const probe = probeOf('statements', { slow: '100ms' });
    const shop = await session();
    await shop.query('SELECT pg_sleep(0.15)');
    expect(await seen(probe)).toEqual({ [slow]: 'gap' });
    for (let n = 0; n < 7; n++) await shop.query('SELECT count(*) FROM stock WHERE quantity > $1', [n]);
    await shop.query('SELECT pg_sleep(0.15)');
    nowMs += EVERY_MS;
    expect((await seen(probe))[slow]).toEqual([1, 8]);

    await admin.query('SELECT "Statistics".pg_stat_statements_reset()');
    for (let n = 0; n < 3; n++) await shop.query('SELECT count(*) FROM stock WHERE quantity > $1', [n]);
    nowMs += EVERY_MS;
    const [bad, of] = (await seen(probe))[slow] as readonly [number, number];
    expect(bad).toBe(0);
    // The reset itself is a call that the new counters may hold.
    expect([3, 4]).toContain(of);

    nowMs += 5 * EVERY_MS;
    expect(await seen(probe)).toEqual({ [slow]: 'gap' });
    await admin.query('DROP EXTENSION pg_stat_statements');
  });

  test('more statements than may be read are a failure, not a share of some', async () => {
    await admin.query('CREATE EXTENSION pg_stat_statements SCHEMA "Statistics"');
    const shop = await session();
    for (let n = 0; n <= 100; n++) await shop.query(`SELECT ${'1, '.repeat(n)}1`);
    const failure = await failureOf(probeOf('statements', { statementsMax: 100 }));
    expect(failure.reason).toBe('too-large');
    await admin.query('DROP EXTENSION pg_stat_statements');
  });
});

describe('what could not be measured is never a number', () => {
  test('a role that does not see the sessions of others is refused, with the grant that it lacks', async () => {
    await admin.query("CREATE ROLE stranger LOGIN PASSWORD 'choose-one'");
    const url = new URL(monitorUrl);
    url.username = 'stranger';
    for (const kpi of ['locks', 'transactions', 'connections', 'replication'] as const) {
      const failure = await failureOf(probeOf(kpi, {}, url.href));
      expect([failure.reason, failure.message]).toEqual([
        'refused',
        'the role stranger does not see the sessions of others: GRANT pg_monitor TO stranger',
      ]);
    }
  });

  test('a wrong password and a server that is away', async () => {
    const url = new URL(monitorUrl);
    url.password = 'wrong';
    expect((await failureOf(probeOf('locks', {}, url.href))).reason).toBe('refused');
    url.port = '1';
    expect((await failureOf(probeOf('locks', {}, url.href))).reason).toBe('unreachable');
  });

  test('a statement beyond its time', async () => {
    const holder = await session();
    const probe = probeOf('vacuum', { statementTimeout: '300ms' });
    await seen(probe);
    await holder.query('BEGIN; LOCK TABLE pg_database IN ACCESS EXCLUSIVE MODE');
    expect((await failureOf(probe)).reason).toBe('timeout');
    await holder.query('ROLLBACK');
    expect(await seen(probe)).toHaveProperty(['postgres.vacuum.behind']);
  });
});
