import type { InstantMs } from '@parapet/kernel';
import type { Query, Row } from '../sql/read-only-database.js';
import { MeasurementFailed } from '../probe.js';
import type { ArchivedWal } from './restorable.js';

// Ages by the server's own clock, so that ours may differ; the newest name may be that of a backup's label file.
const ARCHIVER_SQL = `
SELECT current_setting('archive_mode') AS mode, pg_is_in_recovery() AS is_replica, failed_count,
       substr(last_archived_wal, 1, 24) AS archived_wal, last_failed_wal,
       extract(epoch FROM clock_timestamp() - last_archived_time)::float8 AS archived_s,
       extract(epoch FROM clock_timestamp() - last_failed_time)::float8 AS failed_s,
       extract(epoch FROM clock_timestamp() - stats_reset)::float8 AS counted_s
FROM pg_stat_archiver`;

const SEGMENT = /^[0-9A-F]{24}$/;

/** How the archiver of WAL is doing. */
export interface ArchiverState {
  /** Since when nothing has left although something should, in seconds; 0 while it works. */
  readonly failingSeconds: number;
  /** The newest segment that left; null where none has. */
  readonly archived: ArchivedWal | null;
  readonly notes: readonly string[];
}

/** Asks the primary about its archiver. Throws MeasurementFailed where there is none to ask about. */
export async function readArchiver(query: Query, nowMs: InstantMs): Promise<ArchiverState> {
  const [row] = await query(ARCHIVER_SQL, {});
  if (row === undefined) throw new MeasurementFailed('defect', 'pg_stat_archiver gave no row');
  return archiverState(row, nowMs);
}

/** What a row of `pg_stat_archiver` says at a time. */
export function archiverState(row: Row, nowMs: InstantMs): ArchiverState {
  if (row.is_replica === true) {
    throw new MeasurementFailed(
      'missing',
      'this is a copy: its archiver says nothing about the primary, which must be asked',
    );
  }
  if (row.mode === 'off') throw new MeasurementFailed('missing', 'archive_mode is off: no WAL is archived');
  const archivedS = secondsOf(row.archived_s);
  const failedS = secondsOf(row.failed_s);
  const wal = String(row.archived_wal ?? '');
  const archived = archivedS !== null && SEGMENT.test(wal) ? { wal, atMs: Math.floor(nowMs - archivedS * 1000) } : null;
  const isFailing = failedS !== null && (archivedS === null || failedS < archivedS);
  if (!isFailing) return { failingSeconds: 0, archived, notes: [] };
  // Nothing ever left: it has been failing for as long as it was counted.
  const failingSeconds = archivedS ?? secondsOf(row.counted_s) ?? failedS;
  const note = `archiving fails: segment ${String(row.last_failed_wal)} did not leave, ${String(row.failed_count)} failures so far`;
  return { failingSeconds, archived, notes: [note] };
}

function secondsOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? Math.max(0, value) : null;
}
