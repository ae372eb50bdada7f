import { type InstantMs, invariant } from '@parapet/kernel';
import type { Baseline } from './baseline.js';
import { DRIFT_ASSUMED } from './drift.js';
import { type HistoryWindow, type Period, spanOf, windowOf } from './history-window.js';
import { longRunSum, marginOf } from './long-run.js';
import { meanSquaredRange } from './range.js';
import { MINUTE_MS, type RollUp } from './roll-up.js';

/** How the values of a gauge are looked at: by their logarithm, or as they are. */
export type ValueTransform = 'log' | 'none';

/** One interval of history: the mean of some transformed values, and how far they lay from it. */
export interface ValueMean {
  readonly mean: number;
  /** How many intervals of the signal it stands for. */
  readonly values: number;
  /** Variance of one such interval around the mean, as far as it is known. */
  readonly within: number;
}

/** Fewer values than this are no baseline (statistics 4.2). */
const VALUES_MIN = 30;
/** With fewer intervals the correlation between them cannot be told: twice the plain variance, as a count's dispersion would be. */
const INTERVALS_MIN = 30;
const VARIANCE_ASSUMED_TIMES = 2;
/** History that never moved is no proof that nothing will: one per cent is taken for its deviation. */
const DEVIATION_MIN = 0.01;
/** Winsorised at so many deviations from the median, each of 1.4826 median absolute deviations (statistics 6.2). */
const WINSOR_DEVIATIONS = 4 * 1.4826;

/** A value as the test looks at it; null for one that has no logarithm: it is missing, not small (statistics 3.3). */
export function transformed(value: number, transform: ValueTransform): number | null {
  if (!Number.isFinite(value)) return null;
  if (transform === 'none') return value;
  return value > 0 ? Math.log(value) : null;
}

/** A window of history from a value per interval; null where there was none. */
export function valuesWindow(
  values: readonly (number | null)[],
  o: { readonly fromMs: InstantMs; readonly intervalMs: number; readonly transform: ValueTransform },
): HistoryWindow<ValueMean> {
  const intervals = values.map((value) => {
    const mean = value === null ? null : transformed(value, o.transform);
    return mean === null ? null : { mean, values: 1, within: 0 };
  });
  return { fromMs: o.fromMs, toMs: o.fromMs + values.length * o.intervalMs, intervalMs: o.intervalMs, intervals };
}

/**
 * A window of history from roll-ups. What is lost: the order within a minute, so that correlation shorter than that is not seen, and
 * single values, so that outliers are cut by the minute; the mean of logarithms is taken from the mean, the smallest and the largest
 * value, as it would be were the values of a minute normal. A minute with a value that has no logarithm is left out.
 */
export function valuesWindowOf(
  rollUps: readonly RollUp[],
  periods: readonly Period[],
  o: { readonly intervalMs: number; readonly transform: ValueTransform },
): HistoryWindow<ValueMean> | null {
  const stepMs = Math.max(1, Math.ceil(o.intervalMs / MINUTE_MS)) * MINUTE_MS;
  const perStep = Math.max(1, Math.round(stepMs / o.intervalMs));
  return windowOf(rollUps, periods, stepMs, (minutes) => valueMeanOf(minutes, o.transform, perStep));
}

/** Several series of one interval are averaged, as the test does it. */
function valueMeanOf(rollUps: readonly RollUp[], transform: ValueTransform, perStep: number): ValueMean | null {
  let [n, sum, squares] = [0, 0, 0];
  for (const { n: own, sum: total, min, max } of rollUps) {
    if (!(own > 0)) continue;
    const [low, high] = [min ?? total / own, max ?? total / own];
    const centre = transformed(total / own, transform);
    const [from, to] = [transformed(low, transform), transformed(high, transform)];
    if (centre === null || from === null || to === null) return null;
    const within = own > 1 ? (to - from) ** 2 / meanSquaredRange(own) : 0;
    n += own;
    // ln of a mean is above the mean of ln, by half the variance.
    sum += own * (transform === 'log' ? centre - within / 2 : centre);
    squares += own * within;
  }
  if (n === 0) return null;
  const series = Math.max(1, n / perStep);
  return { mean: sum / n, values: Math.min(n, perStep), within: squares / n / series };
}

/**
 * What a gauge is compared with: mean, plain deviation and long-run variance of its transformed values (statistics 6.2).
 * @param level the windows whose mean counts: the time before the release, or up to four earlier weeks
 * @param o.spread windows that the variance is taken from, where they are longer than those of the level
 */
