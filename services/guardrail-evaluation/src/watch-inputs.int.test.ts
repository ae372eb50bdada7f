import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PublicEvent, SignalBatch } from '@parapet/contracts';
import {
  type Guardrail,
  type GuardrailPolicy,
  replay,
  type VerdictChanged,
  type WatchInput,
  type WatchSpec,
} from '@parapet/guardrails';
import type { Configuration } from '@parapet/policy';
import { type Database, Journal, PartitionSession } from '@parapet/postgres';
import type { Sample, SampleValue, SignalDeclaration } from '@parapet/signals';
import { startDatabase, testIds, type TestDatabase } from '@parapet/testkit';
import { Client } from 'pg';
import {
  CONFIGURATION,
  ENVIRONMENT,
  journaled,
  MINUTE,
  movedTo,
  PARTITION,
  POLICY,
  registered,
  TENANT,
} from '../testing/shop.js';
import { Housekeeping } from './housekeeping.js';
import { PartitionWorker, type WorkerPorts } from './partition-worker.js';

/** What a watch is told and what is kept of signals that nobody watches, against a real PostgreSQL. */

const DAY = 24 * 60 * MINUTE;
const NOW = Math.floor(Date.now() / MINUTE) * MINUTE - 30 * MINUTE;

let database: TestDatabase;
let admin: Client;
let evaluator: Database;
let control: Database;
let session: PartitionSession;
let worker: PartitionWorker;
const journal = new Journal(testIds());
const ids = testIds();
let configuration: Configuration;
let texts: string[] = [];
let seq = 0;

