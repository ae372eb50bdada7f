import type { z } from 'zod';
import type { DailyHours, OpeningHours } from './opening-hours.js';
import { DAYS, type openingHours } from './schema/opening-hours.js';

type Written = z.output<typeof openingHours>;

/** Opening hours as they are reckoned with. */
export function openingHoursOf({ timeZone, weekly, stores }: Written): OpeningHours {
  return {
    timeZone,
    weekly: weekly.map(dailyHours),
    stores: stores.map((one) => ({
      ...one,
      timeZone: one.timeZone ?? timeZone,
      weekly: one.weekly.map(dailyHours),
    })),
  };
}

const DAY_MS = 24 * 3_600_000;

function dailyHours({ days, from, to }: Written['weekly'][number]): DailyHours {
  const [fromMs, toMs] = [clockMs(from), clockMs(to)];
  return { days: days.map((day) => DAYS.indexOf(day)), fromMs, toMs: toMs > fromMs ? toMs : toMs + DAY_MS };
}

function clockMs(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return (hours * 60 + minutes) * 60_000;
}
