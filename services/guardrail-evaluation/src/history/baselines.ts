import type { BaselineWindow, Guardrail, GuardrailTest, WatchedSignal, WindowedBaseline } from '@parapet/guardrails';
import {
  type Baseline,
  bucketsWindowOf,
  type Buckets,
  countsBaseline,
  countsOf,
  countsPair,
  countsWindowOf,
  DRIFT_ASSUMED,
  type DriftPair,
  driftOf,
  histogramBaseline,
  type HistoryWindow,
  latencyPair,
  type Period,
  valuesBaseline,
  valuesPair,
  valuesWindowOf,
} from '@parapet/signals';
import { driftPairs } from './drift-pairs.js';
import type { HistoryPlan } from './history-plan.js';
import type { History, Summed } from './read-history.js';

type CountTest = Extract<GuardrailTest, { kind: 'proportion' | 'rate' }>;
type GaugeTest = Extract<GuardrailTest, { kind: 'gauge' }>;
type HistogramTest = Extract<GuardrailTest, { kind: 'histogram' }>;

/** Tails that a latency test looks at hold such a share of the requests (statistics 5.6). */
const TAIL = { from: 0.003, to: 0.35 } as const;
const MINUTE_MS = 60_000;

/**
 * What a guardrail is compared with, by window. A limit and a control take only their dispersion or variance from it, and for that
 * the newest time is enough. A window without history is unusable and says so.
 */
export function baselinesOf(
  { test }: Guardrail,
  signal: WatchedSignal,
  plan: HistoryPlan,
  history: History,
  o: { readonly isLatency: boolean },
): readonly WindowedBaseline[] {
  if (!('against' in test)) return [];
  const windows: readonly BaselineWindow[] = test.against === 'baseline' ? test.windows : ['before'];
  return windows.map((window) => {
    const from: Sources = { plan, history, window };
    switch (test.kind) {
      case 'proportion':
      case 'rate':
        return { window, baseline: countsOfHistory(test, signal, from) };
      case 'gauge':
        return { window, baseline: valuesOfHistory(test, signal, from, o.isLatency) };
      case 'histogram':
        return { window, baseline: latenciesOfHistory(test, from) };
    }
  });
}

interface Sources {
  readonly plan: HistoryPlan;
  readonly history: History;
  readonly window: BaselineWindow;
}

/** The windows of one kind of history, and those that variance is taken from: an hour is too short to show how slow noise is. */
function windowsOf<T>(
  { plan, window }: Sources,
  read: (periods: readonly Period[]) => HistoryWindow<T> | null,
): { readonly level: readonly HistoryWindow<T>[]; readonly spread?: readonly HistoryWindow<T>[] } {
  const all = (groups: readonly (readonly Period[])[]) => groups.map(read).filter((w) => w !== null);
  const weeks = all(plan.weeks);
  const level = window === 'before' ? all([plan.before]) : weeks;
  const spread = [...all([plan.spread]), ...weeks];
  return spread.length === 0 ? { level } : { level, spread };
}

function countsOfHistory(test: CountTest, { badDirection }: WatchedSignal, from: Sources): Baseline {
  const { minutes } = from.history;
  const { level, spread } = windowsOf(from, (periods) => countsWindowOf(test.kind, badDirection, minutes, periods));
  const plain = countsBaseline(level, spread === undefined ? {} : { spread });
  if (plain.kind !== 'counts') return plain;
  const counted = ({ count, of }: Summed) => countsOf(test.kind, badDirection, count, of);
  const pairs = driftPairs(from.plan, from.history, from.window, { counted, add: addCounts });
  const drift = driftOf(
    pairs.map(([earlier, later]) => countsPair(earlier, later, plain.dispersion.phi)),
    DRIFT_ASSUMED.counts,
  );
  return { ...plain, drift };
}

function addCounts<T extends { readonly events: number; readonly exposure: number }>(a: T, b: T): T {
  return { ...a, events: a.events + b.events, exposure: a.exposure + b.exposure };
}

