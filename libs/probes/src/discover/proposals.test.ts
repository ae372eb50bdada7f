import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Sample, SampleValue } from '@parapet/signals';
import { hoursBefore, type SignalHistory, summed } from './history.js';
import { proposedGuardrails, upperShare } from './proposals.js';

const HOUR_MS = 3_600_000;
const counts = (signal: string, count: number, of: number): SignalHistory => ({
  signal,
  hours: 20,
  count,
  of,
  usual: null,
  largest: null,
});
const values = (signal: string, usual: number | null, largest: number | null): SignalHistory => ({
  signal,
  hours: 20,
  count: 0,
  of: 0,
  usual,
  largest,
});
const tests = (history: SignalHistory) => proposedGuardrails([history]).map(({ name, test: one }) => [name, one]);

describe('a proposed guardrail', () => {
  test.each<[string, SignalHistory, readonly unknown[]]>([
    [
      'of good ones: beside the comparison a limit five points above what chance allows',
      counts('odoo.order.success', 950, 1_000),
      [
        ['order-success', { kind: 'proportion', against: 'auto', worseBy: 0.1 }],
        ['order-success-limit', { kind: 'proportion', against: 'limit', limit: 0.12 }],
      ],
    ],
    [
      'of bad ones: the same, of the others',
      counts('odoo.pos.sync.errors', 50, 1_000),
      [
        ['pos-sync-errors', { kind: 'proportion', against: 'auto', worseBy: 0.1 }],
        ['pos-sync-errors-limit', { kind: 'proportion', against: 'limit', limit: 0.12 }],
      ],
    ],
    [
      'with little history: the limit to begin with',
      counts('odoo.order.success', 4, 8),
      [
        ['order-success', { kind: 'proportion', against: 'auto', worseBy: 0.1 }],
        ['order-success-limit', { kind: 'proportion', against: 'limit', limit: 0.1 }],
      ],
    ],
    ['of nothing: none', counts('odoo.order.success', 0, 0), []],
    ['of an unknown signal: none', counts('shop.visits', 5, 10), []],
    [
      'of a value: twice what it usually is',
      values('odoo.pos.sync.delay', 70.2, 300),
      [['pos-sync-delay', { kind: 'threshold', above: 141, clearBelow: 70.5, for: '2m', maxGap: '3m' }]],
    ],
    [
      'of a value that is small: not below what is nothing to worry about',
      values('odoo.pos.sync.delay', 2, 5),
      [['pos-sync-delay', { kind: 'threshold', above: 60, clearBelow: 30, for: '2m', maxGap: '3m' }]],
    ],
    [
      'of what should never be: one is too many',
      values('odoo.paid_not_confirmed.orders', 0, 0),
      [['paid-not-confirmed', { kind: 'threshold', above: 0.5, clearBelow: 0.25, for: '2m', maxGap: '3m' }]],
    ],
  ])('%s', (_, history, expected) => {
    expect(tests(history)).toEqual(expected);
  });

  test('of a value that was never seen only watches, and no guardrail acts', () => {
    expect(proposedGuardrails([values('odoo.pos.sync.delay', null, null)])).toMatchObject([{ mode: 'observe' }]);
    const all = proposedGuardrails([counts('odoo.order.success', 950, 1_000), values('odoo.pos.sync.delay', 2, 5)]);
    expect(new Set(all.map(({ mode }) => mode))).toEqual(new Set(['propose']));
  });

  test('has a limit that its own history does not breach', () => {
    fc.assert(
      fc.property(fc.integer({ min: 30, max: 1e6 }), fc.double({ min: 0, max: 0.85, noNaN: true }), (of, share) => {
        const bad = Math.floor(of * share);
        const limit = proposedGuardrails([counts('odoo.pos.sync.errors', bad, of)])[1]?.test['limit'] as number;
        expect(limit).toBeGreaterThan(bad / of);
        expect(limit).toBeLessThan(1);
        expect(upperShare(bad, of)).toBeGreaterThanOrEqual(bad / of);
      }),
    );
  });
});

describe('history', () => {
  const sample = (hour: number, value: SampleValue, signal = 's'): Sample => ({
    signal,
    atMs: hour * HOUR_MS,
    value,
    dimensions: {},
    key: `${hour}`,
  });

  test('is cut into whole hours, the last of them over', () => {
    expect(hoursBefore(10.5 * HOUR_MS, 2)).toEqual([
      { fromMs: 8 * HOUR_MS, toMs: 9 * HOUR_MS },
      { fromMs: 9 * HOUR_MS, toMs: 10 * HOUR_MS },
    ]);
  });

  test.each<[string, readonly Sample[], Partial<SignalHistory>]>([
    [
      'sums counts, and knows the hours with any',
      [
        sample(1, { kind: 'count', count: 1, of: 2 }),
        sample(2, { kind: 'count', count: 0, of: 0 }),
        sample(3, { kind: 'count', count: 3, of: 4 }),
      ],
      { count: 4, of: 6, hours: 2, usual: null },
    ],
    [
      'knows the usual and the largest of values',
      Array.from({ length: 100 }, (_, i) => sample(i, { kind: 'gauge', value: i })),
      { usual: 94, largest: 99, hours: 100 },
    ],
    ['takes a gap for no value', [sample(1, { kind: 'gap', reason: 'too-few-samples' })], { usual: null, hours: 0 }],
  ])('%s', (_, samples, expected) => {
    expect(summed(samples)).toMatchObject([expected]);
  });
});
