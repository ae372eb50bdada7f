import type { InstantMs } from '@parapet/kernel';
import { type Dispersion, pooledDispersion } from './dispersion.js';
import { DRIFT_ASSUMED } from './drift.js';
import { type HistoryWindow, type Period, spanOf, windowOf } from './history-window.js';
import { MINUTE_MS, type RollUp } from './roll-up.js';
import type { BadDirection } from './signal.js';

/** How a `count of` pair is read: bad of total, or events of exposure. */
export type CountForm = 'proportion' | 'rate';

/** Events counted against exposure: bad of total, or events of seconds, attempts, … */
export interface Counts {
  readonly events: number;
  readonly exposure: number;
}

/**
 * Events and exposure of a pair. Of a share that is bad when low the rest are the bad ones. More bad than total (two counters
 * read at slightly different instants) counts as all bad; fewer than none as none.
 */
export function countsOf(form: CountForm, badDirection: BadDirection, count: number, of: number): Counts {
  if (form === 'rate') return { events: count, exposure: of };
  const bad = badDirection === 'low' ? of - count : count;
  return { events: Math.min(Math.max(bad, 0), of), exposure: of };
}

/** What the watch is compared with. `unusable` abstains: it is no reason to pass and none to fail. */
export type Baseline =
  | {
      readonly kind: 'counts';
      readonly fromMs: InstantMs;
      readonly toMs: InstantMs;
      readonly events: number;
      readonly exposure: number;
      readonly dispersion: Dispersion;
      /** Standard deviation of the log ratio between two healthy windows (statistics 4.3). */
      readonly drift: number;
    }
  | {
      /** Values of a gauge, transformed; `m` of them. */
      readonly kind: 'values';
      readonly fromMs: InstantMs;
      readonly toMs: InstantMs;
      readonly m: number;
      /** Mean of the transformed values. */
      readonly mean: number;
      /** Long-run variance of one transformed value, with its margin (statistics 6.2). */
      readonly longRunVariance: number;
      /** Standard deviation of one transformed value, as it is. */
      readonly deviation: number;
      /** The variances are a cautious guess: too little history. */
      readonly isAssumed: boolean;
      readonly drift: number;
    }
  | {
      /** Requests per bucket. */
      readonly kind: 'histogram';
      readonly fromMs: InstantMs;
      readonly toMs: InstantMs;
      /** Upper bounds, ascending, the last one (infinity) left out: one count more than bounds. */
      readonly bounds: readonly number[];
      readonly counts: readonly number[];
      /** Of requests slower than each bound, in the order of `bounds` (statistics 6.1). */
      readonly tailDispersions: readonly Dispersion[];
      /**
       * For each shift of `shifts` the dispersion of its scores (statistics 5.6 b, 6.1); which shifts there are is decided by
       * whoever computes the baseline, with the grid of the test.
       */
      readonly scoreDispersions: readonly { readonly times: number; readonly dispersion: Dispersion }[];
      /** Of the shift of all latencies. */
      readonly drift: number;
      /** Of the share of requests slower than a bound; assumed where it is absent. */
      readonly tailDrift?: number;
    }
  | {
      readonly kind: 'unusable';
      readonly why: 'no-history' | 'too-little-exposure' | 'too-few-values' | 'too-few-requests' | 'no-spread';
      readonly exposure: number;
    };

/** Fewer orders, requests or seconds than this are no baseline (statistics 4.2). */
const EXPOSURE_MIN = 20;
/** How far back a baseline may be looked for when bad times are left out. */
const LOOK_BACK_FACTOR = 7;

/**
 * The newest `lengthMs` of whole minutes before `toMs`, without the times in `excluded` (a failed release is no example of
 * health), newest first. Looks back over the excluded time, but not without end.
 */
