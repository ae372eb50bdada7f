import { type Beat, beatOf, type PublicEvent, type SignalBatch } from '@parapet/contracts';
import { HandlerEnded, type Received } from '@parapet/jetstream';
import type { Configuration } from '@parapet/policy';
import type { Database, Journal, PartitionSession, Tx } from '@parapet/postgres';
import { environmentIn, type PartitionMemory } from './environment.js';
import { applyFact } from './facts.js';
import { foldBatch, foldSettlement, foldTick } from './fold.js';
import { historyIn } from './history/read-history.js';
import { ensureDays } from './history/history-days.js';
import { readFacts, readMemory, writePosition } from './memory-store.js';
import type { WatchClock } from './rows.js';
import { markSettlement, readSettlements, type SettledPlace } from './settlements.js';
import type { Surroundings } from './tell.js';
import { type RecentValue, Writes } from './writes.js';

/** What a partition's worker works with. */
export interface WorkerPorts {
  readonly session: PartitionSession;
  /** For what is no part of the partition's work: making the tables of a day. */
  readonly db: Database;
  readonly journal: Journal;
  readonly publicUrl: string;
  readonly configurationOf: (tenant: string) => Configuration | null;
  /** Relays a tenant's new rows. */
  readonly nudge: (tenant: string) => void;
  readonly showRecent: (values: readonly RecentValue[]) => void;
  readonly onSaid: (tenant: string, event: PublicEvent) => void;
  /** Told of every committed batch: how many messages, and how old the newest of them is. */
  readonly onJudged: (partition: number, messages: number, lagMs: number) => void;
  /** Told of our own heartbeat once it has been judged as far as it can be: with the position committed. */
  readonly onBeat: (beat: Beat) => void;
  readonly nowMs: () => number;
  readonly onIgnored: (signal: string, why: string) => void;
}

const FACTS_MAX = 200;
/** How often the clock of quiet watches is written: well within what others take for a dead evaluator. */
const CLOCK_EVERY_MS = 5_000;

/**
 * The work of one partition, one thing after another: a batch of signals, waiting facts, or a tick is folded into the memory
 * and written in one transaction of the session that owns the partition. Whatever fails is forgotten and read again from the
 * database, so that memory never runs ahead of what is committed.
 */
export class PartitionWorker {
  private memory: PartitionMemory | null = null;
  private turn: Promise<unknown> = Promise.resolve();
  private isEnding = false;
  private clockWrittenMs = Number.NEGATIVE_INFINITY;

  constructor(
    readonly partition: number,
    private readonly ports: WorkerPorts,
  ) {}

  /** Where the partition stands: signals up to here are judged. */
  position(): Promise<number> {
    return this.inTurn(async () => (await this.load()).position);
  }

  /** Whether any environment of this partition is known; without one a tick has nothing to do. */
  get isIdle(): boolean {
    return this.memory !== null && this.memory.environments.size === 0;
  }

  /** How many watches are open. */
  get openWatches(): number {
    return [...(this.memory?.environments.values() ?? [])].reduce((sum, e) => sum + e.watches.size, 0);
  }

  /** Judges a batch; messages up to the recorded position were judged before and are skipped. */
  batch(messages: readonly Received<SignalBatch>[]): Promise<void> {
    return this.inTurn(async () => {
      let newestMs = Number.NEGATIVE_INFINITY;
      const beats: Beat[] = [];
      await this.work(async (memory, writes) => {
        for (const { message, streamSeq, receivedAtMs, traceparent } of messages) {
          if (streamSeq <= memory.position) continue;
          memory.clockMs = Math.max(memory.clockMs, receivedAtMs);
          newestMs = Math.max(newestMs, receivedAtMs);
          memory.position = streamSeq;
          const beat = beatOf(message);
          if (beat !== null) {
            beats.push(beat);
            continue;
          }
          const environment = environmentIn(memory, message.tenant, message.environment);
          const moment = { clockMs: memory.clockMs, trace: traceparent };
          foldBatch(this.surroundings(message.tenant), environment, message, receivedAtMs, moment, writes);
        }
        return true;
      });
      for (const beat of beats) this.ports.onBeat(beat);
      if (newestMs > 0) this.ports.onJudged(this.partition, messages.length, this.ports.nowMs() - newestMs);
    });
  }

  /** Applies the facts that wait for this partition; answers how many. */
  facts(): Promise<number> {
    return this.inTurn(async () => {
      let applied = 0;
      await this.work(async (memory, writes, tx) => {
        const done: { readonly tenant: string; readonly seq: number }[] = [];
        for (const fact of await readFacts(tx, this.partition, FACTS_MAX)) {
          // A tenant whose configuration is a moment behind: its facts wait.
          if (this.ports.configurationOf(fact.tenant) === null) continue;
          memory.clockMs = Math.max(memory.clockMs, fact.recordedAtMs);
          const moment = { clockMs: memory.clockMs, trace: fact.trace };
          const environment = environmentIn(memory, fact.tenant, fact.environment);
          const isApplied = await applyFact(
            this.surroundings(fact.tenant),
            environment,
            fact,
            moment,
            historyIn(tx),
            writes,
          );
          if (isApplied) done.push(fact);
        }
        applied = done.length;
        if (applied === 0) return false;
        await tx.query(
          'UPDATE evaluation_fact SET applied_at = now() WHERE (tenant, seq) IN (SELECT * FROM unnest($1::text[], $2::bigint[]))',
          [done.map((f) => f.tenant), done.map((f) => f.seq)],
        );
        return true;
      });
      return applied;
    });
  }

