import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cover, type Covered, coverageShare, coveredMs, NOTHING_COVERED, type Pace, rangesOf } from './coverage.js';

const PACE: Pace = { startMs: 0, intervalMs: 10, latenessMs: 40 };
const of = (...ranges: readonly (readonly [number, number])[]): Covered =>
  ranges.reduce<Covered>((covered, [from, to]) => cover(covered, from, to, PACE), NOTHING_COVERED);

describe('coverage', () => {
  test.each([
    ['one range', of([0, 10]), [0, 10]],
    ['neighbours are one', of([0, 10], [10, 20]), [0, 20]],
    ['jitter is no gap', of([0, 10], [14, 24]), [0, 24]],
    ['a gap is', of([0, 10], [20, 30]), [0, 10, 20, 30]],
    ['a late one closes it', of([0, 10], [20, 30], [10, 20]), [0, 30]],
    ['a late one between two gaps has its place', of([0, 10], [60, 70], [30, 40]), [0, 10, 30, 40, 60, 70]],
    ['what lies within what is covered adds nothing', of([0, 30], [10, 20]), [0, 30]],
    ['the time before the release does not count', of([-5, 5]), [0, 5]],
    ['nor does what lies wholly before it', of([-5, 0]), []],
  ])('%s', (_, actual, expected) => {
    expect(rangesOf(actual)).toEqual(expected);
  });
  test.each([
    [of([0, 10], [20, 30]), 40, 0.5],
    [of([0, 40]), 30, 1],
    [NOTHING_COVERED, 30, 0],
    [of([0, 10]), 0, 0],
    [of([0, 10], [1000, 1010]), 100, 0.2],
  ])('share of %j in %d is %d', (covered, elapsed, share) => {
    expect(coverageShare(covered, elapsed)).toBe(share);
  });
  test('stays small however many gaps there are, and loses none of the time', () => {
    const covered = of(...Array.from({ length: 1000 }, (_, i) => [i * 30, i * 30 + 10] as const));
    expect(coveredMs(covered)).toBe(10_000);
    expect(covered.length).toBeLessThan(20);
  });
  test('what comes in any order within the lateness covers the same', () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: 10, maxLength: 80 }),
        fc.array(fc.nat(4), { minLength: 80, maxLength: 80 }),
        (isPresent, shifts) => {
          const inOrder = isPresent.flatMap((is, i) => (is ? [{ i, range: [i * 10, i * 10 + 10] as const }] : []));
          const arrived = [...inOrder].sort((a, b) => a.i + (shifts[a.i] ?? 0) - b.i - (shifts[b.i] ?? 0));
          expect(of(...arrived.map(({ range }) => range))).toEqual(of(...inOrder.map(({ range }) => range)));
        },
      ),
    );
  });
});
