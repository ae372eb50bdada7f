import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import type { Mode } from '../guardrail.js';
import { effectiveMode, lowerMode, type Trust } from './mode.js';
import { type BreachMark, countMarks, isTooImprecise, precisionOf } from './precision.js';

const NOTHING: Trust = { hasData: false, hasBreached: false, isForced: false, isSteppedDown: false };
const PROVEN: Trust = { ...NOTHING, hasData: true, hasBreached: true };

test.each<readonly [string, Mode, Partial<Trust>, Mode, string | null]>([
  ['what was never shown to return data only observes', 'act', {}, 'observe', 'no-data'],
  ['even where it was only to propose', 'propose', {}, 'observe', 'no-data'],
  ['what only observes needs no proof', 'observe', {}, 'observe', null],
  ['data alone is good for a proposal', 'act', { hasData: true }, 'propose', 'no-breach-shown'],
  ['and where that was all it was to do, nothing is lacking', 'propose', { hasData: true }, 'propose', null],
  ['a breach without data is no proof', 'act', { hasBreached: true }, 'observe', 'no-data'],
  ['data and a breach: it may act', 'act', { hasData: true, hasBreached: true }, 'act', null],
  ['proof never lifts above what is declared', 'propose', { hasData: true, hasBreached: true }, 'propose', null],
  ['force stands in for proof', 'act', { isForced: true }, 'act', 'forced'],
  ['where there is proof, force is not what holds it', 'act', { ...PROVEN, isForced: true }, 'act', null],
  ['breaches marked wrong cost the right to act', 'act', { ...PROVEN, isSteppedDown: true }, 'propose', 'precision'],
  ['force does not help against that', 'act', { isForced: true, isSteppedDown: true }, 'propose', 'precision'],
  ['nor does it lift what has no data', 'act', { isSteppedDown: true }, 'observe', 'no-data'],
])('%s', (_what, declared, trust, mode, why) => {
  expect(effectiveMode(declared, { ...NOTHING, ...trust })).toEqual({ mode, why });
});

test('no trust ever gives more than was declared', () => {
  const modes = fc.constantFrom<Mode>('observe', 'propose', 'act');
  const flags = fc.record({
    hasData: fc.boolean(),
    hasBreached: fc.boolean(),
    isForced: fc.boolean(),
    isSteppedDown: fc.boolean(),
  });
  fc.assert(
    fc.property(modes, flags, (declared, trust) => {
      const { mode, why } = effectiveMode(declared, trust);
      expect(lowerMode(mode, declared)).toBe(mode);
      if (mode !== declared) expect(why).not.toBeNull();
      if (mode === 'act') expect(trust.isForced || (trust.hasData && trust.hasBreached)).toBe(true);
    }),
  );
});

const mark = (release: string, by: string, right: boolean, seq: number, isOfGuardrail = false): BreachMark => ({
  release,
  by,
  right,
  seq,
  isOfGuardrail,
});

describe('marks', () => {
  test.each<readonly [string, readonly BreachMark[], readonly [number, number, number]]>([
    ['nothing marked', [], [0, 0, 0]],
    ['one breach, one word', [mark('r1', 'a', true, 1)], [1, 0, 0]],
    ['the later word of the same person counts', [mark('r1', 'a', true, 1), mark('r1', 'a', false, 2)], [0, 1, 0]],
    ['in whatever order they come', [mark('r1', 'a', false, 2), mark('r1', 'a', true, 1)], [0, 1, 0]],
    [
      'a word on the guardrail goes before a later one on the verdict',
      [mark('r1', 'a', false, 1, true), mark('r1', 'a', true, 2)],
      [0, 1, 0],
    ],
    ['two people who agree make one breach', [mark('r1', 'a', true, 1), mark('r1', 'b', true, 2)], [1, 0, 0]],
    ['two who do not make none', [mark('r1', 'a', true, 1), mark('r1', 'b', false, 2)], [0, 0, 1]],
    [
      'the majority decides',
      [mark('r1', 'a', true, 1), mark('r1', 'b', false, 2), mark('r1', 'c', false, 3)],
      [0, 1, 0],
    ],
    ['releases count apart', [mark('r1', 'a', true, 1), mark('r2', 'a', false, 2)], [1, 1, 0]],
  ])('%s', (_what, marks, [right, wrong, disputed]) => {
    expect(countMarks(marks)).toEqual({ right, wrong, disputed });
  });
});

test('in whatever order marks come, each breach counts once', () => {
  const marks = fc.array(
    fc.record({
      release: fc.constantFrom('r1', 'r2', 'r3'),
      by: fc.constantFrom('a', 'b', 'c'),
      right: fc.boolean(),
      isOfGuardrail: fc.boolean(),
    }),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(marks, fc.infiniteStream(fc.nat()), (drawn, order) => {
      const all = drawn.map((one, seq) => ({ ...one, seq }));
      const shuffled = [...all].map((one) => ({ one, at: order.next().value ?? 0 })).sort((a, b) => a.at - b.at);
      const counted = countMarks(all);
      expect(countMarks(shuffled.map(({ one }) => one))).toEqual(counted);
      expect(counted.right + counted.wrong + counted.disputed).toBe(new Set(all.map(({ release }) => release)).size);
    }),
  );
});

describe('precision', () => {
  // Clopper-Pearson, 95 %: scipy.stats.beta.ppf(0.025, k, n-k+1), beta.ppf(0.975, k+1, n-k); see reference/precision.py.
  test.each([
    [0, 5, 0, 0.521823750104981],
    [1, 4, 0.00505076337946806, 0.716417936118089],
    [3, 2, 0.146632799634673, 0.947255049473683],
    [5, 0, 0.478176249895019, 1],
    [18, 2, 0.683017285980918, 0.987651472829705],
    [250, 250, 0.455285569324228, 0.544714430675772],
  ])('of %i right and %i wrong', (right, wrong, low, high) => {
    const precision = precisionOf({ right, wrong, disputed: 0 });
    expect(precision?.value).toBe(right / (right + wrong));
    expect(precision?.low).toBeCloseTo(low, 9);
    expect(precision?.high).toBeCloseTo(high, 9);
  });

  it('is unknown where nothing is marked, never 0 or 1', () => {
    expect(precisionOf({ right: 0, wrong: 0, disputed: 3 })).toBeNull();
  });

  test.each([
    ['one breach is no habit', 0, 1, false],
    ['nor are four', 0, 4, false],
    ['five wrong ones are', 0, 5, true],
    ['below the floor', 2, 3, true],
    ['at the floor is not below it', 3, 3, false],
    ['mostly right', 4, 1, false],
  ])('%s', (_what, right, wrong, isStepped) => {
    expect(isTooImprecise({ right, wrong, disputed: 9 }, { floor: 0.5, marks: 5 })).toBe(isStepped);
  });

  it('with no marks asked for, nothing marked is still nothing', () => {
    expect(isTooImprecise({ right: 0, wrong: 0, disputed: 0 }, { floor: 0.9, marks: 0 })).toBe(false);
  });
});
