import type { TradingCalendar } from './calendar.js';
import { instantOfMoment } from './moment.js';
import type { Reading } from './reading.js';

/** A calendar with its times as instants. */
export function calendarOf({ name, spec }: Reading<'TradingCalendar'>): TradingCalendar {
  const { timeZone, environments, periods } = spec;
  return {
    name,
    timeZone,
    environments,
    periods: periods.map((one) => ({
      name: one.name,
      kind: one.kind,
      fromMs: instantOfMoment(one.from, timeZone),
      toMs: instantOfMoment(one.to, timeZone),
      repeat: one.repeat ?? null,
    })),
  };
}
