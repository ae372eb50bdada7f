import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Mode } from '../guardrail.js';
import { effectiveMode } from './mode.js';
import { type Move, moveOf, type Rung } from './move.js';

const rung = (over: Partial<Rung> = {}): Rung => ({
  declared: 'act',
  mode: 'act',
  why: null,
  isSteppedDown: false,
  isForced: false,
  ...over,
});
const SILENT = rung({ mode: 'observe', why: 'no-data' });
const UNPROVEN = rung({ mode: 'propose', why: 'no-breach-shown' });
const IMPRECISE = rung({ mode: 'propose', why: 'precision', isSteppedDown: true });
const FORCED = rung({ why: 'forced', isForced: true });

test.each<readonly [string, Rung, Rung, 'restored' | 'forced' | null, Move | null]>([
  ['what stays where it was says nothing', rung(), rung(), null, null],
  ['what still lacks the same says nothing', SILENT, SILENT, null, null],
  ['a first look at what has no data', rung(), SILENT, null, { from: 'act', to: 'observe', reason: 'no-data' }],
  ['data came, and more is lacking', SILENT, UNPROVEN, null, { from: 'observe', to: 'propose', reason: 'proven' }],
  ['everything was shown', UNPROVEN, rung(), null, { from: 'propose', to: 'act', reason: 'proven' }],
  [
    'another test has to be shown anew',
    rung(),
    UNPROVEN,
    null,
    { from: 'act', to: 'propose', reason: 'no-breach-shown' },
  ],
  ['too many were wrong', rung(), IMPRECISE, null, { from: 'act', to: 'propose', reason: 'precision' }],
  ['a person lifts it', IMPRECISE, rung(), 'restored', { from: 'propose', to: 'act', reason: 'restored' }],
  [
    'a person lifts it, and something else holds it there: that is told too',
    { ...UNPROVEN, isSteppedDown: true },
    UNPROVEN,
    'restored',
    { from: 'propose', to: 'propose', reason: 'restored' },
  ],
  ['lifting what was not stepped down is no word', rung(), rung(), 'restored', null],
  ['force', SILENT, FORCED, 'forced', { from: 'observe', to: 'act', reason: 'forced' }],
  ['force from the very first', rung(), FORCED, 'forced', { from: 'act', to: 'act', reason: 'forced' }],
  ['force again is the same force', FORCED, FORCED, 'forced', null],
  ['force where there is proof changes nothing', rung(), rung({ isForced: true }), 'forced', null],
  ['the proof that force stood in for came', FORCED, rung({ isForced: true }), null, null],
  [
    'a policy that asks for less',
    rung(),
    rung({ declared: 'propose', mode: 'propose' }),
    null,
    { from: 'act', to: 'propose', reason: 'declared' },
  ],
  [
    'a policy that asks for more, all of it proven',
    rung({ declared: 'propose', mode: 'propose' }),
    rung(),
    null,
    { from: 'propose', to: 'act', reason: 'declared' },
  ],
  ['a policy that asks for more than was shown', rung({ declared: 'propose', mode: 'propose' }), UNPROVEN, null, null],
])('%s', (_what, before, after, will, move) => {
  expect(moveOf(before, after, will)).toEqual(move);
});

test('a mode that changed is never kept quiet', () => {
  const drawn = fc
    .record({
      declared: fc.constantFrom<Mode>('observe', 'propose', 'act'),
      hasData: fc.boolean(),
      hasBreached: fc.boolean(),
      isForced: fc.boolean(),
      isSteppedDown: fc.boolean(),
    })
    .map((trust): Rung => ({ ...trust, ...effectiveMode(trust.declared, trust) }));
  const will = fc.constantFrom('restored' as const, 'forced' as const, null);
  fc.assert(
    fc.property(drawn, drawn, will, (before, after, person) => {
      const move = moveOf(before, after, person);
      if (before.mode !== after.mode) expect(move).toMatchObject({ from: before.mode, to: after.mode });
    }),
  );
});
