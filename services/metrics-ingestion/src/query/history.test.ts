import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AskedSource } from './ask-signal.js';
import { historyStart, nextPart } from './history.js';
import { eachInstant, instantsIn } from './promql.js';
import type { AskedSignal } from './samples.js';

const DAY_MS = 86_400_000;
const source = (historyMs: number) => ({ historyMs }) as AskedSource;
const signal = (count: string): AskedSignal => ({
  name: 'orders',
  dimensions: [],
  query: { asks: { kind: 'count', count, of: null }, labels: {} },
});

describe('the past of a signal', () => {
  it.each([
    ['by the minute, however often the present is asked', 'increase(a[$window])', 15_000, 60_000],
    ['as often as the present, where that is less often', 'increase(a[$window])', 120_000, 120_000],
    ['exactly as the present, where the query has a window of its own', 'orders:increase30s', 30_000, 30_000],
  ])('%s', (_, query, everyMs, stepMs) => {
    const { historyMs } = historyStart(source(DAY_MS + 1), signal(query), everyMs, 0);
    expect([historyMs % stepMs, DAY_MS - historyMs < stepMs]).toEqual([0, true]);
  });

  it('is asked for once, from the oldest to where the present begins, in parts', () => {
    const input = fc.record({
      steps: fc.nat(3_000),
      points: fc.integer({ min: 1, max: 1_440 }),
      stepMs: fc.constantFrom(60_000, 90_000),
      beganMs: fc.integer({ min: 0, max: DAY_MS }),
    });
    fc.assert(
      fc.property(input, ({ steps, points, stepMs, beganMs }) => {
        let filledToMs = beganMs - steps * stepMs;
        const asked: number[] = [];
        for (;;) {
          const part = nextPart({ beganMs, askedToMs: beganMs, filledToMs }, stepMs, points);
          if (part === null) break;
          expect(instantsIn(part)).toBeLessThanOrEqual(points);
          asked.push(...eachInstant(part));
          filledToMs = part.toMs;
        }
        expect(asked).toEqual(Array.from({ length: steps }, (_, i) => beganMs - (steps - 1 - i) * stepMs));
      }),
      { numRuns: 50 },
    );
  });

  it('that was asked for with other steps ends at most one step early', () => {
    expect(nextPart({ beganMs: 100_000, askedToMs: 0, filledToMs: 60_000 }, 60_000, 10)).toBeNull();
  });
});
