import type { InstantMs } from '@parapet/kernel';

/** What one statement has cost since its counters began. */
export interface StatementCounters {
  readonly statement: string;
  readonly calls: number;
  readonly ms: number;
}

/** All statements at one instant. */
export interface StatementsReading {
  readonly atMs: InstantMs;
  /** When all counters were last reset; null where the server does not tell. */
  readonly resetS: number | null;
  readonly counters: ReadonlyMap<string, StatementCounters>;
}

/** Calls between two readings, and how many of them belong to statements that were slow on average in that time. */
export interface SlowShare {
  readonly slow: number;
  readonly calls: number;
}

/**
 * The share of slow calls since the last reading. Each statement is differenced for itself, since its mean over all time hides what
 * changed a minute ago. Counters that began anew (a reset, or an entry pushed out and taken up again) count from their beginning.
 * @param slowMs the mean of a statement's calls above which they are slow
 */
export function slowShare(last: StatementsReading, now: StatementsReading, slowMs: number): SlowShare {
  const isReset = now.resetS !== last.resetS;
  let slow = 0;
  let calls = 0;
  for (const [statement, counters] of now.counters) {
    const before = isReset ? undefined : last.counters.get(statement);
    const hasBegunAnew = before === undefined || counters.calls < before.calls || counters.ms < before.ms;
    const grown = hasBegunAnew ? counters.calls : counters.calls - before.calls;
    const ms = hasBegunAnew ? counters.ms : counters.ms - before.ms;
    calls += grown;
    if (grown > 0 && ms / grown > slowMs) slow += grown;
  }
  return { slow, calls };
}
