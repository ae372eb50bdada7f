import { invariant, type InstantMs } from '@parapet/kernel';

const DAY_MS = 24 * 3_600_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** Whether it is the name of a time zone, such as `Europe/Paris`. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** What the clocks of a zone show at an instant, as the milliseconds at which the clocks of UTC show the same. */
export function wallOf(instantMs: InstantMs, timeZone: string): number {
  const shown: Record<string, number> = {};
  for (const { type, value } of formatOf(timeZone).formatToParts(instantMs)) shown[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown;
  // The format knows no milliseconds; offsets of zones have none either.
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((instantMs % 1000) + 1000) % 1000);
}

/**
 * The instant at which the clocks of a zone show a time. Shown twice (clocks go back): the first of the two; never shown (clocks
 * go forward): as if they had not gone yet (RFC 5545, 3.3.5).
 */
export function instantOf(wallMs: number, timeZone: string): InstantMs {
  const offsetAt = (instantMs: number) => wallOf(instantMs, timeZone) - instantMs;
  const before = wallMs - offsetAt(wallMs - DAY_MS);
  if (wallOf(before, timeZone) === wallMs) return before;
  const after = wallMs - offsetAt(wallMs + DAY_MS);
  return wallOf(after, timeZone) === wallMs ? after : before;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const number = '2-digit';
  const made = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: number,
    day: number,
    hour: number,
    minute: number,
    second: number,
  });
  invariant(made.resolvedOptions().hourCycle === 'h23', `no clock of 24 hours for ${timeZone}`);
  formats.set(timeZone, made);
  return made;
}
