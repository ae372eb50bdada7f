import type { ActuationEvent } from '@parapet/actuation';
import type { Database, Journal } from '@parapet/postgres';
import { Actuator } from './actuator.js';
import { Hold } from './hold.js';
import { Ledger } from './ledger.js';
import { due, type QueuedActuation } from './queue.js';
import type { Targets } from './target.js';

/** What goes on outside, for logs and metrics. */
export interface WorkerObserver {
  events(tenant: string, events: readonly ActuationEvent[]): void;
  trouble(what: string, error: unknown): void;
}

export interface WorkerOptions {
  readonly db: Database;
  /** For the sessions that hold components; the same role as `db`. */
  readonly databaseUrl: string;
  readonly journal: Journal;
  readonly targets: Targets;
  readonly observer: WorkerObserver;
  readonly chance?: () => number;
  readonly pollMs?: number;
}

/** Rollbacks at the same time in this process; each holds a database session. */
const ACTUATIONS_MAX = 8;
/** After a failure, or where another actuator holds the component. */
const AGAIN_MS = 1_000;

/** Looks for due actuations and carries each out while it holds the components; any number of processes may do so. */
export class Worker {
  private readonly stopping = new AbortController();
  private readonly running = new Map<string, Promise<void>>();
  private readonly notBefore = new Map<string, number>();
  private wake: () => void = () => undefined;
  private loop: Promise<void> = Promise.resolve();
  private isLooking = true;

  constructor(private readonly o: WorkerOptions) {}

  start(): void {
    this.loop = this.look();
  }

  /** Looks at once. */
  nudge(): void {
    this.wake();
  }

  /** Takes nothing new and lets go of what runs: a request that is out is asked about by whoever takes over. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.loop;
    await Promise.allSettled(this.running.values());
  }

  private async look(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        const found = await this.o.db.transact('*', (tx) => due(tx, ACTUATIONS_MAX * 4));
        for (const queued of found) this.begin(queued);
        this.isLooking = true;
      } catch (error) {
        // Said once per outage.
        if (this.isLooking) this.o.observer.trouble('cannot look for rollbacks to carry out', error);
        this.isLooking = false;
      }
      await this.rest();
    }
  }

  private begin(queued: QueuedActuation): void {
    const id = `${queued.tenant} ${queued.actuation}`;
    const isTooEarly = performance.now() < (this.notBefore.get(id) ?? 0);
    if (this.running.has(id) || isTooEarly || this.running.size >= ACTUATIONS_MAX) return;
    const run = this.carry(queued, id).finally(() => {
      this.running.delete(id);
      this.wake();
    });
    this.running.set(id, run);
  }

  private async carry(queued: QueuedActuation, id: string): Promise<void> {
    const { databaseUrl, journal, targets, observer } = this.o;
    try {
      const hold = await Hold.take(databaseUrl, queued.tenant, queued.environment, queued.components);
      if (hold === null) {
        this.notBefore.set(id, performance.now() + AGAIN_MS);
        return;
      }
      const ledger = new Ledger(queued, hold, journal, (tenant, events) => observer.events(tenant, events));
      try {
        await new Actuator(ledger, hold, targets, this.o.chance ?? Math.random, this.stopping.signal).run();
      } finally {
        await hold.release();
      }
      this.notBefore.delete(id);
    } catch (error) {
      this.notBefore.set(id, performance.now() + AGAIN_MS);
      // It stays in the queue, for this process or another.
      observer.trouble(`actuation ${queued.actuation} of ${queued.release} was interrupted`, error);
    }
  }

  private async rest(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.o.pollMs ?? 500);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
