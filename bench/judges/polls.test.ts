import { describe, expect, test } from '@jest/globals';
import { ARGO_DEFAULTS, type ArgoMetric, type ArgoResult, assessMetric, judgeArgo, measured } from './argo-rollouts.ts';
import { limitOf } from './fixed-limit.ts';
import { inRange, judgeFlagger } from './flagger.ts';
import type { Release } from './release.ts';
import { recorded } from './recorded.ts';

const result = (counts: Partial<ArgoResult>): ArgoResult => ({
  failed: 0,
  inconclusive: 0,
  successful: 0,
  consecutiveErrors: 0,
  ...counts,
});

// analysis_test.go of Argo Rollouts: TestAssessMetricStatusFailureLimit, …InconclusiveLimit, …ConsecutiveErrors, …CountReached.
describe('the phase of a metric, as the tests of Argo Rollouts state it', () => {
  test.each<[string, Partial<ArgoMetric>, Partial<ArgoResult>, string, string]>([
    ['3 failures, limit 2', { failureLimit: 2 }, { failed: 3 }, 'Failed', 'Failed'],
    ['3 failures, limit 3', { failureLimit: 3 }, { failed: 3 }, 'Running', 'Successful'],
    ['3 inconclusive, limit 2', { inconclusiveLimit: 2 }, { inconclusive: 3 }, 'Inconclusive', 'Inconclusive'],
    ['3 inconclusive, limit 3', { inconclusiveLimit: 3 }, { inconclusive: 3 }, 'Running', 'Successful'],
    ['5 errors in a row', {}, { consecutiveErrors: 5 }, 'Error', 'Error'],
    ['4 errors in a row', {}, { consecutiveErrors: 4 }, 'Running', 'Successful'],
    ['10 of 10 measurements', { count: 10 }, { successful: 10 }, 'Successful', 'Successful'],
    [
      '10 of 10, as many failed and inconclusive as may be',
      { count: 10, failureLimit: 4, inconclusiveLimit: 4 },
      { failed: 4, inconclusive: 4, successful: 2 },
      'Successful',
      'Successful',
    ],
  ])('%s: %s', (_, settings, counts, running, ending) => {
    const metric = { ...ARGO_DEFAULTS, ...settings };
    expect(assessMetric(metric, result(counts), false)).toBe(running);
    expect(assessMetric(metric, result(counts), true)).toBe(ending);
  });

  test('any measurement that could be taken ends a row of errors', () => {
    expect(measured(result({ consecutiveErrors: 4 }), 'Failed')).toEqual(result({ failed: 1 }));
    expect(measured(result({ consecutiveErrors: 4 }), 'Error')).toEqual(result({ consecutiveErrors: 5 }));
  });
});

describe('the range of a check, as Flagger compares it', () => {
  test.each<[string, number | null, { min?: number; max?: number }, boolean]>([
    ['on the lower bound', 99, { min: 99 }, true],
    ['below it', 98.9, { min: 99 }, false],
    ['on the upper bound', 500, { max: 500 }, true],
    ['above it', 500.1, { max: 500 }, false],
    ['no value', null, { max: 500 }, false],
    ['not a number', Number.NaN, { max: 500 }, false],
  ])('%s', (_, value, range, expected) => {
    expect(inRange(value, range)).toBe(expected);
  });
});

describe('the limit that is polled', () => {
  const [guardrail] = recorded({}).guardrails;
  test('half-way to what is unacceptable', () => {
    // 1 % before, at most three times that.
    expect(limitOf(recorded({}), guardrail as Release['guardrails'][number])).toBeCloseTo(0.02, 12);
  });
  test('without one bad event before, as if there had been one', () => {
    const release = recorded({ badBefore: 0 });
    expect(limitOf(release, guardrail as Release['guardrails'][number])).toBeCloseTo(2 / (479 * 100), 12);
  });
});

describe('releases judged by polls', () => {
  test.each<[string, Parameters<typeof recorded>[0], string, number | null, string, number | null]>([
    ['healthy', {}, 'pass', null, 'pass', null],
    // Argo: the fourth bad minute. Flagger: the interval after the fifth.
    ['five times as many failures', { bad: () => 5 }, 'degraded', 15, 'degraded', 23],
    ['three bad minutes', { bad: (tick) => (tick < 12 ? 5 : 1) }, 'pass', null, 'pass', null],
    // No value is never good news for Flagger, and inconclusive for Argo once a quarter of the polls had none.
    ['silence', { isSilent: true }, 'inconclusive', null, 'degraded', 23],
    ['a closed shop', { total: 0 }, 'inconclusive', null, 'degraded', 23],
  ])('%s', (_, watch, argo, argoTick, flagger, flaggerTick) => {
    const release = recorded(watch);
    expect(judgeArgo(release, 4, 3)).toMatchObject({ verdict: argo, degradedTick: argoTick });
    expect(judgeFlagger(release, 4, 5)).toMatchObject({ verdict: flagger, degradedTick: flaggerTick });
  });
});
