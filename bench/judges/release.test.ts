import { describe, expect, test } from '@jest/globals';
import { recorded } from './recorded.ts';
import { ask, countsIn, percentile, type Release, type ReleaseGuardrail } from './release.ts';
import { Z_ONE_PERCENT, judgeZ, zOfMeans, zOfShares } from './z-test.ts';

const orders = recorded().guardrails[0] as ReleaseGuardrail;
const firstMinute = { arm: 'watch', fromTick: 0, toTick: 3, nowTick: 3 } as const;

describe('what a metrics server would answer', () => {
  test.each<[string, Release, unknown]>([
    ['a share', recorded({ bad: () => 2 }), { kind: 'value', value: 0.02 }],
    ['0 of 0 is not a number', recorded({ total: 0 }), { kind: 'nan' }],
    ['no sample is no series', recorded({ isSilent: true }), { kind: 'empty' }],
  ])('%s', (_, release, answer) => {
    expect(ask(release, orders, firstMinute)).toEqual(answer);
  });

  test('a counter that fell has restarted, and a sample that has not arrived is not there', () => {
    const release = recorded();
    const watch = { failed_total: [5, 6, 2, 3], orders_total: [100, 200, 50, 150] };
    const reset: Release = { ...release, series: { ...release.series, watch } };
    expect(countsIn(reset, orders, firstMinute)).toEqual({ bad: 1 + 2 + 1, total: 100 + 50 + 100 });
    const late: Release = { ...reset, late: [['failed_total', 2, 9]] };
    expect(countsIn(late, orders, firstMinute)).toEqual({ bad: 1 + 3, total: 250 });
    expect(countsIn(late, orders, { ...firstMinute, nowTick: 9 })).toEqual({ bad: 4, total: 250 });
  });

  test.each<[string, readonly number[], number | null]>([
    ['within a bucket', [0, 10, 0], 1.95],
    ['at the bound of the first', [20, 0, 0], 0.95],
    ['beyond the last bound', [0, 0, 5], 2],
    ['of no requests', [0, 0, 0], null],
  ])('percentile %s', (_, counts, expected) => {
    const found = percentile([1, 2], counts, 0.95);
    if (expected === null) expect(found).toBeNull();
    else expect(found).toBeCloseTo(expected, 12);
  });
});

describe('a fixed z test', () => {
  test.each<[string, number | null, number | null]>([
    // 15 of 100 against 5 of 100: 0.1 / √(0.1 · 0.9 · 0.02).
    ['of shares', zOfShares(15, 100, 5, 100), 2.3570226039551585],
    ['of shares, without any', zOfShares(0, 0, 5, 100), null],
    ['of shares, without a bad one', zOfShares(0, 10, 0, 100), null],
    // Means 4 and 2, variances 1 and 1 of three each: 2 / √(2/3).
    ['of means', zOfMeans([3, 4, 5], [1, 2, 3]), 2.449489742783178],
    ['of means, with one value', zOfMeans([3], [1, 2, 3]), null],
  ])('%s', (_, found, expected) => {
    if (expected === null) expect(found).toBeNull();
    else expect(found).toBeCloseTo(expected, 12);
  });

  test('calls it at the first sample beyond 1 %', () => {
    expect(Z_ONE_PERCENT).toBeCloseTo(2.326348, 6);
    expect(judgeZ(recorded({ bad: () => 5 }))).toMatchObject({ verdict: 'degraded', attributed: ['orders'] });
    expect(judgeZ(recorded())).toEqual({ verdict: 'pass', degradedTick: null, attributed: [] });
    expect(judgeZ(recorded({ isSilent: true })).verdict).toBe('inconclusive');
  });
});
