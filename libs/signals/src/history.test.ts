import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Baseline, baselineOf, baselinePeriods, countsOf } from './baseline.js';
import { dispersionOf } from './dispersion.js';
import type { Observation } from './observation.js';
import { mergeRollUps, type RollUp, rollUpOf } from './roll-up.js';
import type { SampleValue } from './signal.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function observation(atMs: number, value: SampleValue): Observation {
  return { signal: 's', dimensions: {}, fromMs: atMs - 15_000, atMs, value };
}
const minuteOf = (minute: number, count: number, of: number): RollUp => ({
  minuteMs: minute * MINUTE,
  n: 4,
  count,
  of,
  sum: 0,
  min: null,
  max: null,
  histogram: null,
});

describe('roll-ups', () => {
  test.each([
    ['the instant a minute ends belongs to it', 60_000, 0],
    ['one millisecond later is the next', 60_001, 60_000],
  ])('%s', (_, atMs, minuteMs) => {
    expect(rollUpOf(observation(atMs, { kind: 'gauge', value: 1 }))?.minuteMs).toBe(minuteMs);
  });

  test('a gap leaves no trace', () => {
    expect(rollUpOf(observation(1, { kind: 'gap', reason: 'unreachable' }))).toBeNull();
  });

  const anyRollUp = fc.record({
    minuteMs: fc.constant(0),
    n: fc.nat(9),
    count: fc.nat(99),
    of: fc.nat(999),
    sum: fc.integer({ min: -99, max: 99 }),
    min: fc.option(fc.integer({ min: -9, max: 9 })),
    max: fc.option(fc.integer({ min: -9, max: 9 })),
    histogram: fc.option(
      fc.record({ bounds: fc.constant([1, 2]), counts: fc.array(fc.nat(9), { minLength: 3, maxLength: 3 }) }),
    ),
  });
  test('merge in any order and grouping to the same', () => {
    fc.assert(
      fc.property(anyRollUp, anyRollUp, anyRollUp, (a, b, c) => {
        expect(mergeRollUps(a, b)).toEqual(mergeRollUps(b, a));
        expect(mergeRollUps(mergeRollUps(a, b), c)).toEqual(mergeRollUps(a, mergeRollUps(b, c)));
      }),
    );
  });
});

describe('counts', () => {
  test.each([
    ['bad of total', 'proportion', 'high', 3, 10, { events: 3, exposure: 10 }],
    ['the rest of a share that is bad when low', 'proportion', 'low', 97, 100, { events: 3, exposure: 100 }],
    ['more bad than total is all bad', 'proportion', 'high', 12, 10, { events: 10, exposure: 10 }],
    ['more good than total is none bad', 'proportion', 'low', 12, 10, { events: 0, exposure: 10 }],
    ['events of exposure may be more than it', 'rate', 'high', 12, 10, { events: 12, exposure: 10 }],
  ] as const)('%s', (_, form, direction, count, of, expected) => {
    expect(countsOf(form, direction, count, of)).toEqual(expected);
  });
});

describe('the periods of a baseline', () => {
  const of = (toMin: number, lengthMin: number, ...excluded: [number, number][]) =>
    baselinePeriods(
      toMin * MINUTE,
      lengthMin * MINUTE,
      excluded.map(([from, to]) => ({ fromMs: from * MINUTE, toMs: to * MINUTE })),
    ).map((p) => [p.fromMs / MINUTE, p.toMs / MINUTE]);
  test.each([
    ['the time before', of(1000, 60), [[940, 1000]]],
    ['whole minutes only', of(1000.5, 60), [[940, 1000]]],
    ['at least one minute', of(1000, 0.1), [[999, 1000]]],
    [
      'bad times are left out and looked past',
      of(1000, 60, [970, 980]),
      [
        [980, 1000],
        [930, 970],
      ],
    ],
    [
      'a minute that was bad in part is left out',
      of(1000, 60, [970.5, 979.5]),
      [
        [980, 1000],
        [930, 970],
      ],
    ],
    ['a bad time up to the release itself', of(1000, 60, [970, 1000]), [[910, 970]]],
    [
      'bad times that overlap',
      of(1000, 60, [960, 990], [970, 980]),
      [
        [990, 1000],
        [910, 960],
      ],
    ],
    ['a bad time long ago does not matter', of(1000, 60, [100, 200]), [[940, 1000]]],
    ['but not further than seven lengths back', of(1000, 60, [200, 990]), [[990, 1000]]],
  ])('%s', (_, actual, expected) => {
    expect(actual).toEqual(expected);
  });
});

