import { describe, expect, test } from '@jest/globals';
import {
  classify,
  judgeMetric,
  KAYENTA_DEFAULTS,
  meanRatio,
  type MetricSettings,
  percentileOf,
  withoutNaN,
  withoutOutliers,
} from './kayenta-metric.ts';
import {
  ALSO_AROUND_10,
  ALSO_AROUND_20,
  AROUND_10,
  AROUND_20,
  MOSTLY_ZERO_CONTROL,
  MOSTLY_ZERO_EXPERIMENT,
} from './published.ts';

/** Kayenta's ClassifierSuite judges at tolerance 0.10 and confidence 0.95; the judge itself uses 0.25 and 0.98. */
const TESTED: MetricSettings = { ...KAYENTA_DEFAULTS, tolerance: 0.1, confidence: 0.95 };
const TENS = [10, 10, 10, 10, 10];
const ONES = [1, 1, 1, 1, 1];
const TWENTIES = [20, 22, 21, 25, 30];
const FEW = [1, 2.2, 1.1, 2.5, 3];

interface Row {
  readonly experiment: readonly number[];
  readonly control: readonly number[];
  readonly settings?: Partial<MetricSettings>;
  readonly label: string;
  readonly isCritical?: boolean;
}

describe('classification of a metric, as ClassifierSuite states it', () => {
  test.each<[string, Row]>([
    ['alike', { experiment: AROUND_10, control: ALSO_AROUND_10, label: 'Pass' }],
    ['higher', { experiment: AROUND_20, control: ALSO_AROUND_10, label: 'High' }],
    ['lower', { experiment: AROUND_10, control: ALSO_AROUND_20, label: 'Low' }],
    [
      'lower, but only an increase is bad',
      { experiment: AROUND_10, control: ALSO_AROUND_20, settings: { direction: 'increase' }, label: 'Pass' },
    ],
    [
      'higher, but only a decrease is bad',
      { experiment: AROUND_20, control: ALSO_AROUND_10, settings: { direction: 'decrease' }, label: 'Pass' },
    ],
    [
      'higher, and an increase is bad',
      { experiment: AROUND_20, control: ALSO_AROUND_10, settings: { direction: 'increase' }, label: 'High' },
    ],
    [
      'lower, and a decrease is bad',
      { experiment: AROUND_10, control: ALSO_AROUND_20, settings: { direction: 'decrease' }, label: 'Low' },
    ],
    ['many zeros', { experiment: MOSTLY_ZERO_EXPERIMENT, control: MOSTLY_ZERO_CONTROL, label: 'High' }],
    [
      'many zeros, and less than the five-fold increase that is allowed',
      {
        experiment: MOSTLY_ZERO_EXPERIMENT,
        control: MOSTLY_ZERO_CONTROL,
        settings: { allowedIncrease: 5 },
        label: 'Pass',
      },
    ],
    [
      'more than the fifth that is allowed',
      { experiment: TWENTIES, control: FEW, settings: { allowedDecrease: 0.8, allowedIncrease: 1.2 }, label: 'High' },
    ],
    [
      'less than the fifth that is allowed',
      {
        experiment: AROUND_10,
        control: ALSO_AROUND_20,
        settings: { direction: 'decrease', allowedDecrease: 0.8, allowedIncrease: 1.2 },
        label: 'Low',
      },
    ],
    [
      'less, but not by half',
      {
        experiment: [10, 12.2, 10.1, 12.5, 23],
        control: [20, 22, 21, 25, 30],
        settings: { allowedDecrease: 0.5 },
        label: 'Pass',
      },
    ],
  ])('%s', (_, { experiment, control, settings, label }) => {
    expect(classify(experiment, control, { ...TESTED, ...settings }).label).toBe(label);
  });
});

describe('critical metrics, as ClassifierSuite states them', () => {
  test.each<[string, Row]>([
    [
      'critically high',
      { experiment: TWENTIES, control: FEW, settings: { criticalIncrease: 1.2 }, label: 'High', isCritical: true },
    ],
    [
      'critically low',
      {
        experiment: [2, 2, 2, 2, 3],
        control: [10, 20.2, 10.1, 20.5, 30],
        settings: { criticalDecrease: 1.2 },
        label: 'Low',
        isCritical: true,
      },
    ],
    [
      'high, but not thirteen-fold',
      {
        experiment: TWENTIES,
        control: FEW,
        settings: { allowedIncrease: 5, criticalIncrease: 13 },
        label: 'High',
        isCritical: false,
      },
    ],
    [
      'not even thirteen-fold, which was allowed',
      {
        experiment: TWENTIES,
        control: FEW,
        settings: { allowedIncrease: 13, criticalIncrease: 15 },
        label: 'Pass',
        isCritical: false,
      },
    ],
    ['high with the default thresholds', { experiment: TWENTIES, control: FEW, label: 'High', isCritical: true }],
    ['no data', { experiment: [], control: [1, 2, 3, 4, 5], label: 'Nodata', isCritical: true }],
  ])('%s', (_, { experiment, control, settings, label, isCritical }) => {
    const found = classify(experiment, control, { ...TESTED, critical: true, ...settings });
    expect(found).toEqual({ label, isCritical });
  });
});

