import { describe, expect, test } from '@jest/globals';
import { combine, type Contribution, weightOf } from './combine.js';
import { DELAY, ORDERS, specOf } from '../testing/watch.js';

describe('together', () => {
  const of = (name: string, mode: Contribution['mode'], evidence: number | null, isFiring = false): Contribution => ({
    name,
    mode,
    evidence,
    logWeight: 0,
    isFiring,
  });
  const ENOUGH = Math.log(100);
  test.each<[string, readonly Contribution[], ReturnType<typeof combine>]>([
    ['not enough', [of('a', 'act', ENOUGH - 1)], null],
    ['enough of one', [of('a', 'act', ENOUGH)], { mode: 'act', guilty: ['a'] }],
    [
      'enough of two together',
      [of('a', 'act', ENOUGH - 0.6), of('b', 'act', ENOUGH - 0.7)],
      { mode: 'act', guilty: ['a', 'b'] },
    ],
    [
      'not enough of those that may act alone',
      [of('a', 'act', ENOUGH - 0.7), of('b', 'propose', ENOUGH - 0.6)],
      { mode: 'propose', guilty: ['b', 'a'] },
    ],
    ['what only observes is not counted', [of('a', 'observe', ENOUGH + 9)], null],
    ['a firing one that may act', [of('a', 'act', null, true), of('b', 'propose', 0)], { mode: 'act', guilty: ['a'] }],
    [
      'a firing one that may propose',
      [of('a', 'propose', null, true), of('b', 'act', 0)],
      { mode: 'propose', guilty: ['a'] },
    ],
    ['a firing one that only observes', [of('a', 'observe', null, true)], null],
    [
      'of those that fire, one that may act leads',
      [of('a', 'propose', null, true), of('b', 'act', null, true)],
      { mode: 'act', guilty: ['b', 'a'] },
    ],
    [
      'evidence leads, what fires is named after it',
      [of('a', 'act', null, true), of('b', 'act', ENOUGH)],
      { mode: 'act', guilty: ['b', 'a'] },
    ],
    [
      'what fires leads, evidence for a share of one in ten wrong ones is named after it',
      [of('a', 'act', null, true), of('b', 'act', Math.log(10))],
      { mode: 'act', guilty: ['a', 'b'] },
    ],
  ])('%s', (_, contributions, expected) => {
    expect(combine(contributions, ENOUGH)).toEqual(expected);
  });

  /** G = 4 and q = 0.1: one alone needs an e-value of 40, two need 20 each, three 13.3, all four 10. */
  test.each<[string, readonly number[], readonly string[]]>([
    ['the strongest alone, although the others have something', [1000, 19, 13, 9], ['g0']],
    ['two of 20 or more', [1000, 20, 13, 9], ['g0', 'g1']],
    ['three of 13.4 or more, the second too weak for itself', [1000, 13.4, 13.4, 9], ['g0', 'g1', 'g2']],
    ['all four of 10 or more', [1000, 10, 10, 10], ['g0', 'g1', 'g2', 'g3']],
  ])('named as guilty: %s', (_, eValues, guilty) => {
    const contributions = eValues.map((e, i) => of(`g${i}`, 'act', Math.log(e)));
    expect(combine(contributions, ENOUGH)?.guilty).toEqual(guilty);
  });

  test('the one whose weight makes it count most leads, even where it is not named by its e-value', () => {
    const light = { ...of('light', 'act', Math.log(300)), logWeight: Math.log(0.1) };
    const heavy = { ...of('heavy', 'act', Math.log(110)), logWeight: Math.log(0.9) };
    expect(combine([light, heavy], ENOUGH)?.guilty).toEqual(['heavy', 'light']);
  });

  test('weights are shares of those that collect evidence and count', () => {
    const spec = specOf([
      { ...ORDERS, guardrail: { ...ORDERS.guardrail, weight: 3 } },
      { ...ORDERS, guardrail: { ...ORDERS.guardrail, name: 'b', weight: 1 } },
      { ...ORDERS, guardrail: { ...ORDERS.guardrail, name: 'c', mode: 'observe', weight: 9 } },
      DELAY,
    ]);
    expect(spec.guardrails.slice(0, 3).map((w) => weightOf(spec, w))).toEqual([0.75, 0.25, 1]);
  });
});
