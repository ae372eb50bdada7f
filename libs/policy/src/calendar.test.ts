import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type TradingCalendar, type TradingRule, tradingPeriods, unusualTimes, daysBefore } from './calendar.js';
import { instantOfMoment, isMoment } from './moment.js';
import { recurrenceProblem } from './recurrence.js';
import { instantOf, isTimeZone, wallOf } from './zone.js';

const PARIS = 'Europe/Paris';
const at = (text: string, timeZone = PARIS) => instantOfMoment(text, timeZone);
const shown = (instantMs: number) => new Date(instantMs).toISOString().replace(':00.000Z', 'Z');

function rule(from: string, to: string, repeat: string | null = null, rest: Partial<TradingRule> = {}): TradingRule {
  return { name: 'a time', kind: 'promotion', fromMs: at(from), toMs: at(to), repeat, ...rest };
}

function calendar(...periods: readonly TradingRule[]): TradingCalendar {
  return { name: 'shop', timeZone: PARIS, environments: ['production'], periods };
}

const times = (periods: readonly TradingRule[], from: string, to: string) =>
  tradingPeriods(calendar(...periods), at(from), at(to)).map((p) => `${shown(p.fromMs)} ${shown(p.toMs)}`);

describe('the times of a calendar', () => {
  it.each<[string, TradingRule, string, string, readonly string[]]>([
    [
      'a time that comes once, as the clocks of the zone show it',
      rule('2026-11-27T06:00', '2026-11-28'),
      '2026-11-01',
      '2026-12-01',
      ['2026-11-27T05:00Z 2026-11-27T23:00Z'],
    ],
    [
      'a time with its offset is that instant, whatever the zone',
      rule('2026-11-27T06:00:00-05:00', '2026-11-27T12:00:00Z'),
      '2026-11-01',
      '2026-12-01',
      ['2026-11-27T11:00Z 2026-11-27T12:00Z'],
    ],
    ['nothing of a time outside', rule('2026-11-27', '2026-11-28'), '2026-11-28', '2026-12-01', []],
    [
      'what only overlaps, whole',
      rule('2026-11-26', '2026-11-30'),
      '2026-11-27',
      '2026-11-28',
      ['2026-11-25T23:00Z 2026-11-29T23:00Z'],
    ],
    [
      'the fourth Friday of every November',
      rule('2024-11-22', '2024-11-23', 'FREQ=YEARLY;BYMONTH=11;BYDAY=4FR'),
      '2024-01-01',
      '2027-01-01',
      [
        '2024-11-21T23:00Z 2024-11-22T23:00Z',
        '2025-11-27T23:00Z 2025-11-28T23:00Z',
        '2026-11-26T23:00Z 2026-11-27T23:00Z',
      ],
    ],
    [
      'every Sunday, over the night the clocks go forward: that day has 23 hours',
      rule('2026-03-22', '2026-03-23', 'FREQ=WEEKLY;BYDAY=SU'),
      '2026-03-20',
      '2026-04-06',
      [
        '2026-03-21T23:00Z 2026-03-22T23:00Z',
        '2026-03-28T23:00Z 2026-03-29T22:00Z',
        '2026-04-04T22:00Z 2026-04-05T22:00Z',
      ],
    ],
    [
      'every night from eleven to seven, over the night the clocks go back: that night has nine hours',
      rule('2026-10-23T23:00', '2026-10-24T07:00', 'FREQ=DAILY;COUNT=3'),
      '2026-10-20',
      '2026-11-01',
      [
        '2026-10-23T21:00Z 2026-10-24T05:00Z',
        '2026-10-24T21:00Z 2026-10-25T06:00Z',
        '2026-10-25T22:00Z 2026-10-26T06:00Z',
      ],
    ],
    [
      'every day at an hour that one night does not have: then as if the clocks had not gone forward yet',
      rule('2026-03-28T02:30', '2026-03-28T04:00', 'FREQ=DAILY;COUNT=2'),
      '2026-03-01',
      '2026-04-01',
      ['2026-03-28T01:30Z 2026-03-28T03:00Z', '2026-03-29T01:30Z 2026-03-29T02:00Z'],
    ],
    [
      'the last working day of a month',
      rule('2026-01-30', '2026-01-31', 'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1'),
      '2026-02-01',
      '2026-04-01',
      ['2026-02-26T23:00Z 2026-02-27T23:00Z', '2026-03-30T22:00Z 2026-03-31T22:00Z'],
    ],
    [
      'up to and including the day that a rule names as its last',
      rule('2026-06-01T08:00', '2026-06-01T09:00', 'FREQ=DAILY;UNTIL=20260602'),
      '2026-05-01',
      '2026-07-01',
      ['2026-06-01T06:00Z 2026-06-01T07:00Z', '2026-06-02T06:00Z 2026-06-02T07:00Z'],
    ],
    [
      'up to the instant that a rule names as its end, which is in UTC',
      rule('2026-06-01T08:00', '2026-06-01T09:00', 'FREQ=DAILY;UNTIL=20260602T060000Z'),
      '2026-05-01',
      '2026-07-01',
      ['2026-06-01T06:00Z 2026-06-01T07:00Z', '2026-06-02T06:00Z 2026-06-02T07:00Z'],
    ],
    [
      'one of a repeating time that began before what is asked for and lasts into it',
      rule('2026-06-01', '2026-06-05', 'FREQ=MONTHLY;BYMONTHDAY=1'),
      '2026-07-04T12:00',
      '2026-07-04T13:00',
      ['2026-06-30T22:00Z 2026-07-04T22:00Z'],
    ],
  ])('%s', (_, period, from, to, expected) => {
    expect(times([period], from, to)).toEqual(expected);
  });

  it('come in the order of their beginning, with their names', () => {
    const late = rule('2026-11-27', '2026-11-28', null, { name: 'black friday' });
    const early = rule('2026-11-20', '2026-11-21', null, { name: 'stocktaking', kind: 'closed' });
    expect(tradingPeriods(calendar(late, early), at('2026-11-01'), at('2026-12-01'))).toEqual([
      { calendar: 'shop', name: 'stocktaking', kind: 'closed', fromMs: early.fromMs, toMs: early.toMs },
      { calendar: 'shop', name: 'black friday', kind: 'promotion', fromMs: late.fromMs, toMs: late.toMs },
    ]);
  });

  it('are the same however the time asked for is cut', () => {
    const one = calendar(rule('2026-01-04T22:00', '2026-01-05T06:00', 'FREQ=WEEKLY;BYDAY=SU'));
    const [from, to] = [at('2026-01-01'), at('2027-01-01')];
    const whole = tradingPeriods(one, from, to);
    fc.assert(
      fc.property(fc.integer({ min: from + 1, max: to - 1 }), (cut) => {
        const parts = [...tradingPeriods(one, from, cut), ...tradingPeriods(one, cut, to)];
        expect(new Set(parts.map((p) => p.fromMs))).toEqual(new Set(whole.map((p) => p.fromMs)));
      }),
      { numRuns: 50 },
    );
  });
});