export function baselinePeriods(toMs: InstantMs, lengthMs: number, excluded: readonly Period[]): readonly Period[] {
  const periods: Period[] = [];
  const horizonMs = floorMinute(toMs - LOOK_BACK_FACTOR * lengthMs);
  let endMs = floorMinute(toMs);
  let missingMs = Math.max(MINUTE_MS, floorMinute(lengthMs));
  const newestFirst = [...excluded].sort((a, b) => b.toMs - a.toMs);
  for (const bad of newestFirst) {
    const resumeMs = ceilMinute(bad.toMs);
    if (resumeMs < endMs) {
      const fromMs = Math.max(resumeMs, endMs - missingMs, horizonMs);
      if (fromMs < endMs) periods.push({ fromMs, toMs: endMs });
      missingMs -= endMs - fromMs;
    }
    if (missingMs <= 0) return periods;
    endMs = Math.min(endMs, floorMinute(bad.fromMs));
  }
  const fromMs = Math.max(endMs - missingMs, horizonMs);
  if (fromMs < endMs) periods.push({ fromMs, toMs: endMs });
  return periods;
}

/** A window of history from events and exposure per interval; null where there was none. */
export function countsWindow(
  intervals: readonly (Counts | null)[],
  o: { readonly fromMs: InstantMs; readonly intervalMs: number },
): HistoryWindow<Counts> {
  return { fromMs: o.fromMs, toMs: o.fromMs + intervals.length * o.intervalMs, intervalMs: o.intervalMs, intervals };
}

/** A window of history from the roll-ups of all series; correlation shorter than a minute is lost, nothing else. */
export function countsWindowOf(
  form: CountForm,
  badDirection: BadDirection,
  rollUps: readonly RollUp[],
  periods: readonly Period[],
): HistoryWindow<Counts> | null {
  return windowOf(rollUps, periods, MINUTE_MS, (minute) => {
    let [events, exposure] = [0, 0];
    for (const rollUp of minute) {
      const own = countsOf(form, badDirection, rollUp.count, rollUp.of);
      events += own.events;
      exposure += own.exposure;
    }
    return { events, exposure };
  });
}

/**
 * What counts are compared with: events, exposure and their dispersion (statistics 6.1).
 * @param level the windows that are compared with: the time before the release, or up to four earlier weeks, pooled
 * @param o.spread windows that the dispersion is taken from, where they are longer than those of the level
 */
export function countsBaseline(
  level: readonly HistoryWindow<Counts>[],
  o: { readonly drift?: number; readonly spread?: readonly HistoryWindow<Counts>[] } = {},
): Baseline {
  let [events, exposure] = [0, 0];
  let isHeard = false;
  for (const { intervals } of level) {
    for (const interval of intervals) {
      if (interval === null) continue;
      isHeard = true;
      events += interval.events;
      exposure += interval.exposure;
    }
  }
  if (!isHeard) return { kind: 'unusable', why: 'no-history', exposure: 0 };
  if (!(exposure >= EXPOSURE_MIN)) return { kind: 'unusable', why: 'too-little-exposure', exposure };
  const spread = o.spread ?? level;
  return {
    kind: 'counts',
    ...spanOf(level),
    events,
    exposure,
    // Intervals without a word stay in as zeroes, so that lags keep their meaning; they add no residual.
    dispersion: pooledDispersion(
      spread.map((w) => ({ increments: w.intervals.map((c) => c ?? NOTHING), intervalMs: w.intervalMs })),
    ),
    drift: o.drift ?? DRIFT_ASSUMED.counts,
  };
}

const NOTHING: Counts = { events: 0, exposure: 0 };

/** The baseline of a count guardrail from the roll-ups of all its series within the periods of one window. */
export function baselineOf(
  form: CountForm,
  badDirection: BadDirection,
  rollUps: readonly RollUp[],
  periods: readonly Period[],
): Baseline {
  const window = countsWindowOf(form, badDirection, rollUps, periods);
  return countsBaseline(window === null ? [] : [window]);
}

function floorMinute(ms: number): number {
  return Math.floor(ms / MINUTE_MS) * MINUTE_MS;
}

function ceilMinute(ms: number): number {
  return Math.ceil(ms / MINUTE_MS) * MINUTE_MS;
}
