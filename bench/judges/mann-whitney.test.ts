import { describe, expect, test } from '@jest/globals';
import { normalQuantile, rankSumAt, shiftBetween } from './mann-whitney.ts';
import {
  CONTROL_90,
  CONTROL_180,
  EXPERIMENT_90,
  EXPERIMENT_180,
  MOSTLY_ZERO_CONTROL,
  MOSTLY_ZERO_EXPERIMENT,
} from './published.ts';

// Kayenta's MannWhitneySuite: the comparisons with R's wilcox.test, and the one of intermediate variables, each to 1e-6.
const DIGITS = 6;

describe('the confidence interval that R computes for the same data', () => {
  test.each([
    ['90 against 90 at 95 %', EXPERIMENT_90, CONTROL_90, 0.95, -0.500002521696696, -3.486287505871302e-5],
    ['180 against 180 at 98 %', EXPERIMENT_180, CONTROL_180, 0.98, -0.4999173250549087, -6.912685789769486e-6],
    ['mostly zeros', MOSTLY_ZERO_EXPERIMENT, MOSTLY_ZERO_CONTROL, 0.95, 3.521755377702165e-5, 2.02456461662334e-5],
  ])('%s', (_, experiment, control, confidence, low, high) => {
    const shift = shiftBetween(experiment, control, confidence);
    expect(shift?.low).toBeCloseTo(low, DIGITS);
    expect(shift?.high).toBeCloseTo(high, DIGITS);
  });

  test('the estimate, where it is published', () => {
    const shift = shiftBetween(MOSTLY_ZERO_EXPERIMENT, MOSTLY_ZERO_CONTROL, 0.95);
    expect(shift?.estimate).toBeCloseTo(2.6279243045155653e-5, 9);
  });
});

describe('the numbers on the way to it', () => {
  const z = 1.9599639845400536;
  const [least, most] = [-3.124999999999986, 5.555555555555557];

  test('the quantile of the confidence level', () => {
    expect(normalQuantile(0.025)).toBeCloseTo(-z, 10);
    expect(normalQuantile(0.99)).toBeCloseTo(2.3263478740408408, 10);
  });

  test.each([
    ['the smallest shift, upper quantile', least, z, 17.090968923762254],
    ['the largest shift, upper quantile', most, z, -20.997687930433106],
    ['the smallest shift, lower quantile', least, -z, 21.01089689284236],
    ['the largest shift, lower quantile', most, -z, -17.077759961353],
  ])('%s', (_, shift, quantile, expected) => {
    expect(rankSumAt(shift, quantile, MOSTLY_ZERO_EXPERIMENT, MOSTLY_ZERO_CONTROL)).toBeCloseTo(expected, DIGITS);
  });

  test('is not defined where everything is tied', () => {
    expect(rankSumAt(0, 0, [1, 1, 1], [1, 1])).toBeNull();
    expect(shiftBetween([1, 1], [1, 1], 0.98)).toBeNull();
  });
});
