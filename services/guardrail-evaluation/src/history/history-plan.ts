import type { InstantMs } from '@parapet/kernel';
import { daysBefore, type TradingCalendar, unusualTimes } from '@parapet/policy';
import { baselinePeriods, type Period, WEEKS_POOLED_MAX } from '@parapet/signals';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Roll-ups are kept this long. */
export const HISTORY_DAYS = 35;
/** As much as dispersion needs to be told from chance (statistics 6.1). */
const SPREAD_MS = 6 * HOUR_MS;
/** Pairs with the time before; each reads as much as the baseline does, so there are few more than are needed (statistics 6.3). */
const BEFORE_PAIRS = 10;
/** The time before of a pair is this long at most. */
const BEFORE_PAIR_MS = DAY_MS;
/** What was already so before the release shows within this time, and begins within one of these steps. */
const RECENT_MS = 2 * HOUR_MS;
const RECENT_STEP_MS = 5 * MINUTE_MS;
/** What comes every night shows on each of these days, what comes every week on the last. */
const EARLIER_DAYS = 7;
const EARLIER_STEPS = 12;

/** One day of history at the hours of the watch, and the same hours of that day's earlier weeks are days of their own. */
export interface EarlierDay {
  readonly daysAgo: number;
  /** The hours of the watch on that day, bad and unusual times left out; empty where nothing is left. */
  readonly periods: readonly Period[];
  /** All of them, from the beginning of the hours to their end. */
  readonly span: Period;
}

/** Names the sums over the hours of the watch on an earlier day, and over the time before those. */
export const hoursId = (daysAgo: number): string => `hours-${daysAgo}`;
export const beforeId = (daysAgo: number): string => `before-${daysAgo}`;

/** Which times of the past say what, for one release. */
export interface HistoryPlan {
  /** What came before the release. */
  readonly before: readonly Period[];
  /** The same hours of up to four earlier weeks, newest first; those of which nothing is left are not among them. */
  readonly weeks: readonly (readonly Period[])[];
  /** What dispersion and variance are taken from, besides: at least six hours before the release. */
  readonly spread: readonly Period[];
  readonly recent: { readonly fromMs: InstantMs; readonly stepMs: number; readonly steps: number };
  /** The days whose hours are compared with the watch's, one by one. */
  readonly earlier: readonly EarlierDay[];
  readonly earlierStep: { readonly stepMs: number; readonly steps: number };
  /** Every day of history at the hours of the watch: between any two of them lies a drift. */
  readonly days: readonly EarlierDay[];
  /** The time before the hours of a day, for the drift between the two. */
  readonly beforeDays: readonly EarlierDay[];
  /** Bad and unusual times, which are no example of health. */
  readonly excluded: readonly Period[];
}

/**
 * The times of the past that a release is compared with. Hours are those that the shop's clocks show, so that an hour of last week
 * is the same hour of trade when the clocks have changed in between.
 * @param badTimes when other releases were known to be bad
 */
export function historyPlan(o: {
  readonly startMs: InstantMs;
  readonly durationMs: number;
  readonly baselineMs: number;
  readonly environment: string;
  readonly calendars: readonly TradingCalendar[];
  readonly badTimes: readonly Period[];
}): HistoryPlan {
  const { startMs, durationMs, environment, calendars } = o;
  const horizonMs = startMs - HISTORY_DAYS * DAY_MS;
  const unusual = unusualTimes(calendars, environment, horizonMs, startMs);
  const excluded = [...o.badTimes, ...unusual.map(({ fromMs, toMs }) => ({ fromMs, toMs }))];
  const timeZone = calendars.find((calendar) => calendar.environments.includes(environment))?.timeZone ?? 'UTC';
  const hoursOf = (daysAgo: number): EarlierDay => {
    const fromMs = daysBefore(startMs, daysAgo, timeZone);
    return dayOf(daysAgo, { fromMs, toMs: Math.min(fromMs + durationMs, startMs) }, excluded);
  };
  const days = Array.from({ length: HISTORY_DAYS - 1 }, (_, i) => hoursOf(i + 1));
  const pairMs = Math.min(o.baselineMs, BEFORE_PAIR_MS);
  const weeks = Array.from({ length: WEEKS_POOLED_MAX }, (_, i) => hoursOf(7 * (i + 1)).periods);
  return {
    before: within(baselinePeriods(startMs, o.baselineMs, excluded), horizonMs),
    weeks: weeks.filter((periods) => periods.length > 0),
    spread: within(baselinePeriods(startMs, Math.max(o.baselineMs, SPREAD_MS), excluded), horizonMs),
    recent: recentOf(startMs),
    earlier: days.slice(0, EARLIER_DAYS),
    earlierStep: {
      stepMs: Math.max(1, Math.ceil(durationMs / EARLIER_STEPS / MINUTE_MS)) * MINUTE_MS,
      steps: Math.min(EARLIER_STEPS, Math.ceil(durationMs / MINUTE_MS)),
    },
    days,
    beforeDays: days.slice(0, BEFORE_PAIRS).map(({ daysAgo, span }) => {
      return dayOf(daysAgo, { fromMs: span.fromMs - pairMs, toMs: span.fromMs }, excluded);
    }),
    excluded,
  };
}

function recentOf(startMs: InstantMs): HistoryPlan['recent'] {
  const endMs = Math.floor(startMs / MINUTE_MS) * MINUTE_MS;
  return { fromMs: endMs - RECENT_MS, stepMs: RECENT_STEP_MS, steps: RECENT_MS / RECENT_STEP_MS };
}

/** Of a day of which most is left out, the rest says nothing of it. */
function dayOf(daysAgo: number, span: Period, excluded: readonly Period[]): EarlierDay {
  const left = without(span, excluded);
  const leftMs = left.reduce((sum, p) => sum + p.toMs - p.fromMs, 0);
  return { daysAgo, span, periods: 2 * leftMs >= span.toMs - span.fromMs ? left : [] };
}

/** A span without some times, in order; nothing where nothing is left. */
export function without(span: Period, excluded: readonly Period[]): readonly Period[] {
  let left: readonly Period[] = span.fromMs < span.toMs ? [span] : [];
  for (const bad of excluded) {
    left = left.flatMap((p) => {
      if (bad.toMs <= p.fromMs || bad.fromMs >= p.toMs) return [p];
      const pieces = [
        { fromMs: p.fromMs, toMs: bad.fromMs },
        { fromMs: bad.toMs, toMs: p.toMs },
      ];
      return pieces.filter((piece) => piece.fromMs < piece.toMs);
    });
  }
  return left;
}

/** Times that may overlap as times that do not, in order. */
export function merged(periods: readonly Period[]): readonly Period[] {
  const all: { fromMs: number; toMs: number }[] = [];
  for (const period of [...periods].sort((a, b) => a.fromMs - b.fromMs)) {
    const last = all.at(-1);
    if (last !== undefined && period.fromMs <= last.toMs) last.toMs = Math.max(last.toMs, period.toMs);
    else all.push({ ...period });
  }
  return all;
}

function within(periods: readonly Period[], horizonMs: InstantMs): readonly Period[] {
  return periods.flatMap((p) => (p.toMs <= horizonMs ? [] : [{ ...p, fromMs: Math.max(p.fromMs, horizonMs) }]));
}
