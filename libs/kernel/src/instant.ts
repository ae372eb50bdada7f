/** Milliseconds since 1970-01-01T00:00:00Z. */
export type InstantMs = number;

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/**
 * Parses an RFC 3339 time with any offset and up to nine decimals; decimals beyond milliseconds are cut.
 * Answers null for anything else, including days and hours that do not exist (a leap second is read as the next second).
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
  return midnight.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + ms - offset;
}

/** Year 1 and an absent time both mean "not set" on the wire of Alertmanager and Prometheus. */
export function isNotSet(text: string | undefined | null): boolean {
  return text === undefined || text === null || text === '' || text.startsWith('0001-01-01T00:00:00');
}

/** RFC 3339 in UTC with milliseconds, the only form sent out. */
export function formatInstant(at: InstantMs): string {
  return new Date(at).toISOString();
}

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Parses `250ms`, `30s`, `2m`, `1h`, `7d` into milliseconds; null for anything else. */
export function parseDuration(text: string): number | null {
  const m = DURATION.exec(text);
  if (m === null) return null;
  return Number(m[1]) * (UNIT_MS[m[2] as string] as number);
}
