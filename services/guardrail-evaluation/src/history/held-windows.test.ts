import { describe, expect, test } from '@jest/globals';
import type { GuardrailTest, WatchedGuardrail } from '@parapet/guardrails';
import { rollUpOf } from '@parapet/signals';
import { historyInMemory, type KeptMinute } from '../../testing/history.js';
import { heldAskedBy, withHeldWindows } from './held-windows.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.parse('2026-11-23T09:12:20Z');
const BEGAN = START - 20_000;
const BURN_RATE = {
  kind: 'burn-rate',
  objective: 0.999,
  rows: [{ longMs: HOUR, shortMs: 5 * MINUTE, factor: 14.4 }],
  badMin: 3,
  scope: 'rolling',
} as const;

const watchedBy = (of: GuardrailTest, badDirection: 'high' | 'low' = 'low'): WatchedGuardrail => ({
  guardrail: {
    name: 'orders',
    signal: 'orders',
    where: { store: 'lyon' },
    test: of,
    mode: 'act',
    weight: 1,
    isRequired: true,
    staleAfterMs: MINUTE,
  },
  signal: { unit: 'orders', badDirection, intervalMs: 15_000, latenessMs: MINUTE },
  baselines: [],
});

/** So many of a hundred orders, that many minutes before the one in which the release began. */
const minute = (ago: number, count: number, store = 'lyon'): KeptMinute => {
  const atMs = BEGAN - ago * MINUTE;
  const observation = { signal: 'orders', dimensions: { store }, fromMs: atMs - MINUTE, atMs };
  const rollUp = rollUpOf({ ...observation, value: { kind: 'count', count, of: 100 } });
  if (rollUp === null) throw new Error('no gap has a roll-up');
  return { observation, rollUp };
};

async function heldOf(watched: WatchedGuardrail, kept: readonly KeptMinute[]): Promise<WatchedGuardrail['held']> {
  const of = { tenant: 't', environment: 'e', signal: 'orders', where: watched.guardrail.where };
  const sums = heldAskedBy(watched, START);
  const history = await historyInMemory(() => kept).history(of, {
    form: 'values',
    minutes: [],
    sums,
    perSeries: false,
  });
  return withHeldWindows(watched, START, history).held;
}
const piece = (ago: number, events: number) => ({
  fromMs: BEGAN - (ago + 1) * MINUTE,
  toMs: BEGAN - ago * MINUTE,
  events,
  exposure: 100,
});

describe('what windows that roll held when the release began', () => {
  test('is what the watched series counted, oldest first, in the direction that is bad', async () => {
    const kept = [minute(0, 97), minute(30, 100), minute(30, 0, 'paris')];
    expect(await heldOf(watchedBy(BURN_RATE), kept)).toEqual([piece(30, 0), piece(0, 3)]);
    expect(await heldOf(watchedBy(BURN_RATE, 'high'), kept)).toEqual([piece(30, 100), piece(0, 97)]);
  });

  test('reaches as far as the longest window, and not into the minute in which the release began', async () => {
    expect(await heldOf(watchedBy(BURN_RATE), [minute(61, 0), minute(59, 0), minute(-1, 0)])).toEqual([piece(59, 100)]);
  });

  test('is nothing where nothing was counted', async () => {
    expect(await heldOf(watchedBy(BURN_RATE), [])).toBeUndefined();
    expect(await heldOf(watchedBy(BURN_RATE), [minute(0, 9, 'paris')])).toBeUndefined();
  });

  test.each([
    ['windows that begin with the release', { ...BURN_RATE, scope: 'release' }],
    [
      'a test that has no windows',
      { kind: 'threshold', direction: 'above', enter: 9, leave: 9, forMs: 0, keepMs: 0, maxGapMs: 0 },
    ],
  ] as const satisfies readonly (readonly [string, GuardrailTest])[])('is not asked for %s', (_, of) => {
    expect(heldAskedBy(watchedBy(of), START)).toEqual([]);
  });
});
