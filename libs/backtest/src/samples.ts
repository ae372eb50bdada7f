import { type InstantMs, unreachable } from '@parapet/kernel';
import {
  EMPTY_SERIES,
  type Observation,
  type Sample,
  type SampleValue,
  type SeriesState,
  type SignalDeclaration,
  takeSample,
} from '@parapet/signals';
import type { RecordedGuardrail, RecordedSeries } from './recorded-release.js';

/** How values at a tick become the value of a sample; null where one of them never came. */
export interface Reading {
  readonly series: readonly string[];
  valueAt(series: RecordedSeries, tick: number): SampleValue | null;
}

/** Reads what was recorded for a guardrail as samples of a signal. */
export function readingOf(recorded: RecordedGuardrail, bounds: readonly number[]): Reading {
  switch (recorded.kind) {
    case 'proportion':
      return countReading(recorded.bad, recorded.total);
    case 'count':
      return countReading(recorded.events, recorded.exposure);
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
    default:
      return unreachable(recorded);
  }
}

/** Reads a counter of traffic as samples whose exposure it is. */
export function trafficReading(name: string): Reading {
  return countReading(name, name);
}

function countReading(count: string, of: string): Reading {
  const valueAt = (series: RecordedSeries, tick: number): SampleValue | null => {
    const [events, exposure] = [numberAt(series, count, tick), numberAt(series, of, tick)];
    return events === null || exposure === null ? null : { kind: 'count', count: events, of: exposure };
  };
  return { series: [...new Set([count, of])], valueAt };
}

function numberAt(series: RecordedSeries, name: string, tick: number): number | null {
  const value = series[name]?.[tick];
  return typeof value === 'number' ? value : null;
}

/** One signal of a record: how the judgement knows it, and how it is read. */
export interface RecordedSignal {
  readonly declaration: SignalDeclaration;
  /** It is a share of bad ones in the record, and a share of good ones to the judgement. */
  readonly isRest: boolean;
  readonly reading: Reading;
}

/** A series as far as it was played, and what its newest sample says to the judgement; null where it says nothing. */
export interface Played {
  readonly state: SeriesState;
  readonly observation: Observation | null;
}

/** Takes the sample of one tick into its series, as the evaluator takes one that arrives. */
export function play(
  { declaration, isRest, reading }: RecordedSignal,
  state: SeriesState,
  series: RecordedSeries,
  at: { readonly tick: number; readonly atMs: InstantMs; readonly clockMs: InstantMs },
  dimensions: Readonly<Record<string, string>> = {},
): Played {
  const value = reading.valueAt(series, at.tick);
  if (value === null) return { state, observation: null };
  const { name: signal } = declaration;
  const sample: Sample = { signal, atMs: at.atMs, value, dimensions, key: String(at.tick) };
  // Counters of bad ones and of all begin anywhere: good ones are known only of their increments.
  const asRecorded: SignalDeclaration = isRest ? { ...declaration, badDirection: 'high' } : declaration;
  const taken = takeSample(asRecorded, state, sample, at.clockMs);
  if (taken.outcome !== 'observed') return { state: taken.state, observation: null };
  return { state: taken.state, observation: isRest ? restOf(taken.observation) : taken.observation };
}

function restOf(observation: Observation): Observation {
  const { value } = observation;
  if (value.kind !== 'count') return observation;
  return { ...observation, value: { ...value, count: Math.max(0, value.of - value.count) } };
}

/** The usable observations of a whole window in the order of time, as the judgement would have seen them. */
export function observationsOf(
  signal: RecordedSignal,
  series: RecordedSeries,
  ticks: number,
  startMs: InstantMs,
): readonly Observation[] {
  let state = EMPTY_SERIES;
  const observations: Observation[] = [];
  for (let tick = 0; tick < ticks; tick++) {
    const atMs = startMs + (tick + 1) * signal.declaration.intervalMs;
    const played = play(signal, state, series, { tick, atMs, clockMs: atMs });
    state = played.state;
    if (played.observation !== null && played.observation.value.kind !== 'gap') observations.push(played.observation);
  }
  return observations;
}
