import { type InstantMs, invariant } from '@parapet/kernel';
import { MINUTE_MS, type RollUp } from './roll-up.js';

/** A span of time, its end left out. */
export interface Period {
  readonly fromMs: InstantMs;
  readonly toMs: InstantMs;
}

/**
 * One stretch of history in equal intervals, in the order of time; null where nothing was heard. Several pieces that belong
 * together (an hour with a bad quarter left out) are one window with nulls in between; other weeks are windows of their own.
 */
export interface HistoryWindow<T> {
  readonly fromMs: InstantMs;
  readonly toMs: InstantMs;
  readonly intervalMs: number;
  readonly intervals: readonly (T | null)[];
}

/** More earlier weeks than this say little about now (statistics 4.1). */
export const WEEKS_POOLED_MAX = 4;
/** No correlation is looked for over more intervals than this, so a longer hole need not be kept as long as it was. */
const HOLE_INTERVALS_MAX = 60;

/** The window that roll-ups of the periods make, from the first to the last that holds anything; null where none does. */
export function windowOf<T>(
  rollUps: readonly RollUp[],
  periods: readonly Period[],
  stepMs: number,
  read: (rollUps: readonly RollUp[]) => T | null,
): HistoryWindow<T> | null {
  invariant(stepMs > 0 && stepMs % MINUTE_MS === 0, `a window is of whole minutes, not of ${stepMs} ms`);
  const bySlot = new Map<number, RollUp[]>();
  for (const rollUp of rollUps) {
    if (!periods.some((p) => rollUp.minuteMs >= p.fromMs && rollUp.minuteMs < p.toMs)) continue;
    const slot = Math.floor(rollUp.minuteMs / stepMs);
    const own = bySlot.get(slot);
    if (own === undefined) bySlot.set(slot, [rollUp]);
    else own.push(rollUp);
  }
  const slots = [...bySlot.keys()].sort((a, b) => a - b);
  const [first, last] = [slots[0], slots.at(-1)];
  if (first === undefined || last === undefined) return null;
  const intervals: (T | null)[] = [];
  let before = first - 1;
  for (const slot of slots) {
    const hole = slot - before - 1;
    const isHeld = hole > 0 && isWithin(periods, (before + 1) * stepMs, slot * stepMs);
    const kept = isHeld ? hole : Math.min(hole, HOLE_INTERVALS_MAX);
    for (let i = 0; i < kept; i++) intervals.push(null);
    intervals.push(read(bySlot.get(slot) as RollUp[]));
    before = slot;
  }
  return { fromMs: first * stepMs, toMs: (last + 1) * stepMs, intervalMs: stepMs, intervals };
}

/** Whether a hole is silence within one period, rather than time that was left out. */
function isWithin(periods: readonly Period[], fromMs: InstantMs, toMs: InstantMs): boolean {
  return periods.some((p) => fromMs >= p.fromMs && toMs <= p.toMs);
}

/** From the earliest to the latest instant of several windows. */
export function spanOf(windows: readonly Period[]): Period {
  return { fromMs: Math.min(...windows.map((w) => w.fromMs)), toMs: Math.max(...windows.map((w) => w.toMs)) };
}
