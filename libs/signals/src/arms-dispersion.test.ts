import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ArmsIncrement, armsDispersionOf, armsRatioOf } from './arms-dispersion.js';
import { MINUTE_MS } from './roll-up.js';

/** The expected numbers were computed by libs/signals/reference/arms.py, with binomial means and variances and a banded matrix. */

function numbers(seed: number): () => number {
  let x = seed;
  return () => (x = (x * 16807) % 2147483647);
}

const arms = (x1: number, n1: number, x0: number, n0: number): ArmsIncrement => ({
  watched: { events: x1, exposure: n1 },
  control: { events: x0, exposure: n0 },
});

/** The watched arm fails twice as often, and in every other block half as much again; every 13th minute it is silent. */
function minutes(n: number, block: number): ArmsIncrement[] {
  const next = numbers(11);
  return Array.from({ length: n }, (_, t) => {
    if (t % 13 === 12) return arms(0, 0, 9, 400);
    const up = Math.floor(t / block) % 2 === 1 ? 3 : 0;
    const [x1, n1, x0, n0] = [4 + (next() % 5) + up, 100 + (next() % 20), 8 + (next() % 9), 400 + (next() % 50)];
    return arms(x1, n1, x0, n0);
  });
}

describe('two arms of one time agree with the independent computation', () => {
  test.each([
    [120, 15, 1.3287738310847947, 2.508921437816912, 0.050296300960422265],
    [480, 30, 1.5299117115079737, 2.4820654800748163, 0.027046861521570077],
  ])('%d minutes in blocks of %d', (n, block, phi, ratio, logDeviation) => {
    const dispersion = armsDispersionOf(minutes(n, block), MINUTE_MS);
    expect(dispersion).toEqual({ phi: expect.closeTo(phi, 9), isAssumed: false });
    expect(armsRatioOf(minutes(n, block), dispersion)).toEqual({
      ratio: expect.closeTo(ratio, 9),
      logDeviation: expect.closeTo(logDeviation, 9),
    });
  });
});

describe('what two arms show', () => {
  test('noise that both share is none between them, however much it is', () => {
    const shared = Array.from({ length: 400 }, (_, t) =>
      Math.floor(t / 20) % 2 ? arms(40, 100, 160, 400) : arms(1, 100, 4, 400),
    );
    expect(armsDispersionOf(shared, MINUTE_MS)).toEqual({ phi: 1, isAssumed: false });
  });

  test('arms that always differ are no noise', () => {
    const unlike = Array.from({ length: 400 }, () => arms(30, 100, 4, 400));
    const dispersion = armsDispersionOf(unlike, MINUTE_MS);
    expect(dispersion.phi).toBe(1);
    expect(armsRatioOf(unlike, dispersion)?.ratio).toBeCloseTo(30, 1);
  });

  test('too short a time is a guess', () => {
    expect(armsDispersionOf(minutes(29, 7), MINUTE_MS).isAssumed).toBe(true);
  });

  test.each([
    ['hardly anything happened', arms(0, 100, 0, 400)],
    ['the arms were never there together', arms(5, 100, 0, 0)],
  ])('dispersion is a guess where %s', (_, increment) => {
    expect(
      armsDispersionOf(
        Array.from({ length: 400 }, () => increment),
        MINUTE_MS,
      ).isAssumed,
    ).toBe(true);
  });

  test.each([
    ['nothing ever happened', arms(0, 1000, 0, 4000)],
    ['hardly anything did', arms(4, 1000, 15, 4000)],
    ['one arm was not there', arms(0, 0, 100, 4000)],
    ['the other was not', arms(100, 1000, 0, 0)],
  ])('how they differ is not known where %s', (_, increment) => {
    expect(armsRatioOf([increment], { phi: 1, isAssumed: false })).toBeNull();
  });

  test('an arm without events has a finite ratio, and much doubt', () => {
    const found = armsRatioOf([arms(0, 1000, 40, 4000)], { phi: 1, isAssumed: false });
    expect(found?.ratio).toBeCloseTo(0.5 / 1000 / (40.5 / 4000), 12);
    expect(found?.logDeviation).toBeGreaterThan(1.4);
  });

  test('scaling the exposure of both changes nothing', () => {
    fc.assert(
      fc.property(fc.constantFrom(60, 1 / 60, 1000), fc.integer({ min: 40, max: 200 }), (unit, n) => {
        const plain = minutes(n, 9);
        const scaled = plain.map(({ watched, control }) =>
          arms(watched.events, watched.exposure * unit, control.events, control.exposure * unit),
        );
        const [a, b] = [armsDispersionOf(plain, MINUTE_MS), armsDispersionOf(scaled, MINUTE_MS)];
        expect(b.phi).toBeCloseTo(a.phi, 9);
        expect(armsRatioOf(scaled, b)?.ratio).toBeCloseTo(armsRatioOf(plain, a)?.ratio ?? Number.NaN, 9);
      }),
    );
  });
});