describe('what a baseline leaves out', () => {
  const promotion = rule('2026-11-20', '2026-11-28', null, { name: 'black week' });
  const freeze = rule('2026-11-24', '2026-11-26', null, { name: 'freeze', kind: 'freeze' });
  const closed = rule('2026-11-22', '2026-11-23', null, { name: 'sunday', kind: 'closed' });
  const holiday = rule('2026-11-11', '2026-11-12', null, { name: 'armistice', kind: 'holiday' });
  const own = calendar(promotion, freeze, closed, holiday);
  const leftOut = (calendars: readonly TradingCalendar[], start: string) =>
    unusualTimes(calendars, 'production', at('2026-11-01'), at(start)).map((p) => p.name);

  it.each<[string, string, readonly string[]]>([
    ['promotions, closed times and freezes, but no holidays', '2026-12-01T10:00', ['black week', 'sunday', 'freeze']],
    ['nothing that begins after the release', '2026-11-21T10:00', []],
    ['no promotion where the release begins in one: like with like', '2026-11-27T10:00', ['sunday', 'freeze']],
    ['neither promotion nor freeze where it begins in both', '2026-11-25T10:00', ['sunday']],
    ['the promotion again once it is over', '2026-11-28T00:00', ['black week', 'sunday', 'freeze']],
  ])('%s', (_, start, expected) => {
    expect(leftOut([own], start)).toEqual(expected);
  });

  it('nothing of a calendar of another environment', () => {
    expect(leftOut([{ ...own, environments: ['staging'] }], '2026-12-01T10:00')).toEqual([]);
  });
});