  /** Applies what people said of doubtful alerts of an environment of this partition; answers how many words. */
  settlements(place: SettledPlace): Promise<number> {
    return this.inTurn(async () => {
      // A tenant whose configuration is a moment behind: its words wait.
      if (this.ports.configurationOf(place.tenant) === null) return 0;
      let applied = 0;
      await this.work(async (memory, writes, tx) => {
        const waiting = await readSettlements(tx, place, FACTS_MAX);
        const environment = environmentIn(memory, place.tenant, place.environment);
        for (const { seq, settlement, recordedAtMs, trace } of waiting) {
          memory.clockMs = Math.max(memory.clockMs, recordedAtMs);
          const moment = { clockMs: memory.clockMs, trace };
          const refusal = foldSettlement(this.surroundings(place.tenant), environment, settlement, moment, writes);
          await markSettlement(tx, place.tenant, seq, refusal);
        }
        applied = waiting.length;
        return applied > 0;
      });
      return applied;
    });
  }

  /** Lets time pass up to now. To be called only when all signals that came before have been judged. */
  tick(nowMs: number): Promise<void> {
    return this.inTurn(async () => {
      const memory = await this.load();
      if (memory.environments.size === 0 || nowMs <= memory.clockMs) return;
      // Folded outside a transaction first: most ticks change nothing, and then nothing is written.
      const writes = new Writes();
      memory.clockMs = nowMs;
      const ticked: WatchClock[] = [];
      try {
        for (const environment of memory.environments.values()) {
          if (this.ports.configurationOf(environment.tenant) === null) continue;
          foldTick(this.surroundings(environment.tenant), environment, { clockMs: nowMs, trace: undefined }, writes);
          for (const release of environment.watches.keys()) ticked.push({ tenant: environment.tenant, release });
        }
        // Whoever reads a verdict has to see that somebody is still judging.
        const isClockDue = nowMs - this.clockWrittenMs >= CLOCK_EVERY_MS;
        if (isClockDue) writes.judgedUpTo(nowMs, ticked);
        if (!writes.isEmpty) await this.commit(memory, writes);
        if (isClockDue) this.clockWrittenMs = nowMs;
      } catch (error) {
        this.forget();
        throw error;
      }
    });
  }

  /** What has not begun to be judged is left to the next owner. */
  end(): void {
    this.isEnding = true;
  }

  /** Waits for what is under way. */
  async idle(): Promise<void> {
    await this.turn;
  }

  /** Starts again after a stream that ends before our position: what comes next has lower numbers and was never judged. */
  rewind(lastSeq: number): Promise<void> {
    return this.inTurn(() =>
      this.work(async (memory) => {
        memory.position = Math.min(memory.position, lastSeq);
        return true;
      }),
    );
  }

  private async work(fold: (memory: PartitionMemory, writes: Writes, tx: Tx) => Promise<boolean>): Promise<void> {
    this.mustGoOn();
    const memory = await this.load();
    const writes = new Writes();
    try {
      await this.ports.session.transact('*', async (tx) => {
        // The session works for all partitions, one after another: this one's turn may have come after the end.
        this.mustGoOn();
        if (!(await fold(memory, writes, tx))) return;
        await this.write(tx, memory, writes);
      });
    } catch (error) {
      this.forget();
      throw error;
    }
    this.after(memory, writes);
  }

  private async commit(memory: PartitionMemory, writes: Writes): Promise<void> {
    await this.ports.session.transact('*', (tx) => this.write(tx, memory, writes));
    this.after(memory, writes);
  }

  private async write(tx: Tx, memory: PartitionMemory, writes: Writes): Promise<void> {
    await ensureDays(this.ports.db, writes.days());
    await writePosition(tx, this.partition, memory.position, memory.clockMs);
    await writes.write(tx, this.partition, this.ports.journal);
    for (const tenant of new Set(writes.said.map((s) => s.tenant))) tx.afterCommit(() => this.ports.nudge(tenant));
  }

  /** What follows from a commit and may fail without harm. */
  private after(memory: PartitionMemory, writes: Writes): void {
    for (const environment of memory.environments.values()) {
      for (const [release, watch] of environment.watches) {
        if (watch.running.state.isOver) environment.watches.delete(release);
      }
    }
    for (const { tenant, event } of writes.said) this.ports.onSaid(tenant, event);
    if (writes.recent.length > 0) this.ports.showRecent(writes.recent);
  }

  private surroundings(tenant: string): Surroundings {
    const configuration = this.ports.configurationOf(tenant);
    if (configuration === null) throw new ConfigurationMissing(tenant);
    return { configuration, publicUrl: this.ports.publicUrl, onIgnored: this.ports.onIgnored };
  }

  private async load(): Promise<PartitionMemory> {
    this.memory ??= await this.ports.session.transact('*', (tx) => readMemory(tx, this.partition));
    return this.memory;
  }

  private forget(): void {
    this.memory = null;
  }

  private mustGoOn(): void {
    if (this.isEnding) throw new HandlerEnded();
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(work);
    this.turn = mine.catch(() => {});
    return mine;
  }
}

/** The tenant of a message is not configured (yet): its configuration may be a moment behind its first signals. */
export class ConfigurationMissing extends Error {
  override readonly name = 'ConfigurationMissing';
  constructor(readonly tenant: string) {
    super(`tenant ${tenant} is not configured`);
  }
}
