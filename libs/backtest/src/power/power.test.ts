import { describe, expect, it, test } from '@jest/globals';
import type { Guardrail, GuardrailPolicy, GuardrailTest } from '@parapet/guardrails';
import { MINUTE_MS, type RollUp } from '@parapet/signals';
import type { OwnGuardrail } from '../self-test/own-watch.js';
import { drawsFrom } from './draws.js';
import { neededEvents, smallestRatio } from './needed.js';
import { powerAt } from './power.js';

const DAY_MINUTES = 1_440;
const AGAINST = { against: 'baseline', windows: ['before'], worseBy: 0.1 } as const;
const PROPORTION: GuardrailTest = { kind: 'proportion', ...AGAINST, unacceptable: 3 };

function own(
  test: GuardrailTest,
  rollUps: readonly RollUp[],
  over: Partial<GuardrailPolicy> = {},
  badDirection: 'high' | 'low' = 'high',
): OwnGuardrail {
  const guardrail: Guardrail = {
    name: 'order-success',
    signal: 'odoo.order.success',
    where: {},
    test,
    mode: 'act',
    weight: 1,
    isRequired: true,
    staleAfterMs: 60_000,
  };
  const policy: GuardrailPolicy = {
    name: 'checkout',
    revision: 1,
    warmUpMs: 120_000,
    durationMs: 3_600_000,
    coverage: 0.75,
    falseRollbackRate: 0.01,
    baselineMs: 86_400_000,
    extendMs: 0,
    recoverWithinMs: 1_800_000,
    guardrails: [guardrail],
    ...over,
  };
  return {
    policy,
    guardrail,
    signal: { unit: 'orders', badDirection, intervalMs: 15_000, latenessMs: 60_000 },
    rollUps,
  };
}

const empty = { n: 4, count: 0, of: 0, sum: 0, min: null, max: null, histogram: null } as const;
const minutesOf = (count: number, at: (minute: number) => Partial<RollUp>): readonly RollUp[] =>
  Array.from({ length: count }, (_, i) => ({ ...empty, minuteMs: Date.UTC(2026, 10, 1) + i * MINUTE_MS, ...at(i) }));

/** Two days of orders that fail independently of each other. */
function orders(perMinute: number, share: number, phi = 1): readonly RollUp[] {
  const draws = drawsFrom(7);
  return minutesOf(2 * DAY_MINUTES, () => ({
    of: perMinute,
    count: Math.min(perMinute, draws.count(perMinute * share, phi)),
  }));
}

describe('draws', () => {
  test.each([
    [0.5, 1],
    [3, 1],
    [200, 1],
    [3, 2.5],
    [80, 4],
  ])('a count of mean %d and dispersion %d has them', (mean, phi) => {
    const draws = drawsFrom(1);
    const counts = Array.from({ length: 20_000 }, () => draws.count(mean, phi));
    const average = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    const variance = counts.reduce((sum, count) => sum + (count - average) ** 2, 0) / counts.length;
    // Five standard errors.
    expect(Math.abs(average - mean)).toBeLessThan(5 * Math.sqrt((phi * mean) / counts.length));
    expect(variance / average).toBeGreaterThan(0.93 * phi);
    expect(variance / average).toBeLessThan(1.07 * phi);
  });

  it('of nothing is nothing, and the same seed draws the same', () => {
    expect(drawsFrom(3).count(0, 2)).toBe(0);
    expect([drawsFrom(3).uniform(), drawsFrom(3).normal(0, 1)]).toEqual([
      drawsFrom(3).uniform(),
      drawsFrom(3).normal(0, 1),
    ]);
  });
});

describe('what has to be expected before a ratio can be confirmed', () => {
  // Statistics 9, with ρ₀ = 1.1.
  test.each([
    [1.5, 140],
    [2, 30],
    [3, 8],
    [10, 1],
  ])('%d times as many: about %d bad events', (ratio, events) => {
    expect(neededEvents(ratio, 1.1)).toBeGreaterThan(0.6 * events);
    expect(neededEvents(ratio, 1.1)).toBeLessThan(1.6 * events);
  });

  it('is answered the other way round, and grows with dispersion', () => {
    for (const ratio of [1.5, 2, 3, 10]) expect(smallestRatio(neededEvents(ratio, 1.1), 1.1)).toBeCloseTo(ratio, 6);
    expect(smallestRatio(30, 1.1, 2)).toBeGreaterThan(smallestRatio(30, 1.1) ?? Infinity);
  });

  it('is nothing at all where nothing bad is ever expected', () => {
    expect(smallestRatio(0, 1.1)).toBeNull();
    expect(smallestRatio(1e-6, 1.1)).toBeNull();
  });
});

