import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type CloudEvent, cloudEvent, encodeEvent, publicSubject, toJournal } from '@parapet/contracts';
import type { ActuationEvent } from '@parapet/actuation';
import type { EvaluationEvent, GuardrailReport, VerdictChanged, VerdictKind } from '@parapet/guardrails';
import { connectJetStream, DeadLetters, ensureStreams, type JetStreamConnection } from '@parapet/jetstream';
import type { Json } from '@parapet/kernel';
import { type RunningService, startService } from '@parapet/nest';
import { makeToken } from '@parapet/policy';
import { ConfigurationStore, type Database, Journal, sha256 } from '@parapet/postgres';
import { startDatabase, startNats, startRedis, type TestDatabase, testIds } from '@parapet/testkit';
import { Redis } from 'ioredis';
import pg from 'pg';
import { AppModule } from '../src/app.module.js';
import { readConfig } from '../src/config.js';
import { ConsoleFiles } from '../src/console/console-files.js';
import { DECISIONS_CONSUMER } from '../src/decisions/decision-loop.js';
import { checkedDocuments, TENANT, TOKENS, type Who } from './shop.js';

export const RIVAL = 'rival-retail';
export const RIVAL_TOKENS = Object.fromEntries(Object.keys(TOKENS).map((who) => [who, makeToken()])) as Record<
  Who,
  string
>;

const NATS_PASSWORD = 'a password of the tests';
const { users } = JSON.parse(readFileSync(new URL('../../../deploy/nats/users.json', import.meta.url), 'utf8')) as {
  readonly users: readonly {
    readonly user: string;
    readonly permissions: { readonly publish: readonly string[]; readonly subscribe: readonly string[] };
  }[];
};
/** release-control with the rights it is deployed with, and the test with all. */
const NATS_USERS = [
  ...users.map((user) => ({ ...user, password: NATS_PASSWORD })),
  { user: 'test', password: NATS_PASSWORD },
];

/** An answer over HTTP, read. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  /** Compared, not trusted. */
  readonly body: ReturnType<typeof JSON.parse>;
}

export interface Call {
  readonly as?: Who | string;
  readonly body?: unknown;
  /** Absent: a new one for every POST; null: none is sent. */
  readonly key?: string | null;
  readonly ifMatch?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** release-control with real servers, and the evaluator and actuator played by their own roles. */
export class World {
  private isDatabaseLost = false;
  private isRedisLost = false;

  private constructor(
    readonly database: TestDatabase,
    readonly nats: { readonly url: string; stop(): Promise<void> },
    readonly redis: { readonly url: string; stop(): Promise<void> },
    readonly db: Database,
    private readonly connection: JetStreamConnection,
    readonly instances: RunningService[],
  ) {}

