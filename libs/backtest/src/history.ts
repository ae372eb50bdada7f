import {
  type BaselineWindow,
  type Guardrail,
  heldPeriods,
  type WatchedGuardrail,
  type WindowedBaseline,
  withHeld,
} from '@parapet/guardrails';
import type { InstantMs } from '@parapet/kernel';
import {
  type Baseline,
  bucketsWindow,
  countsBaseline,
  countsOf,
  countsWindow,
  histogramBaseline,
  type Observation,
  type SignalDeclaration,
  valuesBaseline,
  valuesWindow,
} from '@parapet/signals';
import type { RecordedRelease } from './recorded-release.js';
import { observationsOf, type RecordedSignal } from './samples.js';

/** The windows of history that are recorded, and by what name the judgement knows them. */
export const HISTORY = ['before', 'same-hours'] as const satisfies readonly BaselineWindow[];

const WEEK_MS = 7 * 86_400_000;

/** A window of history as it was observed. */
export interface RecordedWindow {
  readonly window: BaselineWindow;
  readonly fromMs: InstantMs;
  readonly ticks: number;
  readonly observations: readonly Observation[];
}

/** What was observed before the release, and in the same hours a week before. */
export function recordedHistory(
  release: RecordedRelease,
  signal: RecordedSignal,
  startMs: InstantMs,
): readonly RecordedWindow[] {
  const { series, preTicks, watchTicks, intervalMs } = release;
  const windowOf = (window: BaselineWindow, fromMs: InstantMs, ticks: number): RecordedWindow => {
    const recorded = window === 'before' ? series.pre : series.lastWeek;
    return { window, fromMs, ticks, observations: observationsOf(signal, recorded, ticks, fromMs) };
  };
  return [
    windowOf('before', startMs - preTicks * intervalMs, preTicks),
    windowOf('same-hours', startMs - WEEK_MS, watchTicks),
  ];
}

/**
 * The baselines of a guardrail, by window. Level is that of the window; dispersion and variance are those of all history together,
 * because an hour alone is too short to tell them.
 */
export function baselinesOf(
  { test }: Guardrail,
  declaration: SignalDeclaration,
  history: readonly RecordedWindow[],
): readonly WindowedBaseline[] {
  const ofEach = (make: (own: number) => Baseline): readonly WindowedBaseline[] =>
    history.map(({ window }, i) => ({ window, baseline: make(i) }));
  const { intervalMs } = declaration;
  switch (test.kind) {
    case 'proportion':
    case 'rate': {
      const windows = history.map((window) =>
        countsWindow(countIntervals(test.kind, declaration, window), { fromMs: window.fromMs, intervalMs }),
      );
      return ofEach((i) => countsBaseline(windows.slice(i, i + 1), { spread: windows }));
    }
    case 'gauge': {
      const { transform } = test;
      const windows = history.map((window) =>
        valuesWindow(
          intervalsOf(window, intervalMs, ({ value }) => (value.kind === 'gauge' ? value.value : null)),
          { fromMs: window.fromMs, intervalMs, transform },
        ),
      );
      return ofEach((i) => valuesBaseline(windows.slice(i, i + 1), { transform, spread: windows }));
    }
    case 'histogram': {
      const windows = history.map((window) =>
        bucketsWindow(
          intervalsOf(window, intervalMs, ({ value }) => (value.kind === 'histogram' ? value : null)),
          { fromMs: window.fromMs, intervalMs },
        ),
      );
      const { worseBy } = test;
      return ofEach((i) => histogramBaseline(windows.slice(i, i + 1), { worseBy, spread: windows }));
    }
    case 'burn-rate':
    case 'threshold':
    case 'alerts':
      return [];
  }
}

/** The guardrail with what its windows held when the release began, where they roll: of the time before it that was recorded. */
export function withRecordedWindows(
  watched: WatchedGuardrail,
  history: readonly RecordedWindow[],
  startMs: InstantMs,
): WatchedGuardrail {
  const observed = history.flatMap(({ window, observations }) => (window === 'before' ? observations : []));
  const counted = heldPeriods(watched, startMs).map(({ fromMs, toMs }) => {
    let [count, of] = [0, 0];
    for (const { atMs, value } of observed) {
      if (value.kind !== 'count' || atMs <= fromMs || atMs > toMs) continue;
      count += value.count;
      of += value.of;
    }
    return { fromMs, toMs, count, of };
  });
  return withHeld(watched, counted);
}

function countIntervals(
  form: 'proportion' | 'rate',
  { badDirection, intervalMs }: SignalDeclaration,
  window: RecordedWindow,
) {
  return intervalsOf(window, intervalMs, ({ value }) =>
    value.kind === 'count' ? countsOf(form, badDirection, value.count, value.of) : null,
  );
}

/** A value per interval of the window; null where nothing was observed, or only as part of a later one. */
function intervalsOf<T>(
  { fromMs, ticks, observations }: RecordedWindow,
  intervalMs: number,
  read: (observation: Observation) => T | null,
): readonly (T | null)[] {
  const intervals = Array.from({ length: ticks }, (): T | null => null);
  for (const observation of observations)
    intervals[Math.round((observation.atMs - fromMs) / intervalMs) - 1] = read(observation);
  return intervals;
}

/** Exposure per second that is usual, by window; a window without any traffic says nothing. */
export function usualTraffic(history: readonly RecordedWindow[]): Readonly<Partial<Record<BaselineWindow, number>>> {
  const usual: Partial<Record<BaselineWindow, number>> = {};
  for (const { window, observations } of history) {
    let [exposure, coveredMs] = [0, 0];
    for (const { value, fromMs, atMs } of observations) {
      if (value.kind !== 'count') continue;
      exposure += value.of;
      coveredMs += atMs - fromMs;
    }
    if (exposure > 0) usual[window] = exposure / (coveredMs / 1000);
  }
  return usual;
}
