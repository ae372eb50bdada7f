import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dueAtMs, dueWindows, newestEndMs, type Rhythm } from './windows.js';

const S = 1000;
const rhythm: Rhythm = { everyMs: 60 * S, delayMs: 30 * S, backfillMs: 120 * S };

describe('which windows are due', () => {
  test.each([
    [
      'at the first start, the past asked for, cut by the interval',
      null,
      330 * S,
      [
        [180, 240],
        [240, 300],
      ],
    ],
    [
      'a first start between two ends measures what has ended',
      null,
      359 * S,
      [
        [180, 240],
        [240, 300],
      ],
    ],
    ['nothing before the delay is over', 300 * S, 389 * S, []],
    ['one window once its delay is over', 300 * S, 390 * S, [[300, 360]]],
    [
      'all windows missed meanwhile, each for itself',
      180 * S,
      400 * S,
      [
        [180, 240],
        [240, 300],
        [300, 360],
      ],
    ],
    ['after the interval was changed, a shorter one up to the next end', 315 * S, 400 * S, [[315, 360]]],
    ['nothing while the clock stands before the cursor', 900 * S, 400 * S, []],
  ])('%s', (_, cursorMs, asOfMs, expected) => {
    const windows = dueWindows(rhythm, cursorMs, asOfMs, 10);
    expect(windows.map(({ fromMs, toMs }) => [fromMs / S, toMs / S])).toEqual(expected);
  });

  test.each([
    ['after a long absence only what can still be measured', 180 * S, 400 * S, [[300, 360]]],
    ['the same one that was not measured yet', 300 * S, 400 * S, [[300, 360]]],
    ['none that was measured', 360 * S, 400 * S, []],
    ['and at the first start no more either', null, 400 * S, [[300, 360]]],
  ])('of what can be measured for a minute: %s', (_, cursorMs, asOfMs, expected) => {
    const windows = dueWindows({ ...rhythm, reachMs: 60 * S }, cursorMs, asOfMs, 10);
    expect(windows.map(({ fromMs, toMs }) => [fromMs / S, toMs / S])).toEqual(expected);
  });

  test('at most as many as asked for, the oldest first', () => {
    expect(dueWindows(rhythm, 0, 3600 * S, 2)).toEqual([
      { fromMs: 0, toMs: 60 * S },
      { fromMs: 60 * S, toMs: 120 * S },
    ]);
  });

  test('the next one is due a delay after its end', () => {
    expect(dueAtMs(rhythm, 300 * S)).toBe(390 * S);
    expect(dueAtMs(rhythm, 315 * S)).toBe(390 * S);
  });

  test('a gap is said of the newest end that has settled', () => {
    expect(newestEndMs(rhythm, 389 * S)).toBe(300 * S);
    expect(newestEndMs(rhythm, 390 * S)).toBe(360 * S);
  });
});

test('whenever it is asked, windows neither overlap nor leave a gap, and none is measured before its delay is over', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          passMs: fc.integer({ min: 0, max: 400_000 }),
          everyMs: fc.constantFrom(1_000, 15_000, 60_000, 77_000),
        }),
        { minLength: 1, maxLength: 30 },
      ),
      fc.integer({ min: 0, max: 700_000 }),
      fc.integer({ min: 0, max: 500_000 }),
      (ticks, delayMs, backfillMs) => {
        let nowMs = 10_000_000;
        let cursorMs: number | null = null;
        for (const { passMs, everyMs } of ticks) {
          nowMs += passMs;
          for (const window of dueWindows({ everyMs, delayMs, backfillMs }, cursorMs, nowMs, 7)) {
            if (cursorMs !== null) expect(window.fromMs).toBe(cursorMs);
            expect(window.toMs).toBeGreaterThan(window.fromMs);
            expect(window.toMs - window.fromMs).toBeLessThanOrEqual(everyMs);
            expect(window.toMs + delayMs).toBeLessThanOrEqual(nowMs);
            cursorMs = window.toMs;
          }
        }
      },
    ),
  );
});
