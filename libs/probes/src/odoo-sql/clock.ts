import type { InstantMs } from '@parapet/kernel';
import { MeasurementFailed } from '../probe.js';
import type { Query } from '../sql/read-only-database.js';

// A running receiver that has received and replayed the same has everything its primary sent, however long ago the last
// commit was. Without a receiver nobody knows what the primary did since.
const CLOCK_SQL = `
SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms,
       pg_is_in_recovery() AS is_replica,
       pg_is_in_recovery() AND pg_last_wal_receive_lsn() IS NOT DISTINCT FROM pg_last_wal_replay_lsn()
         AND EXISTS (SELECT FROM pg_stat_get_wal_receiver() r WHERE r.pid IS NOT NULL) AS is_caught_up,
       (extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000)::float8 AS replayed_ms`;

/** What the database says of its own time. */
export interface DatabaseClock {
  readonly nowMs: InstantMs;
  readonly isReplica: boolean;
  /** It is a copy that had replayed everything it had received, and it was receiving. */
  readonly isCaughtUp: boolean;
  /** How long ago the newest replayed transaction was committed; null where none was replayed yet. */
  readonly replayedMs: number | null;
}

/** Reads the database's clock, and how far its replay got. */
export async function readClock(query: Query): Promise<DatabaseClock> {
  const [row] = await query(CLOCK_SQL, {});
  return {
    nowMs: Math.floor(Number(row?.now_ms)),
    isReplica: row?.is_replica === true,
    isCaughtUp: row?.is_caught_up === true,
    replayedMs: row?.replayed_ms == null ? null : Math.max(0, Number(row.replayed_ms)),
  };
}

/**
 * How far a copy is behind, by what it says now and what it said before.
 *
 * The age of the newest replayed transaction is an upper bound: with an idle primary it grows although nothing is behind.
 * So is the time since the copy was last seen to have everything. The smaller of the two is what may be missing.
 */
export class ReplicaLag {
  #caughtUpAtMs: InstantMs | null = null;

  /** @param lagMaxMs with more than this the copy is too old to be asked */
  constructor(private readonly lagMaxMs: number) {}

  /** Milliseconds; 0 of an original. Throws MeasurementFailed where it is too much, or cannot be told. */
  of(clock: DatabaseClock): number {
    if (!clock.isReplica) return 0;
    if (clock.isCaughtUp) {
      this.#caughtUpAtMs = clock.nowMs;
      return 0;
    }
    const sinceMs = this.#caughtUpAtMs === null ? null : Math.max(0, clock.nowMs - this.#caughtUpAtMs);
    const bounds = [clock.replayedMs, sinceMs].filter((ms) => ms !== null);
    if (bounds.length === 0) throw new MeasurementFailed('behind', 'the copy cannot tell how far behind it is');
    const lagMs = Math.min(...bounds);
    if (lagMs <= this.lagMaxMs) return lagMs;
    const seconds = (ms: number) => Math.round(ms / 1000);
    throw new MeasurementFailed(
      'behind',
      `the copy is up to ${seconds(lagMs)} s behind its primary, more than ${seconds(this.lagMaxMs)} s: old rows look healthy`,
    );
  }
}