export function valuesBaseline(
  level: readonly HistoryWindow<ValueMean>[],
  o: {
    readonly transform: ValueTransform;
    readonly drift?: number;
    readonly spread?: readonly HistoryWindow<ValueMean>[];
  },
): Baseline {
  const levels = level.map(momentsOf);
  const m = levels.reduce((sum, w) => sum + w.values, 0);
  if (m === 0) return { kind: 'unusable', why: 'no-history', exposure: 0 };
  if (m < VALUES_MIN) return { kind: 'unusable', why: 'too-few-values', exposure: m };
  const mean = levels.reduce((sum, w) => sum + w.values * w.mean, 0) / m;
  const spread = (o.spread ?? level).map(momentsOf).filter((w) => w.present > 0);
  const floor = (DEVIATION_MIN * (o.transform === 'log' ? 1 : Math.abs(mean))) ** 2;
  const plain = Math.max(
    floor,
    weighted(spread, (w) => w.plain),
  );
  if (!(plain > 0)) return { kind: 'unusable', why: 'no-spread', exposure: m };
  const long = spread.filter((w) => w.present >= INTERVALS_MIN);
  const isAssumed = long.length === 0;
  const margin = isAssumed ? VARIANCE_ASSUMED_TIMES : marginOf(Math.max(...long.map((w) => w.lengthMs)));
  const longRun = isAssumed ? plain : weighted(long, (w) => w.longRun);
  return {
    kind: 'values',
    ...spanOf(level),
    m,
    mean,
    longRunVariance: margin * Math.max(plain, longRun),
    deviation: Math.sqrt(plain),
    isAssumed,
    drift: o.drift ?? (o.transform === 'log' ? DRIFT_ASSUMED.latency : DRIFT_ASSUMED.values),
  };
}

/**
 * By how much one arm lay above the other, interval by interval, in a time when neither had the release: what the difference of the
 * same arms during the watch is compared with. An interval in which either was silent says nothing.
 */
export function differencesOf(
  watched: HistoryWindow<ValueMean>,
  control: HistoryWindow<ValueMean>,
): HistoryWindow<ValueMean> {
  invariant(watched.intervalMs === control.intervalMs, 'two arms are compared interval by interval');
  const shift = Math.round((watched.fromMs - control.fromMs) / control.intervalMs);
  const intervals = watched.intervals.map((own, t) => {
    const other = control.intervals[t + shift] ?? null;
    if (own === null || other === null) return null;
    const values = Math.min(own.values, other.values);
    return { mean: own.mean - other.mean, values, within: own.within + other.within };
  });
  return { ...watched, intervals };
}

interface Moments {
  readonly present: number;
  readonly values: number;
  readonly lengthMs: number;
  readonly mean: number;
  /** Variance of one value. */
  readonly plain: number;
  readonly longRun: number;
}

function weighted(windows: readonly Moments[], read: (w: Moments) => number): number {
  const n = windows.reduce((sum, w) => sum + w.present, 0);
  return windows.reduce((sum, w) => sum + (w.present / n) * read(w), 0);
}

function momentsOf(window: HistoryWindow<ValueMean>): Moments {
  const known = window.intervals.filter((v) => v !== null);
  const present = known.length;
  const lengthMs = window.intervals.length * window.intervalMs;
  if (present === 0) return { present, values: 0, lengthMs, mean: 0, plain: 0, longRun: 0 };
  const values = known.reduce((sum, v) => sum + v.values, 0);
  const [low, high] = winsorBounds(known.map((v) => v.mean));
  const cut = (v: ValueMean) => Math.min(high, Math.max(low, v.mean));
  const mean = known.reduce((sum, v) => sum + v.values * cut(v), 0) / values;
  const residuals = new Float64Array(window.intervals.length);
  let within = 0;
  window.intervals.forEach((v, t) => {
    if (v === null) return;
    residuals[t] = cut(v) - mean;
    within += v.within;
  });
  const between = residuals.reduce((sum, r) => sum + r * r, 0) / present;
  // A mean of several values varies less than one of them.
  const longRun = (longRunSum(residuals) / present) * (values / present);
  return { present, values, lengthMs, mean, plain: between + within / present, longRun };
}

/** Where values are cut; nowhere if most of them are the same, because then all others would be gone. */
function winsorBounds(values: readonly number[]): readonly [low: number, high: number] {
  const median = medianOf(values);
  const width = WINSOR_DEVIATIONS * medianOf(values.map((v) => Math.abs(v - median)));
  return width > 0 ? [median - width, median + width] : [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] as number) + upper) / 2;
}
