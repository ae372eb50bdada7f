import { type InstantMs, invariant } from '@parapet/kernel';
import type { QueryTurns } from './turns.js';

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

/** Where a signal that was never seen begins. */
export interface CursorStart {
  readonly newestMs: InstantMs;
  readonly historyMs: number;
}

/** Up to where each signal was asked. */
export interface QueryCursors {
  /** Where a signal stands; one that is new begins at the newest instant, with a past of some length before it. */
  read(key: CursorKey, start: CursorStart): Promise<QueryCursor>;
  /** Moves the present's or the past's cursor forward, never back. */
  move(key: CursorKey, which: 'asked_to' | 'filled_to', toMs: InstantMs): Promise<void>;
}

/** Cursors in PostgreSQL, moved through the session that holds the locks: who lost them moves none. */
export class PostgresCursors implements QueryCursors {
  constructor(private readonly turns: Pick<QueryTurns, 'transact'>) {}

  read(key: CursorKey, { newestMs, historyMs }: CursorStart): Promise<QueryCursor> {
    return this.turns.transact(key.tenant, async (tx) => {
      await tx.query(
        `INSERT INTO query_cursor (tenant, source, signal, began_at, asked_to, filled_to)
         VALUES ($1, $2, $3, to_timestamp($4::float8 / 1000), to_timestamp($4::float8 / 1000), to_timestamp($5::float8 / 1000))
         ON CONFLICT DO NOTHING`,
        [...valuesOf(key), newestMs, newestMs - historyMs],
      );
      const [row] = await tx.query<Record<'began' | 'asked' | 'filled', number>>(
        `SELECT extract(epoch FROM began_at)::float8 * 1000 AS began, extract(epoch FROM asked_to)::float8 * 1000 AS asked,
                extract(epoch FROM filled_to)::float8 * 1000 AS filled
           FROM query_cursor WHERE tenant = $1 AND source = $2 AND signal = $3`,
        valuesOf(key),
      );
      invariant(row !== undefined, `the cursor of ${key.source}/${key.signal} is gone`);
      return { beganMs: Math.round(row.began), askedToMs: Math.round(row.asked), filledToMs: Math.round(row.filled) };
    });
  }

  async move(key: CursorKey, which: 'asked_to' | 'filled_to', toMs: InstantMs): Promise<void> {
    await this.turns.transact(key.tenant, (tx) =>
      tx.query(
        `UPDATE query_cursor SET ${which} = greatest(${which}, to_timestamp($4::float8 / 1000))
          WHERE tenant = $1 AND source = $2 AND signal = $3`,
        [...valuesOf(key), toMs],
      ),
    );
  }
}

function valuesOf({ tenant, source, signal }: CursorKey): readonly string[] {
  return [tenant, source, signal];
}
