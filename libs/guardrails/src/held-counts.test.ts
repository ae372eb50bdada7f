import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ORDERS, START } from '../testing/watch.js';
import type { GuardrailTest } from './guardrail.js';
import { heldPeriods, withHeld } from './held-counts.js';
import { addToWindow, NO_WINDOW, planWindow, pruneWindow } from './tests/sliding-window.js';
import type { WatchedGuardrail } from './watch-spec.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
type BurnRate = Extract<GuardrailTest, { kind: 'burn-rate' }>;

function rolling(lengths: readonly number[], intervalMs = 15_000, o: Partial<BurnRate> = {}): WatchedGuardrail {
  const rows = lengths.map((longMs) => ({ longMs, shortMs: longMs / 12, factor: 6 }));
  const burnRate: BurnRate = { kind: 'burn-rate', objective: 0.99, rows, badMin: 3, scope: 'rolling', ...o };
  const signal = { ...ORDERS.signal!, intervalMs };
  return { ...ORDERS, guardrail: { ...ORDERS.guardrail, test: burnRate }, signal, baselines: [] };
}

describe('the times that rolling windows reach back to', () => {
  test('are pieces of whole minutes, side by side, from the longest window to the release', () => {
    const periods = heldPeriods(rolling([HOUR, 3 * DAY]), START + 40_000);
    expect(periods[0]?.fromMs).toBe(START - 3 * DAY);
    expect(periods.at(-1)?.toMs).toBe(START);
    periods.forEach(({ fromMs, toMs }, i) => {
      expect([fromMs % MINUTE, toMs % MINUTE]).toEqual([0, 0]);
      expect(toMs).toBeGreaterThan(fromMs);
      if (i > 0) expect(fromMs).toBe(periods[i - 1]?.toMs);
    });
  });

  test('are as fine as the windows that reach so far, and no more than some sixty a window', () => {
    const lengths = ({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }) => toMs - fromMs;
    expect(heldPeriods(rolling([HOUR]), START).map(lengths)).toEqual(Array.from({ length: 60 }, () => MINUTE));
    for (const longMs of [HOUR, 6 * HOUR, 3 * DAY, 35 * DAY])
      expect(heldPeriods(rolling([longMs, HOUR]), START + 7).length).toBeLessThanOrEqual(4 * 62);
  });

  test.each([
    ['of a release', rolling([HOUR], 15_000, { scope: 'release' })],
    ['of a signal that nobody declares', { ...rolling([HOUR]), signal: null }],
    ['of any other test', ORDERS],
  ])('are none %s', (_, watched) => {
    expect(heldPeriods(watched, START)).toEqual([]);
  });
});

describe('what rolling windows held', () => {
  test('is the bad ones of all, without the times that had none', () => {
    const at = (i: number) => ({ fromMs: START - (5 - i) * MINUTE, toMs: START - (4 - i) * MINUTE });
    const low = { ...rolling([HOUR]), signal: { ...ORDERS.signal!, badDirection: 'low' as const } };
    expect(
      withHeld(low, [
        { ...at(0), count: 90, of: 100 },
        { ...at(1), count: 0, of: 0 },
        { ...at(2), count: 0, of: 5 },
      ]).held,
    ).toEqual([
      { ...at(0), events: 10, exposure: 100 },
      { ...at(2), events: 5, exposure: 5 },
    ]);
    expect(withHeld(low, [])).toBe(low);
  });

  test('fills every window as if each minute were told by itself', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: MINUTE - 1 }),
        fc.uniqueArray(fc.constantFrom(12 * MINUTE, HOUR, 100 * MINUTE, 6 * HOUR, DAY), { minLength: 1, maxLength: 3 }),
        fc.constantFrom(1000, 15_000, 45_000, MINUTE, 5 * MINUTE),
        fc.array(fc.tuple(fc.nat(1500), fc.integer({ min: 1, max: 9 })), { maxLength: 60 }),
        (within, lengths, intervalMs, told) => {
          const startMs = START + within;
          const minutes = told.map(([ago, exposure]) => ({ atMs: START - ago * MINUTE, exposure }));
          const held = heldPeriods(rolling(lengths, intervalMs), startMs).map(({ fromMs, toMs }) => {
            const own = minutes.filter(({ atMs }) => atMs > fromMs && atMs <= toMs);
            return { atMs: toMs, exposure: own.reduce((sum, { exposure }) => sum + exposure, 0) };
          });
          for (const lengthMs of lengths.flatMap((longMs) => [longMs, longMs / 12])) {
            const plan = planWindow(startMs, lengthMs, intervalMs);
            const filled = (pieces: readonly { readonly atMs: number; readonly exposure: number }[]) => {
              const known = pieces.filter(({ exposure }) => exposure > 0);
              const add = (window: typeof NO_WINDOW, { atMs, exposure }: (typeof known)[number]) =>
                addToWindow(plan, window, atMs, { events: 0, exposure });
              return pruneWindow(plan, known.reduce(add, NO_WINDOW), startMs);
            };
            expect(filled(held)).toEqual(filled(minutes));
          }
        },
      ),
    );
  });
});
