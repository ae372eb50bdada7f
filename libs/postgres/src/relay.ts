import { setTimeout as pause } from 'node:timers/promises';
import { cloudEvent, CLOUD_EVENT_MEDIA_TYPE, encodeEvent, isPublicType, publicSubject } from '@parapet/contracts';
import type { JournalRow, Publisher } from '@parapet/runtime';
import type { Database } from './database.js';
import { readTenantRows } from './journal.js';
import { PUBLIC_TYPES, type StreamTail, TailCheck } from './relay-tail.js';
import type { OnProblem } from './transaction.js';
import { warnOfProblem } from './transaction.js';

const BATCH_ROWS = 200;
/** A relayer that held the cursor longer may have been paused: it stops, so that the server can take the lock from it. */
const HOLD_MS = 5_000;
const PUBLISH_TIMEOUT_MS = 5_000;
const BACKOFF_MS = 100;
const BACKOFF_MS_MAX = 5_000;

/** How a relay looks for work, and whom it tells. */
export interface RelayOptions {
  /** Where the stream ends, to find what it lost; absent: never looked. */
  readonly tail?: StreamTail;
  readonly sweepEveryMs?: number;
  readonly tailEveryMs?: number;
  readonly onProblem?: OnProblem;
  /** Called for each row confirmed, with the time since it was recorded. */
  readonly onPublished?: (row: JournalRow, lagMs: number) => void;
}

/** What to do where another process holds the tenant's cursor: it may have read before our commit, or it may be doing our work. */
type IfLocked = 'wait' | 'skip';

interface TenantState {
  isRunning: boolean;
  /** Asked for since the last look; null: nothing. */
  asked: IfLocked | null;
  failures: number;
  notBefore: number;
}

/**
 * Publishes public rows in `seq` order per tenant, one at a time and each confirmed before the next, so that neither a
 * lost connection nor a second relayer can change their order. Any number of services may run one.
 */
export class Relay {
  private readonly tenants = new Map<string, TenantState>();
  private readonly inFlight = new Set<Promise<unknown>>();
  private readonly stopping = new AbortController();
  private readonly onProblem: OnProblem;
  private readonly tailCheck: TailCheck | null;

  constructor(
    private readonly db: Database,
    private readonly publisher: Publisher,
    private readonly o: RelayOptions = {},
  ) {
    this.onProblem = o.onProblem ?? warnOfProblem;
    this.tailCheck = o.tail === undefined ? null : new TailCheck(db, o.tail, this.onProblem);
  }

  /** The fast path: relays a tenant's new rows now. To be called after a commit (`tx.afterCommit`). */
  nudge(tenant: string): void {
    if (this.stopping.signal.aborted) return;
    this.track(this.drain(tenant, 'wait'));
  }

  /** Begins to sweep what others left, and to compare the stream's tail with the cursor. */
  start(): void {
    this.track(this.every(this.o.sweepEveryMs ?? 1_000, () => this.sweep()));
    if (this.tailCheck !== null) this.track(this.every(this.o.tailEveryMs ?? 60_000, () => this.compareTails(false)));
  }

  /** To be called whenever the connection to the stream is back: it may have lost its tail. */
  reconnected(): void {
    for (const state of this.tenants.values()) state.notBefore = 0;
    if (!this.stopping.signal.aborted)
      this.track(
        this.compareTails(true)
          .then(() => this.sweep())
          .catch(this.onProblem),
      );
  }

  /** Ends the loops and waits for what is being published. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.allSettled(this.inFlight);
  }

  /** Relays whatever is journaled and not yet confirmed; answers how many rows this call published. */
  async sweep(): Promise<number> {
    const behind = await this.db.transact('*', (tx) =>
      tx.query<{ tenant: string }>(
        'SELECT tenant FROM journal_heads h JOIN relay_cursor c USING (tenant) WHERE h.seq > c.seq ORDER BY tenant',
      ),
    );
    let published = 0;
    for (const { tenant } of behind) published += await this.drain(tenant, 'skip');
    return published;
  }

  /** Publishes a tenant's public rows from `fromSeq` on again, with their old ids; answers how many these are. */
  async republish(tenant: string, fromSeq: number): Promise<number> {
    const count = await this.db.transact(tenant, async (tx) => {
      await tx.query('SELECT FROM relay_cursor WHERE tenant = $1 FOR UPDATE', [tenant]);
      await tx.query('UPDATE relay_cursor SET seq = least(seq, $2::bigint) WHERE tenant = $1', [
        tenant,
        Math.max(0, fromSeq - 1),
      ]);
      const [row] = await tx.query<{ count: number }>(
        'SELECT count(*) FROM journal WHERE tenant = $1 AND seq >= $2 AND type = ANY($3)',
        [tenant, fromSeq, PUBLIC_TYPES],
      );
      return row?.count ?? 0;
    });
    await this.drain(tenant, 'wait');
    return count;
  }

