import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatInstant, isNotSet, parseDuration, parseInstant } from './instant.js';

const EARLIEST_MS = Date.parse('0000-01-01T00:00:00Z');
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z');

describe('parseInstant', () => {
  test.each([
    ['UTC', '2026-11-23T09:05:07Z', '2026-11-23T09:05:07.000Z'],
    ['small letters and a space, which RFC 3339 allows', '2026-11-23 09:05:07z', '2026-11-23T09:05:07.000Z'],
    ['an offset ahead of UTC', '2026-11-23T01:05:07+02:00', '2026-11-22T23:05:07.000Z'],
    ['an offset behind UTC, with minutes', '2026-12-31T22:00:00-03:30', '2027-01-01T01:30:00.000Z'],
    ['an unknown offset', '2026-11-23T09:05:07-00:00', '2026-11-23T09:05:07.000Z'],
    ['one decimal', '2026-11-23T09:05:07.5Z', '2026-11-23T09:05:07.500Z'],
    ['nine decimals, cut and not rounded', '2026-11-23T09:05:07.999999999Z', '2026-11-23T09:05:07.999Z'],
    ['decimals before 1970, cut towards the past', '1969-12-31T23:59:59.9999Z', '1969-12-31T23:59:59.999Z'],
    ['the leap day of a leap year', '2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['the leap day of a fourth century', '2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
    ['a leap second', '2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
    ['a leap second with decimals', '2016-12-31T23:59:60.25Z', '2017-01-01T00:00:00.250Z'],
    ['a leap second where it is already morning', '2015-07-01T08:59:60+09:00', '2015-07-01T00:00:00.000Z'],
    ['year 1', '0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['year 0', '0000-01-01T00:00:00Z', '0000-01-01T00:00:00.000Z'],
    ['two digits of a year are that year', '0099-01-01T00:00:00Z', '0099-01-01T00:00:00.000Z'],
    ['the last instant', '9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('reads %s', (_, text, expected) => {
    expect(new Date(parseInstant(text) ?? Number.NaN).toISOString()).toBe(expected);
  });

  test.each([
    ['nothing', ''],
    ['a day without a time', '2026-11-23'],
    ['no offset', '2026-11-23T09:05:07'],
    ['no seconds', '2026-11-23T09:05Z'],
    ['no decimals behind the point', '2026-11-23T09:05:07.Z'],
    ['ten decimals', '2026-11-23T09:05:07.0123456789Z'],
    ['a comma for the point', '2026-11-23T09:05:07,5Z'],
    ['an offset without a colon', '2026-11-23T09:05:07+0200'],
    ['month 0', '2026-00-10T00:00:00Z'],
    ['month 13', '2026-13-10T00:00:00Z'],
    ['day 0', '2026-11-00T00:00:00Z'],
    ['31 November', '2026-11-31T00:00:00Z'],
    ['29 February of a common year', '2026-02-29T00:00:00Z'],
    ['29 February of a century', '2100-02-29T00:00:00Z'],
    ['hour 24', '2026-11-23T24:00:00Z'],
    ['minute 60', '2026-11-23T09:60:00Z'],
    ['second 61', '2016-12-31T23:59:61Z'],
    ['second 60 at noon', '2016-12-31T12:00:60Z'],
    ['second 60 at midnight within a month', '2016-12-30T23:59:60Z'],
    ['second 60 at local midnight only', '2016-12-31T23:59:60+01:00'],
    ['an offset of 24 hours', '2026-11-23T09:05:07+24:00'],
    ['an offset of 60 minutes', '2026-11-23T09:05:07+01:60'],
    ['five digits of a year', '12026-11-23T09:05:07Z'],
    ['a year that is 10000 in UTC', '9999-12-31T23:59:59-00:01'],
    ['a year before 0 in UTC', '0000-01-01T00:00:00+00:01'],
    ['the leap second that ends year 9999', '9999-12-31T23:59:60Z'],
    ['a line break behind it', '2026-11-23T09:05:07Z\n'],
    ['digits of another script', '２０２６-11-23T09:05:07Z'],
  ])('answers null for %s', (_, text) => {
    expect(parseInstant(text)).toBeNull();
  });

  test('reads back what formatInstant wrote', () => {
    fc.assert(
      fc.property(fc.integer({ min: EARLIEST_MS, max: LATEST_MS }), (at) => {
        expect(parseInstant(formatInstant(at))).toBe(at);
      }),
    );
  });

  test('the same instant at any offset is the same instant', () => {
    const offset = fc.integer({ min: -(23 * 60 + 59), max: 23 * 60 + 59 });
    const at = fc.integer({ min: EARLIEST_MS + 86_400_000, max: LATEST_MS - 86_400_000 });
    fc.assert(
      fc.property(at, offset, (utc, minutes) => {
        const local = formatInstant(utc + minutes * 60_000).slice(0, -1);
        const [h, m] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60].map((n) => `${n}`.padStart(2, '0'));
        expect(parseInstant(`${local}${minutes < 0 ? '-' : '+'}${h}:${m}`)).toBe(utc);
      }),
    );
  });

  test('what it reads, formatInstant can write', () => {
    const pair = (max: number): fc.Arbitrary<string> => fc.nat(max).map((n) => `${n}`.padStart(2, '0'));
    const text = fc
      .tuple(
        fc.constantFrom('0000', '0001', '2026', '9999'),
        pair(13),
        pair(32),
        pair(24),
        pair(60),
        pair(60),
        pair(24),
      )
      .map(([y, mo, d, h, mi, s, o]) => `${y}-${mo}-${d}T${h}:${mi}:${s}-${o}:00`);
    fc.assert(
      fc.property(text, (one) => {
        const at = parseInstant(one);
        if (at !== null) expect(formatInstant(at)).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
      }),
      { numRuns: 500 },
    );
  });
});

test.each([EARLIEST_MS - 1, LATEST_MS + 1, Number.NaN, Number.POSITIVE_INFINITY])(
  'formatInstant has no form for %d',
  (at) => {
    expect(() => formatInstant(at)).toThrow('is not within the years 0000 to 9999');
  },
);

test.each([
  ['nothing', undefined, true],
  ['null', null, true],
  ['an empty text', '', true],
  ["Go's zero time", '0001-01-01T00:00:00Z', true],
  ["Go's zero time with decimals", '0001-01-01T00:00:00.000Z', true],
  ['the second after it', '0001-01-01T00:00:01Z', false],
  ['a time', '2026-11-23T09:05:07Z', false],
  ['a text that is no time', 'soon', false],
])('isNotSet: %s', (_, text, expected) => {
  expect(isNotSet(text)).toBe(expected);
});

test.each([
  ['250ms', 250],
  ['30s', 30_000],
  ['2m', 120_000],
  ['1h', 3_600_000],
  ['7d', 604_800_000],
  ['0s', 0],
  ['1.5m', 90_000],
  ['1.005s', 1005],
  ['365.1d', 31_544_640_000],
  ['0.5ms', null],
  ['0.0001s', null],
  [`${'9'.repeat(400)}d`, null],
  ['9007199254740993ms', null],
  ['', null],
  ['30', null],
  ['s', null],
  ['-30s', null],
  ['+30s', null],
  ['.5s', null],
  ['5.s', null],
  ['1e3s', null],
  ['30 s', null],
  ['30S', null],
  ['1h30m', null],
  ['1w', null],
  ['30s\n', null],
])('parseDuration of %j is %j', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

test('whatever has up to three decimals of a second is that many milliseconds', () => {
  fc.assert(
    fc.property(fc.nat(86_400_000_000), (ms) => {
      expect(parseDuration(`${(ms / 1000).toFixed(3)}s`)).toBe(ms);
    }),
  );
});