function valuesOfHistory(test: GaugeTest, { intervalMs }: WatchedSignal, from: Sources, isLatency: boolean): Baseline {
  const { transform } = test;
  const { minutes } = from.history;
  const { level, spread } = windowsOf(from, (periods) => valuesWindowOf(minutes, periods, { intervalMs, transform }));
  const assumed = isLatency ? DRIFT_ASSUMED.latency : DRIFT_ASSUMED.values;
  const plain = valuesBaseline(level, { transform, drift: assumed, ...(spread === undefined ? {} : { spread }) });
  if (plain.kind !== 'values') return plain;
  const perMinute = Math.max(1, MINUTE_MS / intervalMs);
  const { longRunVariance } = plain;
  const counted = ({ mean, logMean, minutes: held }: Summed) => ({
    mean: (transform === 'log' ? logMean : mean) ?? Number.NaN,
    m: held * perMinute,
    longRunVariance,
  });
  const pairs = driftPairs(from.plan, from.history, from.window, {
    counted,
    add: (a, b) => ({ mean: (a.m * a.mean + b.m * b.mean) / (a.m + b.m), m: a.m + b.m, longRunVariance }),
  });
  const known = pairs.filter(([earlier, later]) => Number.isFinite(earlier.mean) && Number.isFinite(later.mean));
  const drift = driftOf(
    known.map(([earlier, later]) => valuesPair(earlier, later, transform)),
    assumed,
  );
  return { ...plain, drift };
}

function latenciesOfHistory({ worseBy }: HistogramTest, from: Sources): Baseline {
  const { level, spread } = windowsOf(from, (periods) => bucketsWindowOf(from.history.minutes, periods));
  const given = spread === undefined ? {} : { spread };
  const plain = histogramBaseline(level, { worseBy, ...given });
  if (plain.kind !== 'histogram') return plain;
  const pairs = driftPairs<Buckets>(from.plan, from.history, from.window, {
    counted: ({ histogram }) => histogram,
    add: (a, b) =>
      isSame(a.bounds, b.bounds) ? { ...a, counts: a.counts.map((c, i) => c + (b.counts[i] as number)) } : b,
  });
  const alike = pairs.filter(([a, b]) => isSame(a.bounds, plain.bounds) && isSame(b.bounds, plain.bounds));
  const phi = Math.max(1, ...plain.scoreDispersions.map(({ dispersion }) => dispersion.phi));
  const drift = driftOf(
    alike.map(([earlier, later]) => latencyPair(earlier, later, phi)),
    DRIFT_ASSUMED.latency,
  );
  return histogramBaseline(level, { worseBy, drift, tailDrift: tailDriftOf(plain, alike), ...given });
}

/** The largest drift of any tail that may be looked at. */
function tailDriftOf(
  { counts, tailDispersions }: Extract<Baseline, { kind: 'histogram' }>,
  pairs: readonly (readonly [Buckets, Buckets])[],
): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const drifts = tailDispersions.flatMap(({ phi }, bound) => {
    const share = tailOf(counts, bound).events / total;
    if (!(share >= TAIL.from && share <= TAIL.to)) return [];
    const tails = pairs.map(([a, b]): DriftPair | null => {
      return countsPair(tailOf(a.counts, bound), tailOf(b.counts, bound), phi);
    });
    return [driftOf(tails, DRIFT_ASSUMED.counts)];
  });
  return drifts.length === 0 ? DRIFT_ASSUMED.counts : Math.max(...drifts);
}

/** Requests slower than a bound, of all. */
function tailOf(counts: readonly number[], bound: number): { readonly events: number; readonly exposure: number } {
  const sum = (list: readonly number[]) => list.reduce((total, count) => total + count, 0);
  return { events: sum(counts.slice(bound + 1)), exposure: sum(counts) };
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((bound, i) => bound === b[i]);
}