describe('the same hour of earlier days', () => {
  it.each([
    ['a week ago', '2026-11-23T09:00', 7, PARIS, '2026-11-16T08:00Z'],
    [
      'before the clocks went back: the hour that shops call the same',
      '2026-10-28T09:00',
      7,
      PARIS,
      '2026-10-21T07:00Z',
    ],
    ['in a zone that never changes', '2026-10-28T09:00:00Z', 7, 'UTC', '2026-10-21T09:00Z'],
  ])('%s', (_, moment, days, zone, expected) => {
    expect(shown(daysBefore(at(moment, zone), days, zone))).toBe(expected);
  });
});

describe('clocks of a zone', () => {
  it.each([
    ['winter', '2026-11-23T09:00', '2026-11-23T08:00Z'],
    ['summer', '2026-07-01T09:00:30', '2026-07-01T07:00:30.000Z'],
    ['shown twice: the first of the two', '2026-10-25T02:30', '2026-10-25T00:30Z'],
    ['never shown: as if they had not gone forward yet', '2026-03-29T02:30', '2026-03-29T01:30Z'],
    ['a day alone is its midnight', '2026-03-30', '2026-03-29T22:00Z'],
  ])('%s', (_, moment, expected) => {
    expect(shown(at(moment))).toBe(expected);
  });

  it('show every instant such that it is found again, but for the second of an hour shown twice', () => {
    const zones = fc.constantFrom(PARIS, 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC');
    const instants = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2030, 0, 1) });
    fc.assert(
      fc.property(zones, instants, (zone, instant) => {
        const wall = wallOf(instant, zone);
        const found = instantOf(wall, zone);
        expect(wallOf(found, zone)).toBe(wall);
        expect(found).toBeLessThanOrEqual(instant);
        expect(instant - found).toBeLessThanOrEqual(3_600_000);
      }),
    );
  });

  it('know the names of zones', () => {
    expect(['Europe/Paris', 'UTC', 'Mars/Olympus', ''].map(isTimeZone)).toEqual([true, true, false, false]);
  });
});

describe('what is a time', () => {
  it.each([
    ['2026-11-27', true],
    ['2026-11-27T06:00', true],
    ['2026-11-27T06:00:30', true],
    ['2026-11-27T06:00:00+01:00', true],
    ['2026-11-31', false],
    ['2026-11-27T24:00', false],
    ['27.11.2026', false],
    ['tomorrow', false],
  ])('%s: %s', (text, expected) => {
    expect(isMoment(text)).toBe(expected);
  });
});

describe('what is no rule', () => {
  const sunday = Date.UTC(2026, 10, 22);
  it.each<[string, string | null]>([
    ['FREQ=WEEKLY;BYDAY=SU', null],
    ['FREQ=WEEKLY', null],
    ['FREQ=MONTHLY;BYMONTHDAY=22,-1;WKST=MO', null],
    ['FREQ=WEEKLY;BYDAY=MO', 'the first time, from, is not one of the days of the rule'],
    ['FREQ=MONTHLY;BYDAY=2SU', 'the first time, from, is not one of the days of the rule'],
    // Searched for, this one would keep a processor busy until the year 9999.
    ['FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31', 'the first time, from, is not one of the days of the rule'],
    ['FREQ=MONTHLY;BYDAY=SU;BYSETPOS=6', 'the first time, from, is not one of the days of the rule'],
    ['FREQ=WEEKLY;UNTIL=20260101', 'the first time, from, is not one of the days of the rule'],
    ['FREQ=HOURLY', '"HOURLY" is not allowed as FREQ'],
    ['FREQ=WEEKLY;INTERVAL=0', '"0" is not allowed as INTERVAL'],
    ['FREQ=WEEKLY;INTERVAL=abc', '"abc" is not allowed as INTERVAL'],
    ['FREQ=WEEKLY;COUNT=2;UNTIL=20270101', 'only one of COUNT and UNTIL may end a rule'],
    ['FREQ=WEEKLY;FREQ=DAILY', 'FREQ stands there twice'],
    ['FREQ=WEEKLY=DAILY', '"WEEKLY" is not allowed as FREQ'],
    ['FREQ=WEEKLY;BYDAY=XX', '"XX" is not allowed as BYDAY'],
    ['BYDAY=SU', 'FREQ is missing'],
    ['FREQ=YEARLY;BYEASTER=0', '"BYEASTER" is no part of a rule'],
    ['every sunday', '"every sunday" is no part of a rule'],
    ['', '"" is no part of a rule'],
  ])('%s: %s', (text, problem) => {
    expect(recurrenceProblem(text, sunday)).toBe(problem);
  });
});