describe('a baseline', () => {
  const PERIOD = [{ fromMs: 0, toMs: HOUR }];
  const of = (...rollUps: RollUp[]): Baseline => baselineOf('proportion', 'high', rollUps, PERIOD);
  test('adds up all series of its minutes', () => {
    const many = Array.from({ length: 60 }, (_, i) => [minuteOf(i, 1, 50), minuteOf(i, 1, 50)]).flat();
    expect(of(...many)).toMatchObject({
      kind: 'counts',
      events: 120,
      exposure: 6000,
      fromMs: 0,
      toMs: HOUR,
      drift: 0.1,
    });
  });
  test('leaves out what lies outside its periods', () => {
    expect(of(minuteOf(1, 1, 50), minuteOf(60, 40, 50))).toMatchObject({ events: 1, exposure: 50 });
  });
  test('nothing is no baseline', () => {
    expect(of()).toEqual({ kind: 'unusable', why: 'no-history', exposure: 0 });
  });
  test('fewer than 20 of exposure are no baseline', () => {
    expect(of(minuteOf(1, 1, 19))).toEqual({ kind: 'unusable', why: 'too-little-exposure', exposure: 19 });
    expect(of(minuteOf(1, 1, 20)).kind).toBe('counts');
  });
  test('says when its dispersion is only assumed', () => {
    expect(of(...Array.from({ length: 29 }, (_, i) => minuteOf(i, 1, 50)))).toMatchObject({
      dispersion: { phi: 2, isAssumed: true },
    });
  });
  test('quiet minutes in between keep the lags apart', () => {
    const sparse = Array.from({ length: 20 }, (_, i) => minuteOf(i * 3, 5, 50));
    expect(of(...sparse)).toMatchObject({ dispersion: { isAssumed: false } });
  });
});

describe('dispersion', () => {
  /** The generator of libs/signals/reference/dispersion.py, which computed the expected numbers. */
  function increments(n: number, block: number) {
    let x = 7;
    const next = () => (x = (x * 16807) % 2147483647);
    return Array.from({ length: n }, (_, t) => {
      const [a, b] = [next() % 7, next() % 40];
      return { events: a + (Math.floor(t / block) % 2 ? 5 : 0), exposure: 100 + b };
    });
  }
  test.each([
    [48, 6, 3.122898595276966],
    [48, 1, 1],
    [120, 20, 14.240023009581872],
    [480, 30, 9.319528633303916],
  ])('of %i increments in blocks of %i agrees with the independent computation', (n, block, phi) => {
    const found = dispersionOf(increments(n, block), MINUTE);
    expect(found.phi).toBeCloseTo(phi, 9);
    expect(found.isAssumed).toBe(false);
  });
  test('no bad events at all: Poisson', () => {
    expect(
      dispersionOf(
        Array.from({ length: 60 }, () => ({ events: 0, exposure: 10 })),
        MINUTE,
      ),
    ).toEqual({ phi: 1, isAssumed: false });
  });
  test('no history: assumed', () => {
    expect(dispersionOf([], MINUTE)).toEqual({ phi: 2, isAssumed: true });
  });
  test('a longer history is trusted with a smaller margin', () => {
    const six = increments(360, 20);
    expect(dispersionOf(six, MINUTE).phi).toBeLessThan(dispersionOf(six, 30_000).phi);
  });
});
