import type { InstantMs } from '@parapet/kernel';
import type { Tx } from '@parapet/postgres';

/** Which signal a cursor belongs to. */
export interface CursorKey {
  readonly tenant: string;
  readonly source: string;
  readonly signal: string;
}

/** Up to where a signal was asked. */
export interface QueryCursor {
  /** Where the past ends and the present begins. */
  readonly beganMs: InstantMs;
  readonly askedToMs: InstantMs;
  /** Up to where the past is filled; the whole of it, once this is where the present begins. */
  readonly filledToMs: InstantMs;
}

/** Where a signal stands; one that is new begins at the newest instant, with a past of some length before it. */
export async function readCursor(
  tx: Tx,
  key: CursorKey,
  fresh: { readonly newestMs: InstantMs; readonly historyMs: number },
): Promise<QueryCursor> {
  const began = fresh.newestMs;
  await tx.query(
    `INSERT INTO query_cursor (tenant, source, signal, began_at, asked_to, filled_to)
     VALUES ($1, $2, $3, to_timestamp($4::float8 / 1000), to_timestamp($4::float8 / 1000), to_timestamp($5::float8 / 1000))
     ON CONFLICT DO NOTHING`,
    [key.tenant, key.source, key.signal, began, began - fresh.historyMs],
  );
  const [row] = await tx.query<Record<'began' | 'asked' | 'filled', number>>(
    `SELECT extract(epoch FROM began_at)::float8 * 1000 AS began, extract(epoch FROM asked_to)::float8 * 1000 AS asked,
            extract(epoch FROM filled_to)::float8 * 1000 AS filled
       FROM query_cursor WHERE tenant = $1 AND source = $2 AND signal = $3`,
    [key.tenant, key.source, key.signal],
  );
  if (row === undefined) throw new Error(`cannot read the cursor of ${key.source}/${key.signal}`);
  return { beganMs: Math.round(row.began), askedToMs: Math.round(row.asked), filledToMs: Math.round(row.filled) };
}

/** Moves one of the cursors forward, never back. */
export async function moveCursor(
  tx: Tx,
  key: CursorKey,
  which: 'asked_to' | 'filled_to',
  toMs: InstantMs,
): Promise<void> {
  await tx.query(
    `UPDATE query_cursor SET ${which} = greatest(${which}, to_timestamp($4::float8 / 1000))
      WHERE tenant = $1 AND source = $2 AND signal = $3`,
    [key.tenant, key.source, key.signal, toMs],
  );
}
