import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { partitionOf, type SignalBatch } from '@parapet/contracts';
import { isAway, type JetStreamConnection, type OnOutcome, PartitionConsumer, type Received } from '@parapet/jetstream';
import { invariant } from '@parapet/kernel';
import { type Database, PartitionSession } from '@parapet/postgres';
import { ConfigurationMissing, PartitionWorker, type WorkerPorts } from './partition-worker.js';
import { placesWithSettlements } from './settlements.js';

/** What owning partitions works with. */
export interface OwnershipPorts extends Omit<WorkerPorts, 'session'> {
  readonly databaseUrl: string;
  readonly jetstream: JetStreamConnection;
  readonly db: Database;
  readonly partitions: number;
  readonly onOutcome: OnOutcome;
  readonly onTrouble: (what: string, error?: unknown) => void;
  readonly onOwned: (owned: readonly number[], watches: number) => void;
}

const BALANCE_MS = 1_000;
const FACTS_MS = 200;
const TICK_MS = 1_000;
/** An instance that was not seen for this long is not there. */
const SEEN_SECONDS = 5;
const BATCH_MAX = 100;
const REOPEN_MS = 500;
const CONFIGURATION_WAIT_MS = 60_000;

interface Owned {
  readonly worker: PartitionWorker;
  readonly consumer: PartitionConsumer;
  tickedAtMs: number;
}

/**
 * Takes its share of the partitions and works on them for as long as its session lasts. Shares are a matter of balance only:
 * that a partition has one owner is PostgreSQL's lock, and that a former owner cannot commit is its session.
 */
export class Ownership {
  private readonly instance = randomUUID();
  private readonly owned = new Map<number, Owned>();
  private readonly stopping = new AbortController();
  private loops: Promise<unknown> | null = null;
  /** Readers of a lost session that have not ended yet: beside them, new ones of the same partitions would take their consumers from each other. */
  private dropping: Promise<unknown> = Promise.resolve();
  private session: PartitionSession | null = null;
  private readonly missingSince = new Map<string, number>();

  constructor(private readonly ports: OwnershipPorts) {}

  /** Begins; once. Two of these loops in one process would fight for every partition. */
  start(): void {
    invariant(this.loops === null, 'the ownership of partitions was started twice');
    this.loops = Promise.all([
      this.every(BALANCE_MS, () => this.balance()),
      // Apart from the balance, which waits for other connections: an idle session is taken for a lost one.
      this.every(BALANCE_MS, async () => this.session?.touch()),
      this.every(FACTS_MS, () => this.applyFacts()),
      this.every(TICK_MS / 4, () => this.tick()),
    ]);
  }

  /** Ends after the batches under way; the partitions go to the others. */
  async stop(): Promise<void> {
    this.stopping.abort();
    // All at once, and before the loops, which wait for batches: what waits behind the one under way is not begun.
    const readers = [...this.owned.values()].map(({ consumer, worker }) => {
      worker.end();
      return consumer.stop();
    });
    await Promise.all([this.loops, ...readers]);
    await this.dropping;
    await Promise.all([...this.owned.values()].map(({ worker }) => worker.idle()));
    this.owned.clear();
    await this.session?.close();
    await this.ports.db.transact('*', (tx) =>
      tx.query('DELETE FROM evaluation_instance WHERE instance = $1', [this.instance]),
    );
  }

  /** The partitions of this instance. */
  partitions(): readonly number[] {
    return [...this.owned.keys()].sort((a, b) => a - b);
  }

  private async balance(): Promise<void> {
    const session = this.session ?? (await this.open());
    const share = await this.share();
    for (const partition of this.partitions().slice(share)) await this.give(session, partition);
    // Begin at a place of one's own, so that instances do not race for the same ones.
    const first = Number.parseInt(this.instance.slice(0, 8), 16) % this.ports.partitions;
    for (let i = 0; i < this.ports.partitions && this.owned.size < share; i++) {
      const partition = (first + i) % this.ports.partitions;
      if (this.owned.has(partition) || this.stopping.signal.aborted) continue;
      if (await session.claim(partition)) await this.take(session, partition);
    }
    const watches = [...this.owned.values()].reduce((sum, { worker }) => sum + worker.openWatches, 0);
    this.ports.onOwned(this.partitions(), watches);
  }

  private async share(): Promise<number> {
    const [row] = await this.ports.db.transact('*', async (tx) => {
      await tx.query(
        `INSERT INTO evaluation_instance (instance, seen_at) VALUES ($1, clock_timestamp())
         ON CONFLICT (instance) DO UPDATE SET seen_at = excluded.seen_at`,
        [this.instance],
      );
      await tx.query(`DELETE FROM evaluation_instance WHERE seen_at < clock_timestamp() - interval '1 minute'`);
      return tx.query<{ count: number }>(
        `SELECT count(*) FROM evaluation_instance WHERE seen_at > clock_timestamp() - $1 * interval '1 second'`,
        [SEEN_SECONDS],
      );
    });
    return Math.ceil(this.ports.partitions / Math.max(1, row?.count ?? 1));
  }