beforeAll(async () => {
  database = await startDatabase();
  admin = new Client({ connectionString: database.adminUrl });
  await admin.connect();
  evaluator = database.connect('guardrail-evaluation');
  control = database.connect('release-control');
}, 60_000);
beforeEach(async () => {
  seq = 0;
  texts = [];
  configuration = SHOP;
  session = await PartitionSession.open({
    url: database.url('guardrail-evaluation'),
    applicationName: 'evaluator-test',
  });
  expect(await session.claim(PARTITION)).toBe(true);
  worker = new PartitionWorker(PARTITION, ports());
});
afterEach(async () => {
  await session.close();
  const { rows } = await admin.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relname LIKE 'evaluation\\_%' AND relkind IN ('r', 'p') AND NOT relispartition`,
  );
  await admin.query(`TRUNCATE ${rows.map((r) => r.name).join(', ')}`);
});
afterAll(async () => {
  await admin?.end();
  await database?.stop();
});

/** The session, with its statements written down. */
function ports(): WorkerPorts {
  const listening = new Proxy(session, {
    get: (target, name) =>
      name === 'transact'
        ? (tenant: string, work: Parameters<PartitionSession['transact']>[1]) =>
            target.transact(tenant, (tx) =>
              work({
                ...tx,
                tenant: tx.tenant,
                query: (text, values) => {
                  texts.push(text);
                  return tx.query(text, values);
                },
                afterCommit: (then) => tx.afterCommit(then),
              }),
            )
        : Reflect.get(target, name).bind(target),
  });
  const nothing = () => {};
  return {
    session: listening,
    db: evaluator,
    journal,
    publicUrl: 'https://guard.example.com/',
    configurationOf: () => configuration,
    nudge: nothing,
    showRecent: nothing,
    onSaid: nothing,
    onJudged: nothing,
    onBeat: nothing,
    nowMs: () => NOW,
    onIgnored: nothing,
  };
}

const declared = (name: string, rest: Partial<SignalDeclaration> = {}): SignalDeclaration => ({
  name,
  unit: 'orders',
  badDirection: 'high',
  temporality: 'delta',
  dimensions: [],
  intervalMs: 15_000,
  latenessMs: MINUTE,
  ...rest,
});
const SHOP: Configuration = {
  ...CONFIGURATION,
  signalSources: CONFIGURATION.signalSources.map((source) =>
    source.kind === 'samples'
      ? {
          ...source,
          signals: [
            declared('shop.errors'),
            declared('shop.visits', { badDirection: 'low' }),
            declared('shop.queue'),
            declared('shop.counter', { temporality: 'cumulative' }),
          ],
        }
      : source,
  ),
};

const GUARDRAIL: Guardrail = {
  name: 'errors',
  signal: 'shop.errors',
  where: {},
  volume: 'shop.visits',
  mode: 'act',
  weight: 1,
  isRequired: true,
  staleAfterMs: MINUTE,
  test: {
    kind: 'proportion',
    against: 'auto',
    windows: ['before', 'same-hours'],
    worseBy: 0.1,
    unacceptable: 3,
  },
};
const policy = (...guardrails: readonly Guardrail[]): GuardrailPolicy => ({ ...POLICY, guardrails });

const count = (bad: number, of: number): SampleValue => ({ kind: 'count', count: bad, of });
function sampleOf(signal: string, atMs: number, value: SampleValue, store = 'lyon-1'): Sample {
  return { signal, atMs, value, dimensions: { store }, key: `${signal}/${store}/${atMs}` };
}
async function hear(...all: readonly Sample[]): Promise<void> {
  const message: SignalBatch = {
    receipt: `r${++seq}`,
    part: 1,
    parts: 1,
    tenant: TENANT,
    environment: ENVIRONMENT,
    source: 'shop',
    samples: all,
    alerts: null,
  };
  const receivedAtMs = Math.max(...all.map(({ atMs }) => atMs)) + 500;
  await worker.batch([{ message, streamSeq: seq, receivedAtMs, deliveries: 1 }]);
}

async function tell(release: string, event: PublicEvent, recordedAtMs: number): Promise<void> {
  const row = await journaled(control, journal, release, event);
  await evaluator.transact(TENANT, (tx) =>
    tx.query(
      `INSERT INTO evaluation_fact (tenant, seq, partition, environment, release, version, type, fact, recorded_at_ms)
       SELECT tenant, seq, $3, environment, stream, version, type, data, $4 FROM journal WHERE tenant = $1 AND seq = $2`,
      [TENANT, row, PARTITION, recordedAtMs],
    ),
  );
  expect(await worker.facts()).toBe(1);
}

async function begin(name: string, atMs: number, scope?: object, guardrails = [GUARDRAIL]): Promise<string> {
  const release = ids('rel');
  await tell(release, registered(name, policy(...guardrails)), atMs - 1000);
  const deploying = movedTo('registered', 'deploying', atMs) as PublicEvent & object;
  await tell(release, (scope === undefined ? deploying : { ...deploying, scope }) as PublicEvent, atMs);
  return release;
}

async function inputsOf(release: string): Promise<readonly WatchInput[]> {
  const { rows } = await admin.query<{ input: WatchInput }>(
    'SELECT input FROM evaluation_input WHERE release = $1 ORDER BY n',
    [release],
  );
  return rows.map(({ input }) => input);
}
const observedOf = async (release: string) =>
  (await inputsOf(release)).flatMap((input) => (input.kind === 'observation' ? [input.observation] : []));
const surroundingsOf = async (release: string) =>
  (await inputsOf(release)).flatMap((input) =>
    input.kind === 'surroundings' ? [input.releases.map(({ name, endedAtMs }) => [name, endedAtMs])] : [],
  );
async function specOf(release: string): Promise<WatchSpec> {
  const { rows } = await admin.query<{ spec: WatchSpec }>('SELECT spec FROM evaluation_watch WHERE release = $1', [
    release,
  ]);
  return rows[0]!.spec;
}

describe('history', () => {
  test('is kept by the minute of every declared signal, though nothing is watched', async () => {
    const at = NOW - 10 * MINUTE;
    await hear(
      sampleOf('shop.errors', at + 15_000, count(1, 10)),
      sampleOf('shop.errors', at + 30_000, count(2, 20)),
      sampleOf('shop.errors', at + 30_000, count(3, 30), 'lyon-2'),
      sampleOf('shop.queue', at + 15_000, { kind: 'gauge', value: 4 }),
      sampleOf('shop.unknown', at + 15_000, count(1, 10)),
    );
    await hear(sampleOf('shop.errors', at + 45_000, count(4, 40)));
    const { rows } = await admin.query(
      `SELECT signal, dimensions ->> 'store' AS store, n::int, count, of, sum FROM evaluation_rollup ORDER BY 1, 2`,
    );
    expect(rows).toEqual([
      { signal: 'shop.errors', store: 'lyon-1', n: 3, count: 7, of: 70, sum: 0 },
      { signal: 'shop.errors', store: 'lyon-2', n: 1, count: 3, of: 30, sum: 0 },
      { signal: 'shop.queue', store: 'lyon-1', n: 1, count: 0, of: 0, sum: 4 },
    ]);
  });

  test('is kept for 35 days, a table a day, and older days go with the next round of housekeeping', async () => {
    const dayOf = (daysAgo: number) => new Date(Date.now() - daysAgo * DAY).toISOString().slice(0, 10);
    for (const daysAgo of [35, 38, 60]) {
      const [from, to] = [dayOf(daysAgo), dayOf(daysAgo - 1)];
      await admin.query(
        `CREATE TABLE IF NOT EXISTS evaluation_rollup_${from.replaceAll('-', '')} PARTITION OF evaluation_rollup
           FOR VALUES FROM ('${from} 00:00:00+00') TO ('${to} 00:00:00+00')`,
      );
      await admin.query(
        `INSERT INTO evaluation_rollup (tenant, environment, signal, dimensions, minute, n, count, of, sum)
         VALUES ($1, $2, 'shop.errors', '{}', $3, 1, 1, 10, 0)`,
        [TENANT, ENVIRONMENT, `${from}T12:00:00Z`],
      );
    }
    await new Housekeeping(evaluator, () => {}).once();
    const { rows } = await admin.query<{ minute: Date }>('SELECT minute FROM evaluation_rollup');
    expect(rows.map(({ minute }) => minute.toISOString().slice(0, 10))).toEqual([dayOf(35)]);
    const tables = await admin.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relname ~ '^evaluation_rollup_\\d{8}$' AND relkind = 'r'`,
    );
    const names = tables.rows.map(({ name }) => name);
    expect(names).toContain(`evaluation_rollup_${dayOf(35).replaceAll('-', '')}`);
    expect(names).not.toContain(`evaluation_rollup_${dayOf(38).replaceAll('-', '')}`);
  });

  test('and everything else of a transaction is written with one statement a table', async () => {
    const [first, second] = [await begin('one', NOW), await begin('two', NOW + 1000)];
    texts = [];
    await hear(
      ...[1, 2, 3, 4].flatMap((i) => [
        sampleOf('shop.errors', NOW + i * MINUTE, count(1, 10)),
        sampleOf('shop.visits', NOW + i * MINUTE, count(0, 10)),
        sampleOf('shop.errors', NOW + i * MINUTE, count(1, 10), 'lyon-2'),
      ]),
    );
    expect((await observedOf(first)).length + (await observedOf(second)).length).toBe(24);
    const written = texts.flatMap((text) => /(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)/.exec(text)?.[1] ?? []);
    expect(written).toContain('evaluation_rollup');
    expect(written).toContain('evaluation_watch');
    expect(written).toEqual([...new Set(written)]);
  });
});

