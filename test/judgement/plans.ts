/** What a cell watches: the history it had, and the hour that follows. Drift is 0, so that ρ₀ is exactly what the set-up says. */
import {
  bucketsWindow,
  type Baseline,
  type Counts,
  countsBaseline,
  countsWindow,
  histogramBaseline,
  valuesBaseline,
  valuesWindow,
} from '@parapet/signals';
import type { Chance } from './chance.ts';
import { BUCKET_BOUNDS, failures, histograms, INTERVAL_MS, type Noise, percentiles, splitFailures } from './shop.ts';
import { AGAINST_CONTROL, START_MS, type WatchPlan } from './watch.ts';

const TICKS_PER_HOUR = 3_600_000 / INTERVAL_MS;
const RATES = { worseBy: 0.1, unacceptable: 3 } as const;
const LATENCIES = { worseBy: 0.05, unacceptable: 1.5 } as const;

/** How much worse a tick of the watch is than before: 1 is as usual. */
export type Course = (tick: number) => number;

/** What the cells have in common. */
export interface Scene {
  readonly perMinute: number;
  readonly noise: Noise;
  readonly course: Course;
}

export interface CountScene extends Scene {
  /** Orders are a proportion that is bad when low; errors a rate that is bad when high. */
  readonly kind: 'proportion' | 'rate';
  readonly share: number;
  /** Extra failures in single intervals. */
  readonly burst?: (tick: number) => number;
  readonly falseRollbackRate?: number;
  /** Takes the fitted dispersion away, to show what it is for. */
  readonly isPhiOne?: boolean;
}

/** Dispersion and variance are fitted to so many hours, the fewest that the set-up allows: less is known of them than of a level. */
const SPREAD_HOURS = 6;
const LEVEL_HOURS = 24;

/** Orders or errors against the 24 hours before. */
export function counts(chance: Chance, scene: CountScene): WatchPlan {
  const next = failures(chance, scene);
  const history = Array.from({ length: LEVEL_HOURS * TICKS_PER_HOUR }, () => {
    const { bad, total } = next(1);
    return { events: bad, exposure: total };
  });
  const fitted = countsBefore(history);
  const baseline: Baseline =
    scene.isPhiOne === true && fitted.kind === 'counts'
      ? { ...fitted, dispersion: { phi: 1, isAssumed: false } }
      : fitted;
  const badDirection = scene.kind === 'proportion' ? 'low' : 'high';
  return {
    test: { kind: scene.kind, against: 'baseline', windows: ['before'], ...RATES },
    baseline,
    badDirection,
    ...(scene.falseRollbackRate === undefined ? {} : { falseRollbackRate: scene.falseRollbackRate }),
    observe: (tick) => {
      const { bad, total } = next(scene.course(tick));
      const extra = scene.burst?.(tick) ?? 0;
      const [events, of] = [bad + extra, total + extra];
      return { watched: { kind: 'count', count: badDirection === 'low' ? of - events : events, of } };
    },
  };
}

/** A canary against the rest, over the same time; dispersion from a day without a release. */
export function arms(chance: Chance, scene: Scene & { readonly share: number; readonly canary: number }): WatchPlan {
  const next = splitFailures(chance, scene);
  const history = Array.from({ length: LEVEL_HOURS * TICKS_PER_HOUR }, () => {
    const { canary, control } = next(1);
    return { events: canary.bad + control.bad, exposure: canary.total + control.total };
  });
  return {
    test: { kind: 'proportion', ...AGAINST_CONTROL, ...RATES },
    baseline: countsBefore(history),
    badDirection: 'low',
    observe: (tick) => {
      const { canary, control } = next(scene.course(tick));
      const good = ({ bad, total }: { bad: number; total: number }) =>
        ({ kind: 'count', count: total - bad, of: total }) as const;
      return { watched: good(canary), control: good(control) };
    },
  };
}

/** The 95th percentile as a gauge, by its logarithm, against the 6 hours before. */
export function gauge(chance: Chance, scene: Scene): WatchPlan {
  const next = percentiles(chance, scene);
  const history = Array.from({ length: SPREAD_HOURS * TICKS_PER_HOUR }, () => next(1));
  const window = valuesWindow(history, { ...periodBefore(history.length), transform: 'log' });
  return {
    test: { kind: 'gauge', transform: 'log', against: 'baseline', windows: ['before'], ...LATENCIES },
    baseline: valuesBaseline([window], { transform: 'log', drift: 0 }),
    badDirection: 'high',
    observe: (tick) => {
      const value = next(scene.course(tick));
      return { watched: value === null ? null : { kind: 'gauge', value } };
    },
  };
}

/** Requests by latency, against the 6 hours before. */
export function latency(chance: Chance, scene: Scene): WatchPlan {
  const next = histograms(chance, scene);
  const history = Array.from({ length: SPREAD_HOURS * TICKS_PER_HOUR }, () => ({
    bounds: BUCKET_BOUNDS,
    counts: next(1),
  }));
  const window = bucketsWindow(history, periodBefore(history.length));
  return {
    test: { kind: 'histogram', against: 'baseline', windows: ['before'], ...LATENCIES },
    baseline: histogramBaseline([window], { worseBy: LATENCIES.worseBy, drift: 0, tailDrift: 0 }),
    badDirection: 'high',
    observe: (tick) => ({
      watched: { kind: 'histogram', bounds: [...BUCKET_BOUNDS], counts: [...next(scene.course(tick))], sum: null },
    }),
  };
}

function countsBefore(history: readonly Counts[]): Baseline {
  const newest = history.slice(-SPREAD_HOURS * TICKS_PER_HOUR);
  const window = (intervals: readonly Counts[]) => countsWindow(intervals, periodBefore(intervals.length));
  return countsBaseline([window(history)], { drift: 0, spread: [window(newest)] });
}

function periodBefore(ticks: number): { readonly fromMs: number; readonly intervalMs: number } {
  return { fromMs: START_MS - ticks * INTERVAL_MS, intervalMs: INTERVAL_MS };
}
