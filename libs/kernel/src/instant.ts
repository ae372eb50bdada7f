import { invariant } from './unreachable.js';

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type InstantMs = number;

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;
const EARLIEST_MS = Date.UTC(-1, 12, 1);
const LATEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * Parses an RFC 3339 time with any offset and up to nine decimals; decimals beyond milliseconds are cut.
 * Answers null for anything else: days and hours that do not exist, and years that UTC could not write in four digits.
 * A leap second is read as the second after it, and exists only where one may be inserted: at the end of a month of UTC.
 */
export function parseInstant(text: string): InstantMs | null {
  const m = RFC3339.exec(text);
  if (m === null) return null;
  const [year, month, day, hour, minute, second] = [m[1], m[2], m[3], m[4], m[5], m[6]].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const offsetHour = Number(m[9] ?? 0);
  const offsetMinute = Number(m[10] ?? 0);
  const isClockTime = hour <= 23 && minute <= 59 && second <= 60 && offsetHour <= 23 && offsetMinute <= 59;
  if (!isClockTime) return null;
  const midnight = new Date(0);
  midnight.setUTCFullYear(year, month - 1, day);
  const isCalendarDay = midnight.getUTCMonth() === month - 1 && midnight.getUTCDate() === day;
  if (!isCalendarDay) return null;
  const ms = Number((m[7] ?? '').padEnd(3, '0').slice(0, 3));
  const offset = (m[8] === '-' ? -1 : 1) * (offsetHour * 60 + offsetMinute) * 60_000;
  const wholeSecond = midnight.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 - offset;
  if (second === 60 && !isMonthBegin(wholeSecond)) return null;
  const at = wholeSecond + ms;
  return at >= EARLIEST_MS && at <= LATEST_MS ? at : null;
}

function isMonthBegin(at: InstantMs): boolean {
  return at % 86_400_000 === 0 && new Date(at).getUTCDate() === 1;
}

/** Year 1 and an absent time both mean "not set" on the wire of Alertmanager and Prometheus. */
export function isNotSet(text: string | undefined | null): boolean {
  return text === undefined || text === null || text === '' || text.startsWith('0001-01-01T00:00:00');
}

/** RFC 3339 in UTC with milliseconds, the only form sent out; throws on what RFC 3339 has no year for. */
export function formatInstant(at: InstantMs): string {
  invariant(at >= EARLIEST_MS && at <= LATEST_MS, `${at} ms since 1970 is not within the years 0000 to 9999`);
  return new Date(at).toISOString();
}

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Parses `250ms`, `30s`, `1.5m`, `1h`, `7d` into whole milliseconds; null for anything else, parts of a millisecond included. */
export function parseDuration(text: string): number | null {
  const m = DURATION.exec(text);
  if (m === null) return null;
  const exactMs = Number(m[1]) * (UNIT_MS[m[2] as string] as number);
  // 1.005 s is 1004.9999999999999 ms in binary: reading the decimals and multiplying may each be half a step of a double off.
  const wholeMs = Math.round(exactMs);
  const isWhole = Math.abs(exactMs - wholeMs) <= exactMs * Number.EPSILON;
  return isWhole && Number.isSafeInteger(wholeMs) ? wholeMs : null;
}
