import type { InstantMs } from '@parapet/kernel';
import type { Period } from '@parapet/signals';
import { type TradingCalendar, tradingPeriods } from './calendar.js';
import { instantOf, wallOf } from './zone.js';

/** One stretch of a day at which somebody is open, as the clocks show it. */
export interface DailyHours {
  /** 0 is Sunday. */
  readonly days: readonly number[];
  /** Milliseconds from midnight by the clocks. */
  readonly fromMs: number;
  /** The same, after `fromMs`: beyond 24 hours where it ends on the next day. */
  readonly toMs: number;
}

/** When somebody is open in every week, by the clocks of a zone. */
export interface WeekHours {
  readonly timeZone: string;
  readonly weekly: readonly DailyHours[];
}

/** The hours of one store, and by which dimensions its samples are told. */
export interface StoreHours extends WeekHours {
  readonly store: string;
  readonly tills: readonly string[];
  readonly companies: readonly string[];
}

/** The hours of all that a workload measures, and those of stores that have others. */
export interface OpeningHours extends WeekHours {
  readonly stores: readonly StoreHours[];
}

/** Answers whether shops are open: by their hours, and not while a calendar says `closed`. */
export class ShopHours {
  readonly #hours: OpeningHours | null;
  readonly #calendars: readonly TradingCalendar[];

  /** @param hours null: always open, closed times of calendars aside; of `calendars` those of the environment count */
  constructor(hours: OpeningHours | null, calendars: readonly TradingCalendar[], environment: string) {
    this.#hours = hours;
    this.#calendars = calendars.filter((one) => one.environments.includes(environment));
  }

  /** Whether anybody at all is open at any moment of `[fromMs, toMs)`. */
  isAnyOpen(fromMs: InstantMs, toMs: InstantMs): boolean {
    const hours = this.#hours;
    return this.#isOpen(hours === null ? [null] : [hours, ...hours.stores], fromMs, toMs);
  }

  /** The same of whoever a sample with these dimensions is of; who has no hours of their own has everybody's. */
  isOpen(dimensions: Readonly<Record<string, string>>, fromMs: InstantMs, toMs: InstantMs): boolean {
    return this.#isOpen([this.#storeOf(dimensions) ?? this.#hours], fromMs, toMs);
  }

  #storeOf({ store, till, company }: Readonly<Record<string, string>>): StoreHours | undefined {
    const stores = this.#hours?.stores ?? [];
    return (
      stores.find((one) => one.store === store) ??
      stores.find((one) => till !== undefined && one.tills.includes(till)) ??
      stores.find((one) => company !== undefined && one.companies.includes(company))
    );
  }

  #isOpen(hours: readonly (WeekHours | null)[], fromMs: InstantMs, toMs: InstantMs): boolean {
    const closed = this.#calendars.flatMap((one) =>
      tradingPeriods(one, fromMs, toMs).filter(({ kind }) => kind === 'closed'),
    );
    const whole = [{ fromMs, toMs }];
    return hours.some((one) => {
      const open = one === null ? whole : openTimes(one, fromMs, toMs);
      return open.some((time) => without(time, closed).length > 0);
    });
  }
}

const DAY_MS = 24 * 3_600_000;
/** 1970-01-01 was a Thursday. */
const FIRST_WEEKDAY = 4;

/** The open times that overlap `[fromMs, toMs)`, cut to it. Clocks that change make an open time longer or shorter, as they do for people. */
export function openTimes({ timeZone, weekly }: WeekHours, fromMs: InstantMs, toMs: InstantMs): readonly Period[] {
  // What began the day before may end today.
  const firstDay = Math.floor(wallOf(fromMs, timeZone) / DAY_MS) - 1;
  const lastDay = Math.floor(wallOf(toMs, timeZone) / DAY_MS);
  const times: Period[] = [];
  for (let day = firstDay; day <= lastDay; day++) {
    const weekday = (((day + FIRST_WEEKDAY) % 7) + 7) % 7;
    for (const daily of weekly.filter(({ days }) => days.includes(weekday))) {
      const opensMs = Math.max(fromMs, instantOf(day * DAY_MS + daily.fromMs, timeZone));
      const closesMs = Math.min(toMs, instantOf(day * DAY_MS + daily.toMs, timeZone));
      if (opensMs < closesMs) times.push({ fromMs: opensMs, toMs: closesMs });
    }
  }
  return times;
}

/** What is left of a time without others. */
function without(time: Period, others: readonly Period[]): readonly Period[] {
  return others.reduce<readonly Period[]>(
    (left, other) =>
      left.flatMap((one) =>
        [
          { fromMs: one.fromMs, toMs: Math.min(one.toMs, other.fromMs) },
          { fromMs: Math.max(one.fromMs, other.toMs), toMs: one.toMs },
        ].filter(({ fromMs, toMs }) => fromMs < toMs),
      ),
    [time],
  );
}