describe('ties and absences, as ClassifierSuite states them', () => {
  test.each<[string, Row]>([
    ['all the same', { experiment: [1, 1, 1], control: [1, 1], label: 'Pass' }],
    ['the same in another order', { experiment: [1, 2, 3, 4, 5], control: [5, 4, 3, 2, 1], label: 'Pass' }],
    [
      'one zero among ones',
      { experiment: [0, 1, 1, 1, 1], control: ONES, settings: { direction: 'decrease' }, label: 'Pass' },
    ],
    ['one ten among ones', { experiment: [1, 1, 1, 1, 10], control: ONES, label: 'Pass' }],
    ['tens against ones', { experiment: TENS, control: ONES, label: 'High' }],
    ['tens against zeros', { experiment: TENS, control: [0, 0, 0, 0, 0], label: 'High' }],
    ['no data', { experiment: [], control: [1, 2, 3, 4, 5], label: 'Nodata' }],
    [
      'no data where NaN are replaced',
      { experiment: [], control: [1, 2, 3, 4, 5], settings: { nanStrategy: 'replace' }, label: 'Pass' },
    ],
    // Documented in docs/canary-config.md; the label is that of the classifier.
    [
      'no data where there must be some',
      { experiment: [], control: [1, 2], settings: { mustHaveData: true }, label: 'NodataFailMetric' },
    ],
  ])('%s', (_, { experiment, control, settings, label }) => {
    expect(classify(experiment, control, { ...TESTED, ...settings }).label).toBe(label);
  });
});

describe('the effect size, as StatisticSuite states the mean ratio', () => {
  const HUNDREDS = [100, 100, 100, 100, 100];
  test.each([
    ['no effect', ONES, ONES, 1],
    ['high', TENS, ONES, 10],
    ['low', TENS, HUNDREDS, 0.1],
    // There a ratio to nothing is NaN; the classifier takes 1 for it.
    ['of nothing', TENS, [0, 0, 0, 0, 0], 1],
  ])('%s', (_, experiment, control, ratio) => {
    expect(meanRatio(experiment, control)).toBeCloseTo(ratio, 12);
  });
});

describe('cleaning, as TransformSuite and DetectorSuite state it', () => {
  test.each([
    ['one NaN', [0, 1, Number.NaN, 1, 0], [0, 1, 1, 0]],
    ['nothing but NaN', [Number.NaN, Number.NaN, Number.NaN], []],
  ])('removes %s', (_, values, left) => {
    expect(withoutNaN(values, 'remove')).toEqual(left);
  });

  test('replaces NaN by 0', () => {
    expect(withoutNaN([1, Number.NaN], 'replace')).toEqual([1, 0]);
  });

  test.each([
    ['one-sided', [21, 23, 24, 25, 50, 29, 23, 21], 1.5, false, [21, 23, 24, 25, 29, 23, 21]],
    ['two-sided', [1, 1, 1, 5, -1, -1, -1, -5], 1.5, false, [1, 1, 1, -1, -1, -1]],
    ['gentle', [1, 1, 1, 1, 1, 20, 1, 1, 1, 1, 1], 3, true, [1, 1, 1, 1, 1, 20, 1, 1, 1, 1, 1]],
    ['of nothing', [], 1.5, false, []],
  ])('drops outliers: %s', (_, values, factor, isGentle, left) => {
    expect(withoutOutliers(values, factor, isGentle)).toEqual(left);
  });

  test('the percentile of NIST’s handbook', () => {
    const resistances = [
      95.1772, 95.1567, 95.1937, 95.1959, 95.1442, 95.061, 95.1591, 95.1195, 95.1065, 95.0925, 95.199, 95.1682,
    ];
    expect(
      percentileOf(
        [...resistances].sort((a, b) => a - b),
        90,
      ),
    ).toBeCloseTo(95.1981, 4);
  });

  test('cleans before it classifies: a control of NaN is no control', () => {
    expect(judgeMetric([1, 2, 3], [Number.NaN], KAYENTA_DEFAULTS).label).toBe('Nodata');
  });
});