describe('a watch is told', () => {
  test('what the stores without the release do, and how much traffic there is; nothing else', async () => {
    for (let i = 60; i > 0; i--) {
      await hear(
        sampleOf('shop.errors', NOW - i * MINUTE + 30_000, count(1, 100)),
        sampleOf('shop.visits', NOW - i * MINUTE + 30_000, count(0, 60)),
      );
    }
    const release = await begin('odoo-1', NOW, { stores: ['lyon-2'] });
    const spec = await specOf(release);
    expect(spec.scope).toEqual({ kind: 'values', dimension: 'store', values: ['lyon-2'] });
    const [watched] = spec.guardrails;
    expect(watched?.guardrail.test).toMatchObject({
      against: 'control',
      control: { kind: 'rest', dimension: 'store', released: ['lyon-2'] },
    });
    expect(watched?.baselines).toEqual([
      { window: 'before', baseline: expect.objectContaining({ kind: 'counts', events: 60, exposure: 6000 }) },
    ]);
    expect(spec.volumes).toEqual([{ signal: 'shop.visits', intervalMs: 15_000, usual: { before: 1 } }]);
    await hear(
      sampleOf('shop.errors', NOW + 15_000, count(1, 10), 'lyon-2'),
      sampleOf('shop.errors', NOW + 15_000, count(2, 20), 'paris-1'),
      sampleOf('shop.visits', NOW + 15_000, count(0, 50), 'paris-1'),
      sampleOf('shop.queue', NOW + 15_000, { kind: 'gauge', value: 3 }, 'lyon-2'),
    );
    expect((await observedOf(release)).map(({ signal, dimensions }) => [signal, dimensions['store']])).toEqual([
      ['shop.errors', 'lyon-2'],
      ['shop.errors', 'paris-1'],
      ['shop.visits', 'paris-1'],
    ]);
  });

  test('which other releases are in flight: when it begins, and whenever that changes', async () => {
    const first = await begin('odoo-1', NOW);
    expect(await surroundingsOf(first)).toEqual([[]]);
    const second = await begin('odoo-2', NOW + MINUTE);
    expect(await surroundingsOf(second)).toEqual([[['odoo-1', null]]]);
    expect(await surroundingsOf(first)).toEqual([[], [['odoo-2', null]]]);
    await tell(second, movedTo('deploying', 'live', NOW + 2 * MINUTE), NOW + 2 * MINUTE);
    expect(await surroundingsOf(first)).toHaveLength(2);
    await tell(second, movedTo('live', 'rolled-back', NOW + 3 * MINUTE), NOW + 3 * MINUTE);
    expect((await surroundingsOf(first)).at(-1)).toEqual([['odoo-2', NOW + 3 * MINUTE]]);
    const third = await begin('odoo-3', NOW + 4 * MINUTE);
    expect(await surroundingsOf(third)).toEqual([[['odoo-1', null]]]);
  });

  test('who else may have done it: of two releases begun together neither is blamed, and each names the other', async () => {
    const limited: Guardrail = {
      ...GUARDRAIL,
      test: { kind: 'proportion', against: 'limit', limit: 0.01, unacceptable: 3 },
    };
    const first = await begin('odoo-1', NOW, undefined, [limited]);
    const trade = async (from: number, to: number) => {
      for (let at = from + 15_000; at <= to; at += 15_000) {
        await hear(sampleOf('shop.errors', NOW + at, count(at > 3 * MINUTE ? 10 : 0, 50)));
      }
    };
    await trade(0, 2 * MINUTE);
    const second = await begin('odoo-2', NOW + 2 * MINUTE, undefined, [limited]);
    await trade(2 * MINUTE, 6 * MINUTE);
    const { rows } = await admin.query<{ release: string; verdict: VerdictChanged }>(
      'SELECT release, verdict FROM evaluation_verdict ORDER BY release, n',
    );
    const said = (release: string) =>
      rows
        .filter((row) => row.release === release)
        .map(({ verdict }) => [
          verdict.to,
          verdict.reason,
          verdict.attribution?.blamed,
          verdict.attribution?.alternatives.find(({ kind }) => kind === 'release')?.release,
        ]);
    expect(said(first)).toEqual([['inconclusive', 'not-attributed', undefined, second]]);
    expect(said(second)).toEqual([['inconclusive', 'not-attributed', undefined, first]]);
    const inputs = await inputsOf(first);
    expect(replay(await specOf(first), inputs).map(({ said: again }) => again)).toEqual(
      rows.filter((row) => row.release === first).map(({ verdict }) => verdict),
    );
  });

  test('the same by another owner of the partition, and nothing twice', async () => {
    const first = await begin('odoo-1', NOW, { percent: 10 });
    await begin('odoo-2', NOW + MINUTE);
    worker = new PartitionWorker(PARTITION, ports());
    const third = await begin('odoo-3', NOW + 2 * MINUTE);
    expect((await surroundingsOf(first)).map((releases) => releases.length)).toEqual([0, 1, 2]);
    const last = (await inputsOf(third)).find((input) => input.kind === 'surroundings');
    expect(last?.kind === 'surroundings' && last.releases.map(({ scope }) => scope)).toEqual([
      { kind: 'percent', percent: 10 },
      null,
    ]);
  });

  test('that a counter was reset on one side, as a gap: what was counted meanwhile is lost', async () => {
    const guardrail: Guardrail = { ...GUARDRAIL, name: 'counted', signal: 'shop.counter' };
    const release = await begin('odoo-1', NOW, undefined, [guardrail]);
    const totals = [count(5, 100), count(6, 200), count(2, 300), count(4, 400), count(1, 50)];
    for (const [i, value] of totals.entries()) await hear(sampleOf('shop.counter', NOW + (i + 1) * 15_000, value));
    expect((await observedOf(release)).map(({ value }) => value)).toEqual([
      count(1, 100),
      { kind: 'gap', reason: 'counter-reset' },
      count(2, 100),
      // Both began again: the process restarted, and what it counted since is known.
      count(1, 50),
    ]);
  });
});

