import type { InstantMs } from '@parapet/kernel';
import type { Counts } from '@parapet/signals';
import { addToRow, type OpenRows } from '../open-rows.js';

/** A window holds at most as many slots, and one; its memory does not grow with what it counts. */
const SLOTS_MAX = 60;

/** A window `(newest − length, newest]`, kept as sums of slots. */
export interface WindowPlan {
  readonly originMs: InstantMs;
  readonly lengthMs: number;
  readonly slotMs: number;
}

/** Rows of slot, events and exposure, of the slots that hold something, oldest first. */
export type Window = OpenRows;

const ROW = 3;

/** A window before any sample. */
export const NO_WINDOW: Window = [];

/**
 * Slots are whole intervals of the signal, as few as a sixtieth of the window allows. A slot counts as long as its end lies within
 * the window, so the window reaches back up to one slot further than its length: exact for samples of their own interval's end, else
 * by a sixtieth of the window, or one interval where that is more.
 */
export function planWindow(originMs: InstantMs, lengthMs: number, intervalMs: number): WindowPlan {
  return { originMs, lengthMs, slotMs: Math.max(1, Math.ceil(lengthMs / SLOTS_MAX / intervalMs)) * intervalMs };
}

/** Adds counts at an instant, in whatever order instants come. */
export function addToWindow(plan: WindowPlan, window: Window, atMs: InstantMs, { events, exposure }: Counts): Window {
  const next = [...window];
  addToRow(next, Math.ceil((atMs - plan.originMs) / plan.slotMs) - 1, [events, exposure]);
  return next;
}

/** Forgets what lies before the window that ends at an instant. */
export function pruneWindow(plan: WindowPlan, window: Window, endMs: InstantMs): Window {
  const fromMs = endMs - plan.lengthMs;
  let first = 0;
  while (first < window.length && plan.originMs + ((window[first] as number) + 1) * plan.slotMs <= fromMs) first += ROW;
  return first === 0 ? window : window.slice(first);
}

/** All that a window holds. */
export function sumOf(window: Window): Counts {
  return sumFrom(window, 0);
}

/** What of it came after the origin. */
export function sumAfterOrigin(window: Window): Counts {
  let row = 0;
  while (row < window.length && (window[row] as number) < 0) row += ROW;
  return sumFrom(window, row);
}

/** When the newest unbroken run of slots with events from before the origin began; null where there is none. */
export function eventsBeforeOriginMs(plan: WindowPlan, window: Window): InstantMs | null {
  let [sinceMs, isRunning]: [InstantMs | null, boolean] = [null, false];
  for (let row = 0; row < window.length && (window[row] as number) < 0; row += ROW) {
    const hasEvents = (window[row + 1] as number) > 0;
    if (hasEvents && !isRunning) sinceMs = plan.originMs + (window[row] as number) * plan.slotMs;
    isRunning = hasEvents;
  }
  return sinceMs;
}

function sumFrom(window: Window, from: number): Counts {
  let [events, exposure] = [0, 0];
  for (let row = from; row < window.length; row += ROW) {
    events += window[row + 1] as number;
    exposure += window[row + 2] as number;
  }
  return { events, exposure };
}