  /** Compares each tenant's tail with its cursor and relays again what the stream lost; `force`: also where somebody just did. */
  async compareTails(force: boolean): Promise<void> {
    if (this.tailCheck === null) return;
    const rewound = await this.tailCheck.run(force ? 0 : (this.o.tailEveryMs ?? 60_000) / 2);
    for (const tenant of rewound) await this.drain(tenant, 'wait');
  }

  /** Relays until nothing is left; one at a time per tenant here, the cursor's row lock sees to other processes. */
  private async drain(tenant: string, ifLocked: IfLocked): Promise<number> {
    const state = this.stateOf(tenant);
    if (state.asked !== 'wait') state.asked = ifLocked;
    if (state.isRunning) return 0;
    state.isRunning = true;
    let published = 0;
    try {
      while (state.asked !== null && performance.now() >= state.notBefore && !this.stopping.signal.aborted) {
        const asked: IfLocked = state.asked;
        state.asked = null;
        const step = await this.relayBatch(tenant, asked);
        published += step.published;
        if (step.problem !== null) throw step.problem as Error;
        state.failures = 0;
        if (step.isMoreLikely) state.asked ??= asked;
      }
    } catch (error) {
      state.failures++;
      state.notBefore =
        performance.now() + Math.min(BACKOFF_MS_MAX, BACKOFF_MS * 2 ** state.failures) * (0.5 + Math.random() / 2);
      // The sweep tries again; said once per outage, not once per try.
      if (state.failures === 1) this.onProblem(new Error(`cannot relay events of ${tenant}`, { cause: error }));
    } finally {
      state.isRunning = false;
    }
    return published;
  }

  private relayBatch(
    tenant: string,
    ifLocked: IfLocked,
  ): Promise<{ published: number; isMoreLikely: boolean; problem: unknown }> {
    return this.db.transact(tenant, async (tx) => {
      const [cursor] = await tx.query<{ seq: number }>(
        `SELECT seq FROM relay_cursor WHERE tenant = $1 FOR UPDATE ${ifLocked === 'skip' ? 'SKIP LOCKED' : ''}`,
        [tenant],
      );
      // Nothing journaled yet, or another process is at it; what it leaves the next sweep finds.
      if (cursor === undefined) return { published: 0, isMoreLikely: false, problem: null };
      const lockedAt = performance.now();
      const rows = await readTenantRows(tx, tenant, cursor.seq, BATCH_ROWS);

      let confirmedSeq = cursor.seq;
      let published = 0;
      let problem: unknown = null;
      for (const row of rows) {
        if (isPublicType(row.type)) {
          if (performance.now() - lockedAt > HOLD_MS || this.stopping.signal.aborted) break;
          try {
            await this.publish(row);
          } catch (error) {
            problem = error;
            break;
          }
          published++;
        }
        confirmedSeq = row.seq;
      }
      if (confirmedSeq > cursor.seq)
        await tx.query('UPDATE relay_cursor SET seq = $2 WHERE tenant = $1', [tenant, confirmedSeq]);
      const isMoreLikely = rows.length === BATCH_ROWS || confirmedSeq < (rows.at(-1)?.seq ?? 0);
      return { published, isMoreLikely, problem };
    });
  }

  private async publish(row: JournalRow): Promise<void> {
    const headers = {
      'Content-Type': CLOUD_EVENT_MEDIA_TYPE,
      ...(row.trace === null ? {} : { traceparent: row.trace }),
    };
    const overdue = new AbortController();
    try {
      await Promise.race([
        this.publisher.publish(publicSubject(row), encodeEvent(cloudEvent(row)), { messageId: row.id, headers }),
        // A publisher that never settles must not keep the tenant's cursor locked. A late success is a repeat by id.
        pause(PUBLISH_TIMEOUT_MS, undefined, { signal: overdue.signal }).then(() => {
          throw new Error(`event ${row.id} was not confirmed within ${PUBLISH_TIMEOUT_MS} ms`);
        }),
      ]);
    } finally {
      overdue.abort();
    }
    this.o.onPublished?.(row, Date.now() - Date.parse(row.recordedAt));
  }

  private async every(ms: number, work: () => Promise<unknown>): Promise<void> {
    const { signal } = this.stopping;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await work();
        failures = 0;
      } catch (error) {
        if (failures++ === 0) this.onProblem(new Error('cannot look for events to relay', { cause: error }));
      }
      await pause(ms, undefined, { signal }).catch(() => {});
    }
  }

  private stateOf(tenant: string): TenantState {
    const known = this.tenants.get(tenant);
    if (known !== undefined) return known;
    const state: TenantState = { isRunning: false, asked: null, failures: 0, notBefore: 0 };
    this.tenants.set(tenant, state);
    return state;
  }

  private track(work: Promise<unknown>): void {
    this.inFlight.add(work);
    void work.finally(() => this.inFlight.delete(work));
  }
}