describe('a watch begins with', () => {
  const burnRate = (scope: 'release' | 'rolling'): Guardrail => {
    const { volume: _, ...rest } = GUARDRAIL;
    const rows = [{ longMs: 60 * MINUTE, shortMs: 5 * MINUTE, factor: 14.4 }];
    const ofBudget = { kind: 'burn-rate', objective: 0.99, rows, badMin: 3, scope } as const;
    return { ...rest, name: scope, where: { store: 'lyon-1' }, test: ofBudget };
  };

  test('what the windows of a burn rate held, where they roll: an incident before the release is told at once and blamed on nobody', async () => {
    for (let i = 70; i > 0; i--) {
      await hear(
        sampleOf('shop.errors', NOW - i * MINUTE + 30_000, count(i <= 10 ? 20 : 0, 20)),
        sampleOf('shop.errors', NOW - i * MINUTE + 30_000, count(20, 20), 'lyon-2'),
      );
    }
    const release = await begin('odoo-1', NOW + 20_000, undefined, [burnRate('release'), burnRate('rolling')]);
    const spec = await specOf(release);
    const [ofRelease, rolling] = spec.guardrails;
    expect(ofRelease?.held).toBeUndefined();
    expect(rolling?.held).toEqual(
      Array.from({ length: 60 }, (_, i) => {
        const fromMs = NOW - (60 - i) * MINUTE;
        return { fromMs, toMs: fromMs + MINUTE, events: i >= 50 ? 20 : 0, exposure: 20 };
      }),
    );
    await hear(sampleOf('shop.errors', NOW + 30_000, count(0, 20)));
    const { rows } = await admin.query<{ verdict: VerdictChanged }>(
      'SELECT verdict FROM evaluation_verdict ORDER BY n',
    );
    const { to, reason, guardrails, attribution } = rows.at(-1)!.verdict;
    expect([to, reason]).toEqual(['inconclusive', 'not-attributed']);
    expect(guardrails.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['release', 'pass'],
      ['rolling', 'breach'],
    ]);
    expect(attribution?.blamed).toBeUndefined();
    expect(attribution?.alternatives[0]).toMatchObject({ kind: 'before', finding: 'found' });
    expect(replay(spec, await inputsOf(release)).map(({ said }) => said)).toEqual(rows.map(({ verdict }) => verdict));
  });

  const sale = { name: 'sale', kind: 'promotion', repeat: null } as const;
  const period = { ...sale, fromMs: NOW - 14 * DAY - 60 * MINUTE, toMs: NOW - 14 * DAY + 60 * MINUTE };
  const trade = { name: 'trade', timeZone: 'Europe/Paris', environments: [ENVIRONMENT] };

  test.each([
    ['the same hours of earlier weeks, pooled', [], { events: 30, exposure: 2000 }],
    ['nothing of a week in which there was a sale', [{ ...trade, periods: [period] }], { events: 10, exposure: 1000 }],
    [
      'that week, too, where it begins in a sale itself',
      [{ ...trade, periods: [period, { ...sale, name: 'sale now', fromMs: NOW - DAY, toMs: NOW + DAY }] }],
      { events: 30, exposure: 2000 },
    ],
  ])('%s', async (_, calendars, expected) => {
    configuration = { ...SHOP, calendars };
    const minutes: Sample[] = [];
    for (const week of [1, 2]) {
      for (let i = 0; i < 10; i++) {
        const atMs = NOW - 7 * week * DAY + i * MINUTE + 30_000;
        minutes.push(sampleOf('shop.errors', atMs, count(week, 100)));
      }
    }
    minutes.sort((a, b) => a.atMs - b.atMs);
    for (const one of minutes) await hear(one);
    const release = await begin('odoo-1', NOW);
    const { baselines } = (await specOf(release)).guardrails[0]!;
    expect(baselines).toEqual([
      { window: 'before', baseline: { kind: 'unusable', why: 'no-history', exposure: 0 } },
      { window: 'same-hours', baseline: expect.objectContaining({ kind: 'counts', ...expected }) },
    ]);
  });
});
