import type { Baseline, Counts } from './baseline.js';
import { isSameBounds, rebin } from './buckets.js';
import { type Dispersion, dispersionFrom, pooledDispersion, type Residuals } from './dispersion.js';
import { DRIFT_ASSUMED } from './drift.js';
import { type HistoryWindow, type Period, spanOf, windowOf } from './history-window.js';
import { MINUTE_MS, type RollUp } from './roll-up.js';
import { type Buckets, sharesOf, SHIFT_GRID, shapeOf, shiftScores } from './shift-scores.js';

/** Fewer requests than this are no baseline (statistics 4.2). */
const REQUESTS_MIN = 50;
/** One-sided 95 % of a normal distribution (statistics 4.3). */
const DRIFT_QUANTILE = 1.645;

/** The largest tolerated ratio of watch to baseline: (1 + m)·exp(1.645·τ) (statistics 4.3). */
export function toleratedRatio(worseBy: number, drift: number): number {
  return (1 + worseBy) * Math.exp(DRIFT_QUANTILE * drift);
}

/** A window of history from the histograms of each interval; null where there was none. */
export function bucketsWindow(
  intervals: readonly (Buckets | null)[],
  o: { readonly fromMs: number; readonly intervalMs: number },
): HistoryWindow<Buckets> {
  return { fromMs: o.fromMs, toMs: o.fromMs + intervals.length * o.intervalMs, intervalMs: o.intervalMs, intervals };
}

/** A window of history from roll-ups; correlation shorter than a minute is lost, nothing else. Bounds: the newest ones. */
export function bucketsWindowOf(rollUps: readonly RollUp[], periods: readonly Period[]): HistoryWindow<Buckets> | null {
  const known = rollUps.filter((r) => r.histogram !== null);
  const newest = known.reduce<RollUp | null>((a, b) => (a === null || b.minuteMs >= a.minuteMs ? b : a), null);
  if (newest === null || newest.histogram === null) return null;
  const { bounds } = newest.histogram;
  return windowOf(known, periods, MINUTE_MS, (minute) =>
    sumOf(
      minute.map((r) => r.histogram as Buckets),
      bounds,
    ),
  );
}

/** The sum of histograms by some bounds; those that cannot be read by them are left out, null if none can. */
function sumOf(all: readonly Buckets[], bounds: readonly number[]): Buckets | null {
  const counts = new Array<number>(bounds.length + 1).fill(0);
  let found = false;
  for (const one of all) {
    const rebinned = rebin(one, bounds);
    if (rebinned === null) continue;
    found = true;
    for (let i = 0; i < counts.length; i++) counts[i] = (counts[i] as number) + (rebinned[i] as number);
  }
  return found ? { bounds, counts } : null;
}

/**
 * What a latency histogram is compared with: requests per bucket, the dispersion of each tail, and of the scores of each shift
 * (statistics 5.6, 6.1). Where bounds have changed, only what can be read by the newest ones counts.
 * @param level the windows that are compared with: the time before the release, or up to four earlier weeks
 * @param o.worseBy the tolerated change of latency, which the scores depend on
 * @param o.spread windows that the dispersion is taken from, where they are longer than those of the level
 */
export function histogramBaseline(
  level: readonly HistoryWindow<Buckets>[],
  o: {
    readonly worseBy: number;
    readonly drift?: number;
    readonly tailDrift?: number;
    readonly spread?: readonly HistoryWindow<Buckets>[];
  },
): Baseline {
  const bounds = newestBounds(level);
  if (bounds === null) return { kind: 'unusable', why: 'no-history', exposure: 0 };
  const known = level.flatMap((w) => w.intervals.filter((b) => b !== null));
  const { counts } = sumOf(known, bounds) ?? { counts: [] };
  const requests = counts.reduce((sum, count) => sum + count, 0);
  if (requests < REQUESTS_MIN) return { kind: 'unusable', why: 'too-few-requests', exposure: requests };
  const spread = (o.spread ?? level).map((w) => ({ intervalMs: w.intervalMs, rows: rowsOf(w, bounds) }));
  const drift = o.drift ?? DRIFT_ASSUMED.latency;
  return {
    kind: 'histogram',
    ...spanOf(level),
    bounds,
    counts,
    tailDispersions: bounds.map((_, i) => tailDispersion(spread, i)),
    scoreDispersions: scoreDispersions(spread, { bounds, counts }, toleratedRatio(o.worseBy, drift)),
    drift,
    tailDrift: o.tailDrift ?? DRIFT_ASSUMED.counts,
  };
}

interface Rows {
  readonly intervalMs: number;
  readonly rows: readonly (readonly number[] | null)[];
}

function newestBounds(windows: readonly HistoryWindow<Buckets>[]): readonly number[] | null {
  const newestFirst = [...windows].sort((a, b) => b.toMs - a.toMs);
  for (const { intervals } of newestFirst) {
    const newest = intervals.findLast((b) => b !== null);
    if (newest !== undefined && newest !== null) return newest.bounds;
  }
  return null;
}

function rowsOf(window: HistoryWindow<Buckets>, bounds: readonly number[]): readonly (readonly number[] | null)[] {
  return window.intervals.map((b) => {
    if (b === null) return null;
    return isSameBounds(b.bounds, bounds) ? b.counts : rebin(b, bounds);
  });
}

const NOTHING: Counts = { events: 0, exposure: 0 };

/** Statistics 6.1 of "requests slower than the bound". */
function tailDispersion(spread: readonly Rows[], bound: number): Dispersion {
  const windows = spread.map(({ rows, intervalMs }) => ({
    intervalMs,
    increments: rows.map((row) => {
      if (row === null) return NOTHING;
      let [events, exposure] = [0, 0];
      row.forEach((count, i) => {
        exposure += count;
        if (i > bound) events += count;
      });
      return { events, exposure };
    }),
  }));
  return pooledDispersion(windows);
}

function scoreDispersions(
  spread: readonly Rows[],
  level: Buckets,
  tolerated: number,
): readonly { readonly times: number; readonly dispersion: Dispersion }[] {
  const shape = shapeOf(level);
  if (shape === null) return [];
  const shares = sharesOf(level.counts);
  return SHIFT_GRID.map((times) => {
    const scores = shiftScores(shape, tolerated, times);
    const mean = shares.reduce((sum, p, i) => sum + p * (scores[i] as number), 0);
    const square = shares.reduce((sum, p, i) => sum + p * (scores[i] as number) ** 2, 0);
    const windows = spread.map((w) => scoreResiduals(w, scores, mean, square - mean * mean));
    return { times, dispersion: dispersionFrom(windows) };
  });
}

/** Statistics 6.1 for the scores of a shift: r = Σ x·s − mean score · N, of which independent requests would have so much variance. */
function scoreResiduals(window: Rows, scores: readonly number[], mean: number, variance: number): Residuals {
  const residuals = new Float64Array(window.rows.length);
  let requests = 0;
  window.rows.forEach((row, t) => {
    if (row === null) return;
    let score = 0;
    let n = 0;
    for (let i = 0; i < row.length; i++) {
      n += row[i] as number;
      score += (row[i] as number) * (scores[i] as number);
    }
    requests += n;
    residuals[t] = score - mean * n;
  });
  const independentVariance = requests > 0 ? variance * requests : Number.NaN;
  return { residuals, independentVariance, intervalMs: window.intervalMs };
}
