import type { InstantMs } from '@parapet/kernel';
import type { Query } from './connection.js';

// A copy that has replayed everything it received is up to date even when its last transaction is old.
const CLOCK_SQL = `
SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms,
       pg_is_in_recovery() AS is_replica,
       CASE WHEN NOT pg_is_in_recovery() THEN 0
            WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
            ELSE greatest(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000, 0)::float8
       END AS lag_ms`;

/** What the database says of its own time. */
export interface DatabaseClock {
  readonly nowMs: InstantMs;
  readonly isReplica: boolean;
  /** Null where a copy cannot tell how far behind it is. */
  readonly lagMs: number | null;
}

/** Reads the database's clock, and how far behind its primary it is. */
export async function readClock(query: Query): Promise<DatabaseClock> {
  const [row] = await query(CLOCK_SQL, {});
  return {
    nowMs: Math.floor(Number(row?.now_ms)),
    isReplica: row?.is_replica === true,
    lagMs: row?.lag_ms == null ? null : Number(row.lag_ms),
  };
}
