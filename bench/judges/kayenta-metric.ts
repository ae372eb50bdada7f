/**
 * How Kayenta's default judge (NetflixACAJudge-v1.0) classifies one metric.
 *
 * Source of the rule: kayenta-judge (NetflixACAJudge, MannWhitneyClassifier, Transforms, IQRDetector) and docs/canary-config.md.
 * Confidence 0.98 and tolerance 0.25 are fixed in the judge. NaN are removed, or replaced by 0 where `nanStrategy` says so. Values
 * outside the quartiles by 3 interquartile ranges and outside the 1st and 99th percentile are outliers and dropped. The metric is
 * High where the lower limit of the shift lies above a quarter of the estimated shift (and the ratio of means is at least
 * `allowedIncrease`), Low where the mirror image holds, else Pass.
 *
 * One thing is not as there: where both samples are constant, Kayenta adds Gaussian noise of 1e-5 of the value to break the ties;
 * here the noise is the quantiles of that distribution, so that the same data always get the same answer.
 */
import { normalQuantile, shiftBetween } from './mann-whitney.ts';

export type Label = 'Pass' | 'High' | 'Low' | 'Nodata' | 'NodataFailMetric' | 'Error';

/** Settings of a metric, named and defaulting as in a canary configuration. */
export interface MetricSettings {
  readonly direction: 'increase' | 'decrease' | 'either';
  readonly nanStrategy: 'remove' | 'replace';
  readonly critical: boolean;
  readonly mustHaveData: boolean;
  readonly allowedIncrease: number;
  readonly allowedDecrease: number;
  readonly criticalIncrease: number;
  readonly criticalDecrease: number;
  readonly tolerance: number;
  readonly confidence: number;
}

export const KAYENTA_DEFAULTS: MetricSettings = {
  direction: 'either',
  nanStrategy: 'remove',
  critical: false,
  mustHaveData: false,
  allowedIncrease: 1,
  allowedDecrease: 1,
  criticalIncrease: 1,
  criticalDecrease: 1,
  tolerance: 0.25,
  confidence: 0.98,
};

export interface Classified {
  readonly label: Label;
  /** Fails the canary on its own. */
  readonly isCritical: boolean;
}

/** What the judge does with a metric: cleans both sides, then classifies. */
export function judgeMetric(
  experiment: readonly number[],
  control: readonly number[],
  settings: MetricSettings,
): Classified {
  const clean = (values: readonly number[]) => withoutOutliers(withoutNaN(values, settings.nanStrategy), 3, true);
  return classify(clean(experiment), clean(control), settings);
}

/** Classifies a metric whose values are clean. */
export function classify(
  experiment: readonly number[],
  control: readonly number[],
  settings: MetricSettings,
): Classified {
  const pass: Classified = { label: 'Pass', isCritical: false };
  if (experiment.length === 0 || control.length === 0) {
    if (settings.nanStrategy === 'replace') return pass;
    if (settings.mustHaveData && !settings.critical) return { label: 'NodataFailMetric', isCritical: false };
    return { label: 'Nodata', isCritical: settings.critical };
  }
  if (isSameMultiset(experiment, control) || new Set([...experiment, ...control]).size === 1) return pass;

  const isConstant = new Set(experiment).size === 1 && new Set(control).size === 1;
  const [x, y] = isConstant ? [withNoise(experiment), withNoise(control)] : [experiment, control];
  const shift = shiftBetween(x, y, settings.confidence);
  if (shift === null) return { label: 'Error', isCritical: false };
  const bound = settings.tolerance * Math.abs(shift.estimate);
  const ratio = meanRatio(x, y);
  const isHigh = settings.direction !== 'decrease' && shift.low > bound && ratio >= settings.allowedIncrease;
  const isLow = settings.direction !== 'increase' && shift.high < -bound && ratio <= settings.allowedDecrease;
  if (isHigh) return { label: 'High', isCritical: settings.critical && ratio >= settings.criticalIncrease };
  if (isLow) return { label: 'Low', isCritical: settings.critical && ratio <= settings.criticalDecrease };
  return pass;
}

/** The effect size: mean of the experiment by mean of the control; 1 where that is 0, which makes any rise large enough. */
export function meanRatio(experiment: readonly number[], control: readonly number[]): number {
  const mean = meanOf(control);
  return mean === 0 ? 1 : meanOf(experiment) / mean;
}

/** Removes what is no number, or puts 0 in its place. */
export function withoutNaN(values: readonly number[], strategy: 'remove' | 'replace'): readonly number[] {
  return strategy === 'remove' ? values.filter((v) => !Number.isNaN(v)) : values.map((v) => (Number.isNaN(v) ? 0 : v));
}

/**
 * Drops values beyond `factor` interquartile ranges from the quartiles.
 * @param isGentle keeps what lies between the 1st and the 99th percentile in any case
 */
export function withoutOutliers(values: readonly number[], factor: number, isGentle: boolean): readonly number[] {
  if (values.length === 0) return values;
  const sorted = [...values].sort((a, b) => a - b);
  const [q1, q3] = [percentileOf(sorted, 25), percentileOf(sorted, 75)];
  const reach = factor * (q3 - q1);
  const low = isGentle ? Math.min(percentileOf(sorted, 1), q1 - reach) : q1 - reach;
  const high = isGentle ? Math.max(percentileOf(sorted, 99), q3 + reach) : q3 + reach;
  return values.filter((v) => v >= low && v <= high);
}

/**
 * Percentile at position p(n+1)/100, as the library behind Kayenta's outlier fences interpolates it (NIST's definition).
 * @param sorted in ascending order
 */
export function percentileOf(sorted: readonly number[], p: number): number {
  const position = (p * (sorted.length + 1)) / 100;
  if (position < 1) return sorted[0] as number;
  if (position >= sorted.length) return sorted.at(-1) as number;
  const below = sorted[Math.floor(position) - 1] as number;
  const above = sorted[Math.floor(position)] as number;
  return below + (position - Math.floor(position)) * (above - below);
}

function withNoise(values: readonly number[]): readonly number[] {
  return values.map((v, i) => v + v * 1e-5 * normalQuantile((i + 0.5) / values.length));
}

function isSameMultiset(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  const [x, y] = [[...a].sort((p, q) => p - q), [...b].sort((p, q) => p - q)];
  return x.every((value, i) => value === y[i]);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}
