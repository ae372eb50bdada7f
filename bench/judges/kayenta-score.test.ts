import { describe, expect, test } from '@jest/globals';
import type { Label } from './kayenta-metric.ts';
import { classifyScore, type Scored, scoreOf } from './kayenta-score.ts';

const metric = (label: Label, group = 'group', isCritical = false): Scored => ({
  groups: [group],
  metric: { label, isCritical },
});

describe('the summary score, as ScorerSuite states it', () => {
  test.each<[string, readonly Scored[], Record<string, number>, number]>([
    ['one that passes', [metric('Pass')], {}, 100],
    ['one that is high', [metric('High')], {}, 0],
    ['half of a group', [metric('Pass'), metric('High')], {}, 50],
    ['a third of a group', [metric('Pass'), metric('High'), metric('Low')], {}, 33.33],
    [
      'two groups of 75 and 25',
      [metric('Pass', 'one'), metric('Pass', 'one'), metric('High', 'two')],
      { one: 75, two: 25 },
      75,
    ],
    [
      'two groups of equal weight',
      [metric('Pass', 'one'), metric('High', 'one'), metric('High', 'two')],
      { one: 50, two: 50 },
      25,
    ],
    ['no data', [metric('Nodata')], {}, 0],
    ['one good, one critically high', [metric('Pass'), metric('High', 'group', true)], {}, 0],
    ['one low, and a critical one that passes', [metric('Low'), metric('Pass', 'group', true)], {}, 50],
  ])('%s', (_, metrics, weights, score) => {
    expect(scoreOf(metrics, weights)).toBe(score);
  });

  test('a group without data counts as passed, as long as most metrics have some', () => {
    expect(scoreOf([metric('Pass', 'a'), metric('High', 'b'), metric('Nodata', 'c')], {})).toBe(66.67);
  });
});

test.each([
  [90, 'pass'],
  [89.99, 'marginal'],
  [75, 'marginal'],
  [74.99, 'fail'],
] as const)('a score of %d with thresholds 90 and 75: %s', (score, found) => {
  expect(classifyScore(score, { pass: 90, marginal: 75 })).toBe(found);
});
