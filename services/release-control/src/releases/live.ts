import type { Database } from '@parapet/postgres';

const LOOK_EVERY_MS = 500;

interface Watched {
  readonly tenant: string;
  readonly release: string;
  /** The newest version that watchers were told of; null: not looked yet. */
  version: number | null;
  readonly listeners: Set<() => void>;
}

/**
 * Tells whoever follows a release that its stream has grown.
 *
 * Commits and messages of this instance tell at once. Other instances' are found by one look at the journal twice a second,
 * for all followed releases together and only while somebody follows one: nothing is kept that a lost connection could stop.
 */
export class Live {
  private readonly watched = new Map<string, Watched>();
  private timer: NodeJS.Timeout | null = null;
  private isStopped = false;

  constructor(
    private readonly db: Database,
    private readonly onProblem: (problem: unknown) => void,
  ) {}

  /** Rows of a release were committed. */
  changed(tenant: string, release: string): void {
    for (const listener of [...(this.watched.get(`${tenant}/${release}`)?.listeners ?? [])]) listener();
  }

  /** Calls back whenever the stream may have grown; answers how to stop. */
  watch(tenant: string, release: string, listener: () => void): () => void {
    const key = `${tenant}/${release}`;
    const watched = this.watched.get(key) ?? { tenant, release, version: null, listeners: new Set() };
    watched.listeners.add(listener);
    this.watched.set(key, watched);
    this.schedule();
    return () => {
      watched.listeners.delete(listener);
      if (watched.listeners.size === 0) this.watched.delete(key);
    };
  }

  /** Ends all waiting, so that followers do not hold up the end of the process. */
  onModuleDestroy(): void {
    this.isStopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    for (const watched of this.watched.values()) for (const listener of [...watched.listeners]) listener();
  }

  get stopped(): boolean {
    return this.isStopped;
  }

  private schedule(): void {
    if (this.timer !== null || this.isStopped || this.watched.size === 0) return;
    this.timer = setTimeout(() => {
      void this.look()
        .catch(this.onProblem)
        .finally(() => {
          this.timer = null;
          this.schedule();
        });
    }, LOOK_EVERY_MS);
  }

  private async look(): Promise<void> {
    const all = [...this.watched.values()];
    const grown = await this.db.transact('*', (tx) =>
      tx.query<{ tenant: string; stream: string; version: number }>(
        `SELECT w.tenant, w.stream, (SELECT max(j.version) FROM journal j WHERE j.tenant = w.tenant AND j.stream = w.stream) AS version
           FROM unnest($1::text[], $2::text[]) AS w (tenant, stream)`,
        [all.map((w) => w.tenant), all.map((w) => w.release)],
      ),
    );
    for (const { tenant, stream, version } of grown) {
      const watched = this.watched.get(`${tenant}/${stream}`);
      if (watched === undefined || version === null || watched.version === version) continue;
      watched.version = version;
      this.changed(tenant, stream);
    }
  }
}

/** Waits until a watched thing may have changed, or the time is over; what happens between two waits is not missed. */
export class Waiter {
  private hasChanged = false;
  private wake: (() => void) | null = null;
  private readonly unwatch: () => void;

  constructor(live: Live, tenant: string, release: string) {
    this.unwatch = live.watch(tenant, release, () => this.notify());
  }

  notify(): void {
    this.hasChanged = true;
    this.wake?.();
  }

  /** True where something may have changed, false where the time is over. */
  async next(ms: number): Promise<boolean> {
    if (!this.hasChanged) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.wake = null;
    }
    const changed = this.hasChanged;
    this.hasChanged = false;
    return changed;
  }

  close(): void {
    this.unwatch();
    this.wake?.();
  }
}
