import { describe, expect, test } from '@jest/globals';
import { combine, type Contribution } from './combine.js';

/** The expected sets were computed by libs/guardrails/reference/e_bh.py, by Benjamini and Hochberg's procedure on 1/e. */

/** Evidence between −3 and 9 in steps of an eighth, the same in every language. */
function draw(seed: number, count: number): number[] {
  let x = seed;
  return Array.from({ length: count }, () => {
    x = (x * 16807) % 2147483647;
    return (x % 97) / 8 - 3;
  });
}

/** Who is named when together they are enough, by index; no weights, nothing fires. */
function namedOf(evidences: readonly number[]): readonly number[] {
  const contributions = evidences.map(
    (evidence, i): Contribution => ({ name: String(i), mode: 'act', evidence, logWeight: 0, isFiring: false }),
  );
  const named = combine(contributions, -1000)?.guilty ?? [];
  return named.map(Number).toSorted((a, b) => a - b);
}

describe('the guardrails named as guilty agree with the independent computation', () => {
  test.each([
    [7919, 3, [0, 1]],
    [23757, 5, [0, 1, 2, 3, 4]],
    [31676, 6, [0, 1, 3, 4, 5]],
    [39595, 7, [1, 2, 4, 5, 6]],
    [47514, 8, [0, 3, 4, 5, 7]],
    [55433, 2, [1]],
    [63352, 3, [0, 1, 2]],
    [71271, 4, [0, 3]],
    [79190, 5, [2]],
    [87109, 6, [0, 1, 2, 5]],
    [95028, 7, [3, 5]],
  ])('of seed %d, %d guardrails', (seed, count, expected) => {
    expect(namedOf(draw(seed, count))).toEqual(expected);
  });

  test('of e-values that no double holds', () => {
    expect(namedOf([800, 5, 2, -3, -700])).toEqual([0, 1]);
  });

  test('none has enough for itself: only the strongest, which leads the verdict', () => {
    const evidences = draw(15838, 4);
    expect(namedOf(evidences)).toEqual([evidences.indexOf(Math.max(...evidences))]);
  });
});
