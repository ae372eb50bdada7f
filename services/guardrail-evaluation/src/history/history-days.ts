import type { InstantMs } from '@parapet/kernel';
import type { Database } from '@parapet/postgres';

const HISTORY_DAYS = 35;
const DAY_MS = 24 * 3_600_000;
const made = new WeakMap<Database, Set<string>>();

/**
 * Makes the tables of the days that are about to be written, once each; with the first of a day the oldest go. On a connection of its
 * own: a table is made under a lock on all roll-ups that a long transaction must not hold.
 */
export async function ensureDays(db: Database, days: readonly string[]): Promise<void> {
  const known = made.get(db) ?? new Set<string>();
  made.set(db, known);
  const missing = days.filter((day) => !known.has(day));
  if (missing.length === 0) return;
  await db.transact('*', (tx) => tx.query('SELECT evaluation_rollup_days($1::date[])', [missing]));
  for (const day of missing) known.add(day);
}

/** Whether history is kept of an instant: neither too old for any baseline, nor from a clock that is ahead. */
export function isHistoryKept(atMs: InstantMs, clockMs: InstantMs): boolean {
  return atMs > clockMs - HISTORY_DAYS * DAY_MS && atMs < clockMs + DAY_MS;
}
