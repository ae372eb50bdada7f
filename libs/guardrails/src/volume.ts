import { type InstantMs, unreachable } from '@parapet/kernel';
import type { Observation, SampleValue } from '@parapet/signals';
import { addToRow, type OpenRows } from './open-rows.js';
import type { WatchedVolume } from './watch-spec.js';

/** The traffic of the last two minutes; small, however many stores report it. */
export interface VolumeState {
  /** Our clock when it was last heard. */
  readonly freshAtMs: InstantMs | null;
  /** Rows of slot and exposure, by the samples' own times. */
  readonly recent: OpenRows;
}

/** A volume signal before anything was heard. */
export const UNHEARD_VOLUME: VolumeState = { freshAtMs: null, recent: [] };

/** Statistics 4.2: the load is the mean of this time … */
const RECENT_MS = 120_000;
/** … and comparable within these multiples of what is usual. */
const COMPARABLE = { from: 0.25, to: 2.5 } as const;
/** Statistics 11: nothing for longer than this many intervals, and at least a minute, is silence. */
const STALE_INTERVALS = 4;
const STALE_MS_MIN = 60_000;
/** Signals that come more often are added up over this time. */
const SLOT_MS_MIN = 5000;
const ROW = 2;

/** Takes a sample of a volume signal; one without a value says nothing of the traffic. */
export function hearVolume(
  volume: WatchedVolume,
  state: VolumeState,
  { atMs, value }: Observation,
  clockMs: InstantMs,
): VolumeState {
  const exposure = exposureOf(value);
  if (exposure === null) return state;
  const slotMs = slotMsOf(volume);
  const recent = [...state.recent];
  addToRow(recent, Math.ceil(atMs / slotMs), [exposure]);
  const oldest = (recent[recent.length - ROW] as number) - Math.ceil(RECENT_MS / slotMs);
  let from = 0;
  while ((recent[from] as number) < oldest) from += ROW;
  return { freshAtMs: clockMs, recent: from === 0 ? recent : recent.slice(from) };
}

/** What a value says of the traffic: orders, requests, attempts; null for none. */
function exposureOf(value: SampleValue): number | null {
  switch (value.kind) {
    case 'count':
      return value.of;
    case 'histogram':
      return value.counts.reduce((sum, count) => sum + count, 0);
    case 'gauge':
      return Math.max(0, value.value);
    case 'gap':
      // Where nobody trades there is no traffic, and that is known; every other gap says nothing of it.
      return value.reason === 'closed' ? 0 : null;
    default:
      return unreachable(value);
  }
}

/** Exposure per second of the last two minutes; null before a whole slot is known. The newest slot is still filling up. */
export function loadOf(volume: WatchedVolume, { recent }: VolumeState): number | null {
  const newest = recent.length - ROW;
  if (newest < ROW) return null;
  let sum = 0;
  for (let i = 0; i < newest; i += ROW) sum += recent[i + 1] as number;
  const slots = (recent[newest] as number) - (recent[0] as number);
  return sum / ((slots * slotMsOf(volume)) / 1000);
}

/**
 * Whether the traffic is like that of one of the windows compared with. Traffic that nobody tells may be five times as much: what
 * depends on it is not compared while it is silent. Where it is not known what was usual, nothing can be called unlike.
 */
export function isComparable(
  volume: WatchedVolume,
  state: VolumeState,
  usual: readonly number[],
  startMs: InstantMs,
  clockMs: InstantMs,
): boolean {
  if (usual.length === 0) return true;
  if (isSilent(volume, clockMs - (state.freshAtMs ?? startMs))) return false;
  const load = loadOf(volume, state);
  if (load === null) return true;
  return usual.some((u) => load >= COMPARABLE.from * u && load <= COMPARABLE.to * u);
}

/** What a volume signal says of the traffic now: it says nothing while it is silent itself. */
export function trafficOf(volume: WatchedVolume, state: VolumeState, clockMs: InstantMs): 'some' | 'none' | 'unknown' {
  if (state.freshAtMs === null || isSilent(volume, clockMs - state.freshAtMs)) return 'unknown';
  for (let i = 1; i < state.recent.length; i += ROW) if ((state.recent[i] as number) > 0) return 'some';
  return 'none';
}

function slotMsOf({ intervalMs }: WatchedVolume): number {
  return Math.max(intervalMs, SLOT_MS_MIN);
}

function isSilent({ intervalMs }: WatchedVolume, quietMs: number): boolean {
  return quietMs > Math.max(STALE_INTERVALS * intervalMs, STALE_MS_MIN);
}
