import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatInstant } from '@parapet/kernel';
import { openTimes, ShopHours, type WeekHours } from './opening-hours.js';
import { openingHoursOf } from './opening-hours-of.js';
import { openingHours } from './schema/opening-hours.js';

const HOUR_MS = 3_600_000;
const at = (text: string) => Date.parse(text);
const hoursOf = (written: object) =>
  openingHoursOf(openingHours.parse({ timeZone: 'Europe/Paris', weekly: [], ...written }));
const WORKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const SHOP = hoursOf({ weekly: [{ days: WORKDAYS, from: '09:00', to: '20:00' }] });
const spans = (hours: WeekHours, from: string, to: string) =>
  openTimes(hours, at(from), at(to)).map(({ fromMs, toMs }) =>
    `${formatInstant(fromMs)} ${formatInstant(toMs)}`.replaceAll(':00.000', ''),
  );

describe('open times', () => {
  test.each<[string, object, string, string, readonly string[]]>([
    [
      'follow the clocks in winter',
      SHOP,
      '2026-01-12T00:00Z',
      '2026-01-13T00:00Z',
      ['2026-01-12T08:00Z 2026-01-12T19:00Z'],
    ],
    ['and in summer', SHOP, '2026-07-13T00:00Z', '2026-07-14T00:00Z', ['2026-07-13T07:00Z 2026-07-13T18:00Z']],
    ['are none on a day off', SHOP, '2026-01-11T00:00Z', '2026-01-12T00:00Z', []],
    [
      'are cut to what is asked',
      SHOP,
      '2026-01-12T18:30Z',
      '2026-01-12T23:00Z',
      ['2026-01-12T18:30Z 2026-01-12T19:00Z'],
    ],
    [
      'go past midnight',
      hoursOf({ weekly: [{ days: ['fri'], from: '18:00', to: '02:00' }] }),
      '2026-01-16T23:30Z',
      '2026-01-17T12:00Z',
      ['2026-01-16T23:30Z 2026-01-17T01:00Z'],
    ],
    [
      'of a whole day are 23 hours where clocks go forward',
      hoursOf({ weekly: [{ days: ['sun'], from: '00:00', to: '24:00' }] }),
      '2026-03-28T00:00Z',
      '2026-03-31T00:00Z',
      ['2026-03-28T23:00Z 2026-03-29T22:00Z'],
    ],
    [
      'and 25 where they go back',
      hoursOf({ weekly: [{ days: ['sun'], from: '00:00', to: '24:00' }] }),
      '2026-10-24T00:00Z',
      '2026-10-27T00:00Z',
      ['2026-10-24T22:00Z 2026-10-25T23:00Z'],
    ],
    [
      'begin an hour that does not exist as if clocks had not gone forward yet',
      hoursOf({ weekly: [{ days: ['sun'], from: '02:30', to: '05:00' }] }),
      '2026-03-29T00:00Z',
      '2026-03-30T00:00Z',
      ['2026-03-29T01:30Z 2026-03-29T03:00Z'],
    ],
    [
      'end an hour that exists twice the first time',
      hoursOf({ weekly: [{ days: ['sat'], from: '22:00', to: '02:30' }] }),
      '2026-10-24T12:00Z',
      '2026-10-26T00:00Z',
      ['2026-10-24T20:00Z 2026-10-25T00:30Z'],
    ],
  ])('%s', (_, hours, from, to, expected) => {
    expect(spans(hours as WeekHours, from, to)).toEqual(expected);
  });

  test('say the same of a time, asked whole or in pieces, in every zone and on every day', () => {
    const zones = ['Europe/Paris', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC'];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: 0, max: 365 * 24 }),
        fc.integer({ min: 1, max: 47 }),
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 0, max: 23 }),
        (timeZone, begin, length, opens, shuts) => {
          fc.pre(opens !== shuts);
          const clock = (hour: number) => `${String(hour).padStart(2, '0')}:00`;
          const hours = hoursOf({
            timeZone,
            weekly: [{ days: ['sat', 'sun', 'mon'], from: clock(opens), to: clock(shuts) }],
          });
          const fromMs = at('2026-01-01T00:00Z') + begin * HOUR_MS;
          const open = (a: number, b: number) =>
            openTimes(hours, a, b).reduce((sum, time) => sum + time.toMs - time.fromMs, 0);
          let pieces = 0;
          for (let i = 0; i < length; i++) pieces += open(fromMs + i * HOUR_MS, fromMs + (i + 1) * HOUR_MS);
          expect(pieces).toBe(open(fromMs, fromMs + length * HOUR_MS));
        },
      ),
    );
  });
});