  private async open(): Promise<PartitionSession> {
    await this.dropping;
    const session = await PartitionSession.open({
      url: this.ports.databaseUrl,
      applicationName: 'guardrail-evaluation-partitions',
      onProblem: (problem) => this.ports.onTrouble('the session of the partitions', problem),
    });
    this.session = session;
    session.onLost((why) => {
      this.ports.onTrouble('lost the session that owns the partitions; taking what is free again', why);
      this.dropping = this.dropAll(session);
    });
    return session;
  }

  private async dropAll(session: PartitionSession): Promise<void> {
    const dropped = [...this.owned.values()];
    this.owned.clear();
    if (this.session === session) this.session = null;
    await Promise.all(dropped.map(({ consumer }) => consumer.stop()));
  }

  private async take(session: PartitionSession, partition: number): Promise<void> {
    const { ports } = this;
    const worker = new PartitionWorker(partition, { ...ports, session });
    const position = await worker.position();
    // Lost meanwhile: what was just claimed went with the session, and the next round claims it anew.
    if (this.session !== session || this.stopping.signal.aborted) return;
    const consumer = new PartitionConsumer(ports.jetstream, partition, {
      batchMax: BATCH_MAX,
      ...(position > 0 ? { afterSeq: position } : {}),
      // Neither a lost session nor a configuration that is a moment behind is the message's fault.
      isAway: (error) => isAway(error) || this.session !== session || this.isConfigurationBehind(error),
      onOutcome: ports.onOutcome,
      onTrouble: ports.onTrouble,
      onStreamBehind: (lastSeq) => worker.rewind(lastSeq),
    });
    this.owned.set(partition, { worker, consumer, tickedAtMs: 0 });
    consumer.run((batch: readonly Received<SignalBatch>[]) => worker.batch(batch));
  }

  /** For a while only: a tenant that stays unknown has been removed, and its messages are set aside. */
  private isConfigurationBehind(error: unknown): boolean {
    if (!(error instanceof ConfigurationMissing)) return false;
    const nowMs = this.ports.nowMs();
    const sinceMs = this.missingSince.get(error.tenant) ?? nowMs;
    this.missingSince.set(error.tenant, sinceMs);
    return nowMs - sinceMs < CONFIGURATION_WAIT_MS;
  }

  private async give(session: PartitionSession, partition: number): Promise<void> {
    const own = this.owned.get(partition);
    if (own === undefined) return;
    this.owned.delete(partition);
    await own.consumer.stop();
    await own.worker.idle();
    await session.give(partition);
  }

  private async applyFacts(): Promise<void> {
    if (this.owned.size === 0) return;
    const { waiting, places } = await this.ports.db.transact('*', async (tx) => ({
      waiting: await tx.query<{ partition: number }>(
        'SELECT DISTINCT partition FROM evaluation_fact WHERE applied_at IS NULL AND partition = ANY($1)',
        [this.partitions()],
      ),
      places: await placesWithSettlements(tx),
    }));
    const { signal } = this.stopping;
    for (const { partition } of waiting) if (!signal.aborted) await this.owned.get(partition)?.worker.facts();
    for (const place of places) {
      if (signal.aborted) return;
      const partition = partitionOf(place.tenant, place.environment, this.ports.partitions);
      await this.owned.get(partition)?.worker.settlements(place);
    }
  }

  private async tick(): Promise<void> {
    const nowMs = this.ports.nowMs();
    for (const own of this.owned.values()) {
      // Behind the stream, time passes by the stamps of what is read.
      if (this.stopping.signal.aborted) return;
      if (nowMs - own.tickedAtMs < TICK_MS || own.worker.isIdle || !own.consumer.caughtUp()) continue;
      own.tickedAtMs = nowMs;
      await own.worker.tick(nowMs);
    }
  }

  private async every(ms: number, work: () => Promise<void>): Promise<void> {
    const { signal } = this.stopping;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await work();
        failures = 0;
      } catch (error) {
        // A lost session is told by itself, and the next round goes on without it.
        if (failures++ === 0 && !signal.aborted)
          this.ports.onTrouble('a round of the partitions failed; the next one tries again', error);
        await pause(REOPEN_MS, undefined, { signal }).catch(() => {});
      }
      await pause(ms, undefined, { signal }).catch(() => {});
    }
  }
}
