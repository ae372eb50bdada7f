import type { InstantMs } from '@parapet/kernel';
import type { StanzaState } from './info.js';

/** A segment that PostgreSQL says has left, and when. */
export interface ArchivedWal {
  readonly wal: string;
  readonly atMs: InstantMs;
}

/** How much older than a segment's leaving a listing may be that does not hold it yet. */
const SLACK_MS = 60_000;

/** The newest point to which the shop can be restored, or why it cannot be told yet. */
export type RestorablePoint = { readonly atMs: InstantMs; readonly note: string | null } | { readonly unknown: string };

/**
 * The newest point to which a restore can lead: the end of the newest segment that both sides know of. PostgreSQL says when a
 * segment left, pgBackRest whether it arrived; `archive_command = /bin/true` satisfies only the first.
 *
 * @param seen segments in the order in which they left, as far as somebody looked
 * @param writtenAtMs when the listing was written: what left later cannot stand in it
 */
export function restorablePoint(
  stanza: Pick<StanzaState, 'newestMs' | 'walMax'>,
  writtenAtMs: InstantMs | null,
  seen: readonly ArchivedWal[],
): RestorablePoint {
  const { newestMs, walMax } = stanza;
  // Names sort as the log does: timeline, then position.
  const arrived = seen.filter(({ wal }) => walMax !== null && wal <= walMax).at(-1);
  if (arrived !== undefined) return { atMs: Math.max(arrived.atMs, newestMs), note: null };

  const missing = seen.find(({ atMs }) => writtenAtMs !== null && atMs + SLACK_MS <= writtenAtMs);
  if (missing !== undefined) {
    const note = `segment ${missing.wal} left PostgreSQL but is not in the archive of pgBackRest: only the newest backup counts`;
    return { atMs: newestMs, note };
  }
  // A shop that has just been set up has written no whole segment yet.
  if (seen.length === 0)
    return { atMs: newestMs, note: 'no segment has been archived yet: only the newest backup counts' };
  return {
    unknown: 'the listing of pgBackRest is older than the newest segment: it can be told when it is written again',
  };
}