describe('a shop', () => {
  const noon = at('2026-01-12T11:00Z');
  const night = at('2026-01-12T22:00Z');
  const minute = (fromMs: number) => [fromMs, fromMs + 60_000] as const;
  const STORES = hoursOf({
    weekly: [{ days: WORKDAYS, from: '09:00', to: '20:00' }],
    stores: [
      {
        store: 'porto',
        tills: ['3'],
        companies: ['2'],
        timeZone: 'Europe/Lisbon',
        weekly: [{ days: ['mon'], from: '12:00', to: '23:00' }],
      },
    ],
  });
  const closed = {
    name: 'days-off',
    timeZone: 'Europe/Paris',
    environments: ['production'],
    periods: [
      {
        name: 'stock count',
        kind: 'closed',
        fromMs: at('2026-01-12T10:00Z'),
        toMs: at('2026-01-12T12:00Z'),
        repeat: null,
      },
      {
        name: 'sales',
        kind: 'promotion',
        fromMs: at('2026-01-01T00:00Z'),
        toMs: at('2026-02-01T00:00Z'),
        repeat: null,
      },
    ],
  } as const;

  test.each<[string, ShopHours, number, boolean]>([
    ['without hours is always open', new ShopHours(null, [], 'production'), night, true],
    ['with hours is open within them', new ShopHours(SHOP, [], 'production'), noon, true],
    ['and closed outside', new ShopHours(SHOP, [], 'production'), night, false],
    ['is closed while a calendar says so', new ShopHours(SHOP, [closed], 'production'), noon, false],
    ['also without hours', new ShopHours(null, [closed], 'production'), noon, false],
    ['is not closed by the calendar of another environment', new ShopHours(SHOP, [closed], 'staging'), noon, true],
    ['is not closed by a promotion', new ShopHours(SHOP, [closed], 'production'), noon + 2 * HOUR_MS, true],
    ['has somebody open while one of its stores is', new ShopHours(STORES, [], 'production'), night, true],
  ])('%s', (_, shop, fromMs, expected) => {
    expect(shop.isAnyOpen(...minute(fromMs))).toBe(expected);
  });

  test('that is open for a part of a time is open in it', () => {
    const shop = new ShopHours(SHOP, [], 'production');
    expect(shop.isAnyOpen(at('2026-01-12T07:00Z'), at('2026-01-12T08:01Z'))).toBe(true);
    expect(shop.isAnyOpen(at('2026-01-12T07:00Z'), at('2026-01-12T08:00Z'))).toBe(false);
  });

  test.each<[string, Record<string, string>, number, boolean]>([
    ['its store by name', { store: 'porto' }, noon, false],
    ['its store by a till', { till: '3' }, noon, false],
    ['its store by a company', { company: '2', till: '9' }, night, true],
    ['everybody, without a store', { till: '1' }, noon, true],
    ['everybody, without dimensions', {}, night, false],
  ])('knows a sample as one of %s', (_, dimensions, fromMs, expected) => {
    expect(new ShopHours(STORES, [], 'production').isOpen(dimensions, ...minute(fromMs))).toBe(expected);
  });

  test.each<[string, object, string]>([
    ['a zone that is none', { timeZone: 'Europe/Pariss', weekly: [] }, 'no such time zone'],
    ['an hour that is none', { timeZone: 'UTC', weekly: [{ days: ['mon'], from: '9', to: '20:00' }] }, 'from'],
    ['a day that is none', { timeZone: 'UTC', weekly: [{ days: ['monday'], from: '09:00', to: '20:00' }] }, 'days'],
    [
      'hours without length',
      { timeZone: 'UTC', weekly: [{ days: ['mon'], from: '09:00', to: '09:00' }] },
      'must differ',
    ],
    [
      'a till of two stores',
      {
        timeZone: 'UTC',
        weekly: [],
        stores: [
          { store: 'a', tills: ['1'], weekly: [] },
          { store: 'b', tills: ['1'], weekly: [] },
        ],
      },
      'till 1 has two opening hours',
    ],
  ])('cannot have %s', (_, written, problem) => {
    const read = openingHours.safeParse(written);
    expect(JSON.stringify(read.error?.issues)).toContain(problem);
  });
});
