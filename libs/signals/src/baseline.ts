import type { InstantMs } from '@parapet/kernel';
import { type Dispersion, dispersionOf } from './dispersion.js';
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
      readonly drift: number;
    }
  | {
      readonly kind: 'unusable';
      readonly why: 'no-history' | 'too-little-exposure' | 'too-few-values' | 'too-few-requests';
      readonly exposure: number;
    };

/** A span of time, its end left out. */
export interface Period {
  readonly fromMs: InstantMs;
  readonly toMs: InstantMs;
}

/** Fewer orders, requests or seconds than this are no baseline (statistics 4.2). */
const EXPOSURE_MIN = 20;
/** Statistics 4.3: assumed where fewer than 8 pairs of healthy windows are known. */
export const DRIFT_ASSUMED = { counts: 0.1 } as const;
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

/** The baseline of a count guardrail from the roll-ups of all its series within the periods. */
export function baselineOf(
  form: CountForm,
  badDirection: BadDirection,
  rollUps: readonly RollUp[],
  periods: readonly Period[],
): Baseline {
  const minutes = new Map<InstantMs, Counts>();
  for (const rollUp of rollUps) {
    const isWithin = periods.some((p) => rollUp.minuteMs >= p.fromMs && rollUp.minuteMs < p.toMs);
    if (!isWithin) continue;
    const { events, exposure } = countsOf(form, badDirection, rollUp.count, rollUp.of);
    const sum = minutes.get(rollUp.minuteMs) ?? { events: 0, exposure: 0 };
    minutes.set(rollUp.minuteMs, { events: sum.events + events, exposure: sum.exposure + exposure });
  }
  const instants = [...minutes.keys()].sort((a, b) => a - b);
  const first = instants[0];
  const last = instants.at(-1);
  if (first === undefined || last === undefined) return { kind: 'unusable', why: 'no-history', exposure: 0 };
  // Minutes without a word stay in as zeroes, so that lags keep their meaning; they add no residual.
  const increments: Counts[] = [];
  for (let at = first; at <= last; at += MINUTE_MS) {
    const isWithin = periods.some((p) => at >= p.fromMs && at < p.toMs);
    if (isWithin) increments.push(minutes.get(at) ?? { events: 0, exposure: 0 });
  }
  const events = increments.reduce((sum, c) => sum + c.events, 0);
  const exposure = increments.reduce((sum, c) => sum + c.exposure, 0);
  if (!(exposure >= EXPOSURE_MIN)) return { kind: 'unusable', why: 'too-little-exposure', exposure };
  return {
    kind: 'counts',
    fromMs: first,
    toMs: last + MINUTE_MS,
    events,
    exposure,
    dispersion: dispersionOf(increments, MINUTE_MS),
    drift: DRIFT_ASSUMED.counts,
  };
}

function floorMinute(ms: number): number {
  return Math.floor(ms / MINUTE_MS) * MINUTE_MS;
}

function ceilMinute(ms: number): number {
  return Math.ceil(ms / MINUTE_MS) * MINUTE_MS;
}
