import type { InstantMs } from '@parapet/kernel';
import type { Period } from '@parapet/signals';
import { occurrences, untilOf } from './recurrence.js';
import { instantOf, wallOf } from './zone.js';

/** What a time of a calendar is for trade. */
export type TradingPeriodKind = 'promotion' | 'freeze' | 'closed' | 'holiday';

/** A time that a calendar names, and how it comes again. */
export interface TradingRule {
  readonly name: string;
  readonly kind: TradingPeriodKind;
  /** The first time; its end is left out. */
  readonly fromMs: InstantMs;
  readonly toMs: InstantMs;
  /** An RRULE of iCalendar, read in the calendar's zone; null: once. */
  readonly repeat: string | null;
}

/** When a shop trades otherwise than usual: promotions, frozen and closed times, holidays. */
export interface TradingCalendar {
  readonly name: string;
  /** Of its repeating times: a day begins when the clocks of this zone show midnight. */
  readonly timeZone: string;
  /** The environments it applies to. */
  readonly environments: readonly string[];
  readonly periods: readonly TradingRule[];
}

/** One time of a calendar, its end left out. */
export interface TradingPeriod extends Period {
  readonly calendar: string;
  readonly name: string;
  readonly kind: TradingPeriodKind;
}

/** All times of a calendar that overlap `[fromMs, toMs)`, in order of their beginning. Repeats keep the hours that the clocks show. */
export function tradingPeriods(
  calendar: TradingCalendar,
  fromMs: InstantMs,
  toMs: InstantMs,
): readonly TradingPeriod[] {
  return calendar.periods
    .flatMap((rule) =>
      timesOf(rule, calendar.timeZone, fromMs, toMs).map((time) => ({
        calendar: calendar.name,
        name: rule.name,
        kind: rule.kind,
        ...time,
      })),
    )
    .filter((period) => period.fromMs < toMs && period.toMs > fromMs)
    .sort((a, b) => a.fromMs - b.fromMs || a.toMs - b.toMs);
}

function timesOf(rule: TradingRule, timeZone: string, fromMs: InstantMs, toMs: InstantMs): readonly Period[] {
  const first = { fromMs: rule.fromMs, toMs: rule.toMs };
  if (rule.repeat === null) return [first];
  const startWallMs = wallOf(rule.fromMs, timeZone);
  // From opening to closing as the clocks show it: on the night they change the time itself is longer or shorter.
  const lengthMs = wallOf(rule.toMs, timeZone) - startWallMs;
  const until = untilOf(rule.repeat);
  const begins = occurrences(
    rule.repeat,
    startWallMs,
    wallOf(fromMs, timeZone) - lengthMs - HOUR_MS,
    wallOf(toMs, timeZone) + HOUR_MS,
    until === null ? null : wallOf(until, timeZone),
  );
  return begins.map((wallMs) =>
    wallMs === startWallMs
      ? first
      : { fromMs: instantOf(wallMs, timeZone), toMs: instantOf(wallMs + lengthMs, timeZone) },
  );
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The instant at which the clocks of a zone showed the same, that many days earlier. */
export function daysBefore(instantMs: InstantMs, days: number, timeZone: string): InstantMs {
  return instantOf(wallOf(instantMs, timeZone) - days * DAY_MS, timeZone);
}

/** Times that are no example of usual trade. A holiday is: it comes every week in some form, and shops sell on it. */
const UNUSUAL: readonly TradingPeriodKind[] = ['promotion', 'freeze', 'closed'];

/**
 * The times of `[fromMs, startMs)` and of the calendars of an environment that a baseline leaves out. A release that itself begins
 * in a promotion is compared with promotions too, and one in a freeze with freezes: like with like, since its own time is as
 * unusual as theirs; only kinds that it does not begin in are left out.
 */
export function unusualTimes(
  calendars: readonly TradingCalendar[],
  environment: string,
  fromMs: InstantMs,
  startMs: InstantMs,
): readonly TradingPeriod[] {
  const own = calendars.filter((calendar) => calendar.environments.includes(environment));
  const periods = own.flatMap((calendar) => tradingPeriods(calendar, fromMs, startMs + 1));
  const beginsIn = new Set(periods.filter((p) => p.fromMs <= startMs && startMs < p.toMs).map((p) => p.kind));
  return periods.filter((p) => UNUSUAL.includes(p.kind) && !beginsIn.has(p.kind) && p.fromMs < startMs);
}