describe('power', () => {
  it('a fall of two points at 100 orders a minute: nearly always within the hour, as was measured', () => {
    const rollUps = orders(100, 0.01).map((r) => ({ ...r, count: r.of - r.count }));
    const power = powerAt(own(PROPORTION, rollUps, {}, 'low'));
    expect(power?.effect).toBe('a fall of two points');
    expect(power?.seen.rate).toBeGreaterThanOrEqual(0.98);
    // Statistics 14: median 6.9 min with a day of history; nine in ten take longer.
    expect(power?.afterMs).toBeGreaterThan(5 * MINUTE_MS);
    expect(power?.afterMs).toBeLessThan(16 * MINUTE_MS);
    expect(power?.words).toMatch(
      /^sees a fall of two points after \d+ min in 90 % of cases; the smallest ratio that a watch of 60 min can confirm is [\d.]+$/,
    );
  });

  it('grows with traffic, and says so where it is not enough', () => {
    const [low, high] = [10, 1000].map((perMinute) => powerAt(own(PROPORTION, orders(perMinute, 0.01))));
    expect(low?.afterMs).toBeNull();
    expect(low?.words).toMatch(
      /^sees a rise of two points in only \d+ % of cases within the watch of 60 min; the smallest ratio/,
    );
    expect(high?.afterMs).toBeLessThan(4 * MINUTE_MS);
    expect(high?.confirms?.ratio).toBeLessThan(low?.confirms?.ratio ?? 0);
  });

  it('falls with noise', () => {
    const [calm, noisy] = [1, 5].map((phi) => powerAt(own(PROPORTION, orders(100, 0.02, phi))));
    expect(noisy?.afterMs ?? Infinity).toBeGreaterThan(calm?.afterMs ?? 0);
  });

  test.each<readonly [string, OwnGuardrail, RegExp]>([
    [
      'a rate',
      own(
        { kind: 'rate', ...AGAINST, unacceptable: 3 },
        minutesOf(2 * DAY_MINUTES, (i) => ({ count: 80 + (i % 5), of: 60 })),
      ),
      /half as many again after/,
    ],
    [
      'a gauge',
      own(
        { kind: 'gauge', transform: 'log', ...AGAINST, worseBy: 0.05, unacceptable: 1.5 },
        minutesOf(2 * DAY_MINUTES, (i) => {
          const value = 0.2 * (1 + 0.02 * Math.sin(i * 1.3));
          return { sum: 4 * value, min: value * 0.97, max: value * 1.03 };
        }),
      ),
      /a rise by a fifth after/,
    ],
    [
      'a latency',
      own(
        { kind: 'histogram', ...AGAINST, unacceptable: 2 },
        minutesOf(2 * DAY_MINUTES, () => ({ histogram: { bounds: [0.1, 0.3, 1, 3], counts: [100, 70, 20, 8, 2] } })),
      ),
      /half as slow again after/,
    ],
    [
      'a control',
      own(
        {
          kind: 'proportion',
          against: 'control',
          control: { kind: 'rest', dimension: 'store', released: [] },
          worseBy: 0.1,
          unacceptable: 3,
        },
        orders(500, 0.01),
      ),
      /a rise of two points after/,
    ],
  ])('of %s is told too', (_what, one, words) => {
    expect(powerAt(one)?.words).toMatch(words);
  });

  it('tells that a fifth is not seen where a sixth is tolerated', () => {
    const seen = [0.05, 0.1].map((worseBy) => {
      const rollUps = minutesOf(2 * DAY_MINUTES, (i) => {
        const value = 0.2 * (1 + 0.02 * Math.sin(i * 1.3));
        return { sum: 4 * value, min: value * 0.97, max: value * 1.03 };
      });
      const test: GuardrailTest = { kind: 'gauge', transform: 'log', ...AGAINST, worseBy, unacceptable: 1.5 };
      return powerAt(own(test, rollUps))?.seen.rate ?? 0;
    });
    expect(seen[0]).toBe(1);
    expect(seen[1]).toBeLessThan(0.9);
  });

  test.each<readonly [string, OwnGuardrail]>([
    [
      'a threshold: chance has no part in it',
      own(
        { kind: 'threshold', direction: 'above', enter: 4, leave: 1, forMs: 60_000, keepMs: 0, maxGapMs: 60_000 },
        orders(100, 0.01),
      ),
    ],
    ['a signal without history', own(PROPORTION, [])],
    [
      'a history that nothing can be compared with',
      own(
        PROPORTION,
        minutesOf(60, () => ({ of: 0 })),
      ),
    ],
  ])('is not asked of %s', (_what, one) => {
    expect(powerAt(one)).toBeNull();
  });

  it('is the same every time', () => {
    const one = own(PROPORTION, orders(100, 0.01));
    expect(powerAt(one)).toEqual(powerAt(one));
  });
});
