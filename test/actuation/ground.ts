import type { ActuationEvent, OrderStep, RollbackOrdered } from '@parapet/actuation';
import { fromJournal, type PublicEvent, toJournal } from '@parapet/contracts';
import { type Database, Journal } from '@parapet/postgres';
import type { JournalRow } from '@parapet/runtime';
import { startDatabase, testIds, type TestDatabase } from '@parapet/testkit';
import pg from 'pg';
import { enqueue } from '../../services/rollback-actuation/src/queue.js';
import type { Targets } from '../../services/rollback-actuation/src/target.js';
import { WebhookTarget } from '../../services/rollback-actuation/src/webhook/target.js';
import { Worker } from '../../services/rollback-actuation/src/worker.js';
import { DEPLOYMENT_SECRET, type ShopGround, shopGround, type TestShop } from './shop.js';

export const TENANT = 'acme-retail';
const CONTROL = { kind: 'policy', id: 'test' } as const;
const EVALUATION = { kind: 'service', id: 'guardrail-evaluation' } as const;

/** A journal, a shop and as many actuators as a test wants. */
export interface Ground {
  readonly database: TestDatabase;
  readonly shops: ShopGround;
  readonly troubles: unknown[];
  /** Journals an order as release-control does, and puts it into the queue as the consumer does. */
  order(more?: Partial<RollbackOrdered>, how?: { readonly queued: boolean }): Promise<RollbackOrdered>;
  /** The rows of the release's stream. */
  rows(order: RollbackOrdered): Promise<readonly JournalRow[]>;
  /** Journals what the evaluator says of the recovery. */
  recovery(order: RollbackOrdered, outcome: 'recovering' | 'recovered' | 'not-recovered'): Promise<void>;
  worker(shop: TestShop, timeoutMs?: number): Worker;
  /** What the release's stream holds of the actuation, in words. */
  story(order: RollbackOrdered): Promise<readonly string[]>;
  until(order: RollbackOrdered, line: string, withinMs?: number): Promise<readonly string[]>;
  /** Ends the sessions that hold components, as a broken network does. */
  breakSessions(): Promise<number>;
  stop(): Promise<void>;
}

export async function openGround(): Promise<Ground> {
  const database = await startDatabase();
  const shops = await shopGround(database.adminUrl);
  const admin = new pg.Pool({ connectionString: database.adminUrl, max: 1 });
  // pg-pool ends before its sockets are closed, so the server's own end may still be heard.
  admin.on('error', () => {});
  const makeId = testIds();
  const journal = new Journal(makeId);
  const control = database.connect('release-control');
  const evaluation = database.connect('guardrail-evaluation');
  const actuation = database.connect('rollback-actuation', 8);
  const workers: Worker[] = [];
  const troubles: unknown[] = [];

  const refOf = (order: RollbackOrdered) => ({
    tenant: TENANT,
    stream: order.release,
    environment: order.environment,
    workload: order.workload,
  });
  const append = (
    db: Database,
    order: RollbackOrdered,
    event: PublicEvent,
    actor: typeof CONTROL | typeof EVALUATION,
  ) => db.transactRetrying(TENANT, (tx) => journal.append(tx, refOf(order), 'any', [toJournal(event)], { actor }));
  const rows = (order: RollbackOrdered) => actuation.transact(TENANT, (tx) => journal.read(tx, order.release));
  const story = async (order: RollbackOrdered) => {
    return (await rows(order)).flatMap((row) => {
      const event = fromJournal(row);
      return event !== null && 'actuation' in event && event.actuation === order.actuation ? [line(event)] : [];
    });
  };

  return {
    database,
    shops,
    troubles,
    async order(more = {}, how = { queued: true }) {
      const components = (version: string) => [
        { component: 'odoo-pos', version },
        { component: 'odoo-web', version },
      ];
      const step: OrderStep = {
        step: '1',
        target: 'shop',
        from: { release: makeId('rel'), components: components('2') },
        to: { release: makeId('rel'), components: components('1') },
        isRepeatable: true,
      };
      const order: RollbackOrdered = {
        type: 'RollbackOrdered',
        actuation: makeId('act'),
        policy: 'default',
        plan: makeId('pln'),
        planDigest: 'd1',
        release: step.from.release as string,
        environment: 'production',
        workload: 'odoo-retail',
        to: step.to.release as string,
        steps: [step],
        notAfter: new Date(Date.now() + 600_000).toISOString(),
        ...more,
      };
      await append(control, order, order, CONTROL);
      if (how.queued) await actuation.transact(TENANT, (tx) => enqueue(tx, order.release, order));
      return order;
    },
    async recovery(order, outcome) {
      await append(
        evaluation,
        order,
        { type: 'RecoveryJudged', outcome, actuation: order.actuation, guardrails: [] },
        EVALUATION,
      );
    },
    worker(shop, timeoutMs = 2_000) {
      const target = new WebhookTarget(
        { name: 'shop', url: shop.deployments, timeoutMs, allowPrivate: true },
        () => DEPLOYMENT_SECRET,
        Date.now,
      );
      const targets: Targets = { find: (_tenant, _environment, _workload, name) => (name === 'shop' ? target : null) };
      const worker = new Worker({
        db: actuation,
        databaseUrl: database.url('rollback-actuation'),
        journal,
        targets,
        pollMs: 50,
        observer: { events: () => undefined, trouble: (what, error) => troubles.push([what, error]) },
      });
      workers.push(worker);
      worker.start();
      return worker;
    },
    rows,
    story,
    async until(order, wanted, withinMs = 20_000) {
      const deadline = Date.now() + withinMs;
      for (;;) {
        const lines = await story(order);
        if (lines.some((one) => one.startsWith(wanted))) return lines;
        if (Date.now() > deadline)
          throw new Error(
            `no "${wanted}" within ${withinMs} ms: ${lines.join(' · ')} ${troubles.map(String).join(' ')}`,
          );
      }
    },
    async breakSessions() {
      const { rowCount } = await admin.query(
        `SELECT pg_terminate_backend(l.pid) FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = 7072172 AND l.granted`,
      );
      return rowCount ?? 0;
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.stop()));
      await shops.stop();
      await admin.end();
      await database.stop();
    },
  };
}

type OfActuation = Extract<PublicEvent, { actuation?: string }> | ActuationEvent | RollbackOrdered;

function line(event: OfActuation): string {
  switch (event.type) {
    case 'RollbackOrdered':
      return 'ordered';
    case 'ActuationStarted':
      return `started ${event.attempt}`;
    case 'ActuationStepChanged':
      return `${event.step} ${event.state} ${event.attempt}`;
    case 'ActuationFinished':
      return `finished ${event.outcome}`;
    case 'RecoveryJudged':
      return `recovery ${event.outcome}`;
    case 'RollbackVerified':
      return `${event.outcome}${event.reason === undefined ? '' : `: ${event.reason}`}`;
  }
}