  static async start(
    o: { readonly instances?: number; readonly asking?: Readonly<Record<string, unknown>> } = {},
  ): Promise<World> {
    const [database, nats, redis] = await Promise.all([
      startDatabase(),
      startNats({ users: NATS_USERS }),
      startRedis(),
    ]);
    const connection = await connectJetStream({ url: nats.url, name: 'test', user: 'test', password: NATS_PASSWORD });
    await ensureStreams(connection);
    const db = database.connect('release-control');
    const world = new World(database, nats, redis, db, connection, []);
    try {
      await world.configure(TENANT, TOKENS, o.asking);
      await world.configure(RIVAL, RIVAL_TOKENS, o.asking);
      for (let n = 0; n < (o.instances ?? 1); n++) await world.startInstance();
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  async configure(
    tenant: string,
    tokens: Readonly<Record<Who, string>>,
    asking: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    const documents = checkedDocuments(tenant, tokens, asking).map(({ kind, name, spec }) => ({
      kind,
      name,
      spec: spec as Json,
    }));
    await new ConfigurationStore().putNow(this.db, tenant, documents, { kind: 'service', id: 'test' });
  }

  async startInstance(over: Readonly<Record<string, string>> = {}): Promise<RunningService> {
    const config = readConfig({
      ...over,
      PORT: '0',
      DATABASE_URL: this.database.url('release-control'),
      NATS_URL: this.nats.url,
      NATS_USER: 'release-control',
      NATS_PASSWORD,
      REDIS_URL: this.redis.url,
      PARAPET_PUBLIC_URL: 'http://console.example',
      PARAPET_LOG_LEVEL: process.env['TEST_LOG'] ?? 'fatal',
    });
    const files = ConsoleFiles.read(new URL('console', import.meta.url).pathname);
    const running = await startService(AppModule.of(config, files), {
      service: 'release-control',
      config,
      consumer: DECISIONS_CONSUMER,
      rawPaths: [],
    });
    this.instances.push(running);
    return running;
  }

  async stop(): Promise<void> {
    for (const instance of this.instances) await instance.close();
    await this.connection.close();
    if (!this.isDatabaseLost) await this.database.stop();
    await Promise.all([this.nats.stop(), this.isRedisLost ? null : this.redis.stop()]);
  }

  /** Redis stops, and does not come back. */
  async loseRedis(): Promise<void> {
    this.isRedisLost = true;
    await this.redis.stop();
  }

  /** PostgreSQL stops, and does not come back. */
  async loseDatabase(): Promise<void> {
    this.isDatabaseLost = true;
    await this.database.stop();
  }

  /** Calls one of the instances; the first unless told otherwise. */
  async call(method: string, path: string, call: Call = {}, instance = 0): Promise<Answered> {
    const token = call.as === undefined ? undefined : call.as in TOKENS ? TOKENS[call.as as Who] : call.as;
    const key = call.key === undefined && method === 'POST' ? randomUUID() : call.key;
    const response = await fetch(`${this.instances[instance]?.url}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined || key === null ? {} : { 'idempotency-key': key }),
        ...(call.ifMatch === undefined ? {} : { 'if-match': call.ifMatch }),
        ...call.headers,
      },
      ...(call.body === undefined
        ? {}
        : { body: typeof call.body === 'string' ? call.body : JSON.stringify(call.body) }),
    });
    const text = await response.text();
    const isJson = (response.headers.get('content-type') ?? '').includes('json');
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text !== '' ? JSON.parse(text) : text,
    };
  }

  get(path: string, as: Who | string = 'onlooker', headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
    return this.call('GET', path, { as, headers });
  }

  post(path: string, body: unknown, call: Call = {}): Promise<Answered> {
    return this.call('POST', path, { as: 'pipeline', ...call, body });
  }

  /** Registers a release and takes it to live; answers its id. */
  async live(name: string, over: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const { body, status } = await this.post('/v1/releases', releaseBody(name, over));
    if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
    for (const phase of ['deploying', 'live']) await this.post(`/v1/releases/${body.id}/phases`, { phase });
    return body.id;
  }

  /** A release that passed, so that the next one has something to go back to. */
  async passed(name: string): Promise<string> {
    const id = await this.live(name);
    await this.verdict(id, 'pass', { final: true });
    await this.until(
      `${name} is finished`,
      async () => (await this.get(`/v1/releases/${id}`)).body.phase === 'finished',
    );
    return id;
  }

  /** A live release that fails its guardrails, and the proposal that follows. */
  async proposed(
    name: string,
    over: Readonly<Record<string, unknown>> = {},
  ): Promise<{ readonly id: string; readonly proposal: string }> {
    const id = await this.live(name, over);
    await this.verdict(id, 'fail');
    await this.until(
      `${name} has a proposal`,
      async () => (await this.get(`/v1/releases/${id}`)).body.proposal !== null,
    );
    const { body } = await this.get(`/v1/releases/${id}`);
    return { id, proposal: body.proposal };
  }

  /** Approves as somebody who saw what is there now. */
  async approve(
    proposal: string,
    as: Who,
    over: Call & { readonly reason?: string } = {},
    instance = 0,
  ): Promise<Answered> {
    const { body, headers } = await this.get(`/v1/proposals/${proposal}`, as);
    const answer = {
      answer: 'approve',
      reason: over.reason ?? 'orders fail',
      planId: body.plan.planId,
      planDigest: body.planDigest,
    };
    return this.call(
      'POST',
      `/v1/proposals/${proposal}/answers`,
      { as, ifMatch: headers.get('etag') ?? '', body: answer, ...over },
      instance,
    );
  }

  verdict(
    release: string,
    to: VerdictKind,
    o: Partial<
      Pick<VerdictChanged, 'final' | 'mode' | 'guardrails' | 'reason' | 'words' | 'advice' | 'attribution'>
    > = {},
  ): Promise<void> {
    const mode = o.mode ?? (to === 'fail' ? 'act' : 'observe');
    const failing: GuardrailReport = {
      name: 'order-success',
      verdict: 'breach',
      mode: 'act',
      observed: 0.8,
      limit: 0.95,
      words: 'Order success 80 % (limit 95 %).',
    };
    return this.say('guardrail-evaluation', release, {
      ...o,
      type: 'VerdictChanged',
      from: 'pending',
      to,
      final: o.final ?? false,
      mode,
      since: new Date().toISOString(),
      coverage: { judged: 1, required: 1 },
      guardrails: o.guardrails ?? (to === 'fail' ? [failing] : []),
      evidence: { href: `http://console.example/v1/releases/${release}/evidence`, sha256: sha256(release) },
    });
  }

  /** What another service writes into a release's stream, with its own role. */
  async say(
    service: 'guardrail-evaluation' | 'rollback-actuation',
    release: string,
    event: EvaluationEvent | ActuationEvent,
    tenant = TENANT,
  ): Promise<void> {
    const db = this.database.connect(service, 1);
    const journal = new Journal(testIds());
    const ref = { tenant, stream: release, environment: 'production', workload: 'odoo-retail' };
    await db.transactRetrying(tenant, (tx) =>
      journal.append(tx, ref, 'any', [toJournal(event)], { actor: { kind: 'service', id: service } }),
    );
  }

  /** What the evaluator keeps of a watch: a minute of history, three observations, one verdict. */
  async judged(release: string): Promise<void> {
    const db = this.database.connect('guardrail-evaluation', 1);
    const startMs = Date.now();
    const guardrail = { name: 'order-success', signal: 'shop.orders', where: {}, test: { kind: 'proportion' } };
    const spec = { release, startMs, guardrails: [{ guardrail, signal: { unit: 'orders', badDirection: 'low' } }] };
    const report = { name: 'order-success', verdict: 'breach', mode: 'act', limit: 0.95, words: 'x' };
    await db.transact(TENANT, async (tx) => {
      await tx.query('SELECT evaluation_rollup_days(ARRAY[current_date - 1, current_date])');
      await tx.query(
        `INSERT INTO evaluation_rollup (tenant, environment, signal, dimensions, minute, n, count, of, sum)
         VALUES ($1, 'production', 'shop.orders', '{}', date_trunc('minute', now() - interval '1 minute'), 4, 99, 100, 0)
         ON CONFLICT DO NOTHING`,
        [TENANT],
      );
      await tx.query(
        `INSERT INTO evaluation_watch (tenant, release, partition, environment, spec, state, inputs, digest, is_open, guardrails, clock_ms)
         VALUES ($1, $2, 0, 'production', $3, '{}', 3, '', true, $4, $5)`,
        [TENANT, release, JSON.stringify(spec), JSON.stringify([report]), startMs],
      );
      const values = [
        { kind: 'count', count: 9, of: 10 },
        { kind: 'gap', reason: 'unreachable' },
        { kind: 'count', count: 8, of: 10 },
      ];
      for (const [index, value] of values.entries()) {
        const observation = {
          signal: 'shop.orders',
          dimensions: {},
          fromMs: startMs,
          atMs: startMs + (index + 1) * 15_000,
          value,
        };
        const input = { kind: 'observation', clockMs: startMs, observation };
        await tx.query('INSERT INTO evaluation_input VALUES ($1, $2, $3, $4, $5)', [
          TENANT,
          release,
          index + 1,
          startMs,
          JSON.stringify(input),
        ]);
      }
      const verdict = JSON.stringify({ to: 'fail' });
      await tx.query('INSERT INTO evaluation_verdict VALUES ($1, $2, 3, 0, $3, $4)', [
        TENANT,
        release,
        startMs,
        verdict,
      ]);
    });
  }

  /** What the evaluator kept of a shop's orders up to now: so many minutes of one series. */
  async history(
    tenant: string,
    environment: string,
    minutes: number,
    at: (minute: number) => { readonly of: number; readonly good: number },
    o: { readonly signal?: string; readonly endedMinutesAgo?: number } = {},
  ): Promise<void> {
    const values = Array.from({ length: minutes }, (_, minute) => at(minute));
    await this.database.connect('guardrail-evaluation', 1).transact(tenant, async (tx) => {
      await tx.query(
        'SELECT evaluation_rollup_days(array(SELECT d::date FROM generate_series(current_date - 30, current_date, $1::interval) d))',
        ['1 day'],
      );
      await tx.query(
        `INSERT INTO evaluation_rollup (tenant, environment, signal, dimensions, minute, n, count, of, sum)
         SELECT $1, $2, $5, '{}', date_trunc('minute', now()) - ($6 + cardinality($3::float8[]) - m) * interval '1 minute', 4, good, total, 0
           FROM unnest($3::float8[], $4::float8[]) WITH ORDINALITY AS v (good, total, m) ON CONFLICT DO NOTHING`,
        [
          tenant,
          environment,
          values.map(({ good }) => good),
          values.map(({ of }) => of),
          o.signal ?? 'shop.orders',
          o.endedMinutesAgo ?? 0,
        ],
      );
    });
  }

  /** The evaluator is at the watch of a release, or was that long ago. */
  async watchedUntil(release: string, agoMs: number): Promise<number> {
    const clockMs = Date.now() - agoMs;
    await this.database
      .connect('guardrail-evaluation', 1)
      .transact(TENANT, (tx) =>
        tx.query('UPDATE evaluation_watch SET clock_ms = $3 WHERE tenant = $1 AND release = $2', [
          TENANT,
          release,
          clockMs,
        ]),
      );
    return clockMs;
  }

  /** Waits for the order of a release; answers its actuation. */
  async ordered(release: string): Promise<string> {
    await this.until(`${release} is ordered back`, async () =>
      (await this.types(release)).includes('rollback.ordered'),
    );
    const events = (await this.get(`/v1/releases/${release}/events`)).body.items;
    return events.find((e: { type: string }) => e.type === 'dev.parapet.rollback.ordered.v1').data.actuation;
  }

  /** Carries the order of a release out, so that it holds its components no longer. */
  async carriedOut(release: string): Promise<void> {
    const actuation = await this.ordered(release);
    await this.say('rollback-actuation', release, {
      type: 'ActuationFinished',
      actuation,
      outcome: 'done',
      steps: [],
      attempt: 1,
    });
    await this.until(
      'the release is rolled back',
      async () => (await this.get(`/v1/releases/${release}`)).body.phase === 'rolled-back',
    );
  }

  /** Publishes an event of a release again under another message id. */
  async redeliver(release: string, type: string): Promise<void> {
    const rows = await this.db.transact(TENANT, (tx) => new Journal(testIds()).read(tx, release));
    const row = rows.find((one) => one.type === type);
    if (row === undefined) throw new Error(`${release} has no ${type}`);
    await this.connection
      .publisher()
      .publish(publicSubject(row), encodeEvent(cloudEvent(row)), { messageId: randomUUID() });
  }

  /** A verdict about a release that was never registered here, as after a database was restored from an older copy. */
  async hearOfStranger(release: string): Promise<void> {
    await this.say('guardrail-evaluation', release, { type: 'RecoveryJudged', outcome: 'recovering', guardrails: [] });
  }

  /** Sets a message aside as a consumer would. */
  async kill(subject: string): Promise<void> {
    await new DeadLetters(this.connection).put('test-consumer', 'it was poison', {
      subject,
      payload: new TextEncoder().encode('{}'),
      position: { stream: 'EVENTS', streamSeq: Math.floor(Math.random() * 1e9) + 1 },
    });
  }

  /** Makes every session that much older. */
  async ageSessions(byMs: number): Promise<void> {
    await this.asAdmin(`UPDATE console_sessions SET signed_in = signed_in - ${byMs} * interval '1 millisecond'`);
    const redis = new Redis(this.redis.url);
    await redis.flushall();
    redis.disconnect();
  }

  /** What was published under such subjects so far, oldest first. */
  async heard(subject: RegExp): Promise<readonly CloudEvent[]> {
    const events: CloudEvent[] = [];
    for (let seq = 1; ; seq++) {
      const message = await this.connection.manager.streams.getMessage('EVENTS', { seq });
      if (message === null) return events;
      if (subject.test(message.subject)) events.push(message.json<CloudEvent>());
    }
  }

  /** Every write to a table fails from now on, as where the process dies before its commit. */
  async breakWrites(table: string): Promise<void> {
    await this.asAdmin(
      `CREATE OR REPLACE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken by the test'; END $$;
       CREATE TRIGGER broken BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION broken()`,
    );
  }

  async mendWrites(table: string): Promise<void> {
    await this.asAdmin(`DROP TRIGGER broken ON ${table}`);
  }

  private async asAdmin(sql: string): Promise<void> {
    const admin = new pg.Client({ connectionString: this.database.adminUrl });
    await admin.connect();
    try {
      await admin.query(sql);
    } finally {
      await admin.end();
    }
  }

  /** Types of a release's events, in order. */
  async types(release: string): Promise<readonly string[]> {
    const { body } = await this.get(`/v1/releases/${release}/events`);
    return body.items.map((event: { type: string }) => event.type.replace(/^dev\.parapet\.|\.v1$/g, ''));
  }

  /** Waits for something to become true; says what it was where it does not. */
  async until(what: string, holds: () => Promise<boolean>, withinMs = 10_000): Promise<void> {
    const endMs = Date.now() + withinMs;
    while (!(await holds())) {
      if (Date.now() > endMs) throw new Error(`not within ${withinMs} ms: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

export function releaseBody(name: string, over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    name,
    workload: 'odoo-retail',
    environment: 'production',
    components: [
      { component: 'odoo-web', version: name },
      { component: 'odoo-pos', version: name },
    ],
    steps: [{ kind: 'configuration', what: 'new settings', reversible: 'yes' }],
    startedBy: 'starter',
    ...over,
  };
}
