import type { InstantMs } from '@parapet/kernel';
import {
  EMPTY_SERIES,
  type Observation,
  type Sample,
  type SampleValue,
  type SignalDeclaration,
  takeSample,
} from '@parapet/signals';
import type { RecordedGuardrail, RecordedSeries } from './recorded-release.js';

/** How values at a tick become the value of a sample; null where one of them never came. */
export interface Reading {
  readonly series: readonly string[];
  valueAt(series: RecordedSeries, tick: number): SampleValue | null;
}

/** Reads what was recorded for a guardrail as samples of a signal that is declared so. */
export function readingOf(
  recorded: RecordedGuardrail,
  badDirection: SignalDeclaration['badDirection'],
  bounds: readonly number[],
): Reading {
  switch (recorded.kind) {
    // Of a share that is bad when low a sample counts the good ones.
    case 'proportion':
      return countReading(recorded.bad, recorded.total, badDirection === 'low');
    case 'count':
      return countReading(recorded.events, recorded.exposure, false);
    case 'gauge': {
      const { value: name } = recorded;
      const valueAt = (series: RecordedSeries, tick: number): SampleValue | null => {
        const value = numberAt(series, name, tick);
        return value === null ? null : { kind: 'gauge', value };
      };
      return { series: [name], valueAt };
    }
    case 'histogram': {
      const { buckets: name } = recorded;
      const valueAt = (series: RecordedSeries, tick: number): SampleValue | null => {
        const counts = series[name]?.[tick];
        return Array.isArray(counts) ? { kind: 'histogram', bounds, counts: counts as number[], sum: null } : null;
      };
      return { series: [name], valueAt };
    }
  }
}

/** Reads a counter of traffic as samples whose exposure it is. */
export function trafficReading(name: string): Reading {
  return countReading(name, name, false);
}

function countReading(count: string, of: string, isRest: boolean): Reading {
  const valueAt = (series: RecordedSeries, tick: number): SampleValue | null => {
    const events = numberAt(series, count, tick);
    const exposure = numberAt(series, of, tick);
    if (events === null || exposure === null) return null;
    return { kind: 'count', count: isRest ? exposure - events : events, of: exposure };
  };
  return { series: [...new Set([count, of])], valueAt };
}

function numberAt(series: RecordedSeries, name: string, tick: number): number | null {
  const value = series[name]?.[tick];
  return typeof value === 'number' ? value : null;
}

/** A sample of one tick. */
export function sampleAt(
  signal: string,
  tick: number,
  atMs: InstantMs,
  value: SampleValue,
  dimensions: Readonly<Record<string, string>> = {},
): Sample {
  return { signal, atMs, value, dimensions, key: String(tick) };
}

/** The usable observations of a whole window in the order of time, as the judgement would have seen them. */
export function observationsOf(
  declaration: SignalDeclaration,
  reading: Reading,
  series: RecordedSeries,
  ticks: number,
  startMs: InstantMs,
): readonly Observation[] {
  let state = EMPTY_SERIES;
  const observations: Observation[] = [];
  for (let tick = 0; tick < ticks; tick++) {
    const value = reading.valueAt(series, tick);
    if (value === null) continue;
    const atMs = startMs + (tick + 1) * declaration.intervalMs;
    const taken = takeSample(declaration, state, sampleAt(declaration.name, tick, atMs, value), atMs);
    state = taken.state;
    if (taken.outcome === 'observed' && taken.observation.value.kind !== 'gap') observations.push(taken.observation);
  }
  return observations;
}
