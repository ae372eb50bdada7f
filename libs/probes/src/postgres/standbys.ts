import type { InstantMs } from '@parapet/kernel';

/** How one standby stands, as its primary sees it; positions in bytes of log. */
export interface StandbyReading {
  readonly standby: string;
  /** The delay that the primary measured lately; null where nothing was replayed lately. */
  readonly lagS: number | null;
  readonly replayed: number;
  readonly written: number;
}

interface Awaited {
  readonly position: number;
  readonly sinceMs: InstantMs;
}

/**
 * Tells how late standbys are. What the primary measures stops with the standby: a replay that stands still shows a small lag, or
 * none, while bytes pile up (odoo-kpis 4). So a position seen in one reading and not yet replayed in a later one makes the standby
 * at least as late as the time between them.
 */
export class StandbyWatch {
  #awaited: ReadonlyMap<string, Awaited> = new Map();

  /** The lag of each standby in seconds; null where a second reading has to show whether it moves. */
  lags(readings: readonly StandbyReading[], nowMs: InstantMs): ReadonlyMap<string, number | null> {
    const awaited = new Map<string, Awaited>();
    const lags = new Map<string, number | null>();
    for (const { standby, lagS, replayed, written } of readings) {
      const isBehind = written > replayed;
      const before = this.#awaited.get(standby);
      const overdue = before !== undefined && replayed < before.position ? before : null;
      if (isBehind) awaited.set(standby, overdue ?? { position: written, sinceMs: nowMs });
      const atLeastS = overdue === null ? null : (nowMs - overdue.sinceMs) / 1000;
      lags.set(standby, isBehind ? larger(lagS, atLeastS) : 0);
    }
    this.#awaited = awaited;
    return lags;
  }
}

function larger(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}
