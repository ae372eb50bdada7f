// A module of the older kind: its default is all that it exports, which the linter does not see.
// oxlint-disable-next-line import/default
import rrule from 'rrule';

const { RRule } = rrule;
const DAY_MS = 24 * 3_600_000;
const DAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];
const LIST = (item: string) => new RegExp(`^(${item})(,(${item}))*$`);
/** Rules that make a calendar of trading; shorter ones than a day are none. */
const PARTS: Readonly<Record<string, RegExp>> = {
  FREQ: /^(DAILY|WEEKLY|MONTHLY|YEARLY)$/,
  INTERVAL: /^[1-9]\d{0,2}$/,
  COUNT: /^[1-9]\d{0,3}$/,
  UNTIL: /^\d{8}(T\d{6}Z?)?$/,
  BYDAY: LIST('([+-]?[1-9]\\d?)?(MO|TU|WE|TH|FR|SA|SU)'),
  BYMONTHDAY: LIST('-?([1-9]|[12]\\d|3[01])'),
  BYMONTH: LIST('[1-9]|1[0-2]'),
  BYSETPOS: LIST('-?[1-9]\\d{0,2}'),
  WKST: /^(MO|TU|WE|TH|FR|SA|SU)$/,
};

/** What is allowed as a rule, in words. */
export const RECURRENCE_ALLOWED = `an RRULE of iCalendar such as FREQ=YEARLY;BYMONTH=11;BYDAY=4FR, of ${Object.keys(PARTS).join(', ')}`;

/** Why a text is no rule that repeats a time beginning at `startWallMs`; null where it is one. Wall times are those of the calendar's zone. */
export function recurrenceProblem(text: string, startWallMs: number): string | null {
  const parts = text.split(';').map((part) => part.split('='));
  const names = parts.map(([name]) => name ?? '');
  for (const [name = '', value = '', ...more] of parts) {
    const form = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined;
    if (form === undefined) return `"${name}" is no part of a rule`;
    if (more.length > 0 || !form.test(value)) return `"${value}" is not allowed as ${name}`;
  }
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) return `${repeated} stands there twice`;
  if (!names.includes('FREQ')) return 'FREQ is missing';
  if (names.includes('COUNT') && names.includes('UNTIL')) return 'only one of COUNT and UNTIL may end a rule';
  // Looked at before anything is searched for: a rule without any day would be searched until the year 9999.
  const isDay = mayBeDay(new Map(parts.map(([name = '', value = '']) => [name, value])), startWallMs);
  const [first] = isDay ? occurrences(text, startWallMs, startWallMs, startWallMs, null) : [];
  return first === startWallMs ? null : 'the first time, from, is not one of the days of the rule';
}

function mayBeDay(parts: ReadonlyMap<string, string>, wallMs: number): boolean {
  const date = new Date(wallMs);
  const length = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  const day = date.getUTCDate();
  const names = (part: string, ...words: string[]) => {
    const list = parts.get(part)?.split(',');
    return list === undefined || list.some((word) => words.includes(word));
  };
  const weekdays = parts.get('BYDAY')?.split(',');
  return (
    names('BYMONTH', String(date.getUTCMonth() + 1)) &&
    names('BYMONTHDAY', String(day), String(day - length - 1)) &&
    (weekdays === undefined || weekdays.some((word) => word.endsWith(DAYS[date.getUTCDay()] as string)))
  );
}

/**
 * The wall times within `[fromWallMs, toWallMs]` at which a rule begins anew; the first one is `startWallMs`.
 * @param untilWallMs the end that the rule names, where it is given as an instant; null: as the rule has it
 */
export function occurrences(
  text: string,
  startWallMs: number,
  fromWallMs: number,
  toWallMs: number,
  untilWallMs: number | null,
): readonly number[] {
  const options = RRule.parseString(text);
  const lastDay = /UNTIL=(\d{4})(\d\d)(\d\d)(;|$)/.exec(text);
  // A day without a time means all of it.
  const allOfLastDay =
    lastDay === null ? null : Date.UTC(Number(lastDay[1]), Number(lastDay[2]) - 1, Number(lastDay[3])) + DAY_MS - 1000;
  const untilMs = untilWallMs ?? allOfLastDay;
  const rule = new RRule({
    ...options,
    dtstart: new Date(startWallMs),
    ...(untilMs === null ? {} : { until: new Date(untilMs) }),
  });
  return rule.between(new Date(fromWallMs), new Date(toWallMs), true).map((date) => date.getTime());
}

/** The instant that a rule names as its end, where it names one in UTC. */
export function untilOf(text: string): number | null {
  const found = /UNTIL=(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(text);
  if (found === null) return null;
  const [, year, month, day, hour, minute, second] = found.map(Number) as [number, ...number[]];
  return Date.UTC(year as number, (month as number) - 1, day, hour, minute, second);
}
