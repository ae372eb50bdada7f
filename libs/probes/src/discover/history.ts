import type { InstantMs } from '@parapet/kernel';
import type { Sample } from '@parapet/signals';
import { type Measure, MeasurementFailed } from '../probe.js';
import type { Window } from '../windows.js';

const HOUR_MS = 3_600_000;

/** What a signal was in the hours before, all its series together. */
export interface SignalHistory {
  readonly signal: string;
  /** Hours in which it had a value. */
  readonly hours: number;
  /** Of counts: the sums of all hours. */
  readonly count: number;
  readonly of: number;
  /** Of values: what 95 hours of 100 did not exceed, and the largest; null for counts. */
  readonly usual: number | null;
  readonly largest: number | null;
}

/** What trying a KPI on the past gave. */
export interface KpiHistory {
  readonly kpi: string;
  readonly signals: readonly SignalHistory[];
  /** Why it could not be measured; null where it could. */
  readonly failure: { readonly reason: string; readonly detail: string } | null;
}

/** The whole hours up to an instant, oldest first. */
export function hoursBefore(endMs: InstantMs, hours: number): readonly Window[] {
  const last = Math.floor(endMs / HOUR_MS) * HOUR_MS;
  return Array.from({ length: hours }, (_, i) => ({
    fromMs: last - (hours - i) * HOUR_MS,
    toMs: last - (hours - i - 1) * HOUR_MS,
  }));
}

/** Measures one KPI over the hours up to an instant; what lies beyond its bounded read is no part of its history. */
export async function historyOf(measure: Measure, atMs: InstantMs, hours: number): Promise<KpiHistory> {
  const windows = hoursBefore(atMs - measure.rhythm.delayMs, hours);
  try {
    const { measurements } = await measure.measure(windows);
    const samples = measurements.filter(({ isTruncated }) => !isTruncated).flatMap((one) => one.samples);
    return { kpi: measure.kpi, signals: summed(samples), failure: null };
  } catch (error) {
    if (!(error instanceof MeasurementFailed)) throw error;
    return { kpi: measure.kpi, signals: [], failure: { reason: error.reason, detail: error.message } };
  }
}

/** The samples of many hours as one history a signal. */
export function summed(samples: readonly Sample[]): readonly SignalHistory[] {
  const signals = [...new Set(samples.map(({ signal }) => signal))];
  return signals.map((signal) => {
    const own = samples.filter((sample) => sample.signal === signal && sample.value.kind !== 'gap');
    const values = own.flatMap(({ value }) => (value.kind === 'gauge' ? [value.value] : [])).sort((a, b) => a - b);
    const counts = own.flatMap(({ value }) => (value.kind === 'count' ? [value] : []));
    const traded = new Set(own.filter(({ value }) => value.kind !== 'count' || value.of > 0).map(({ atMs }) => atMs));
    return {
      signal,
      hours: traded.size,
      count: counts.reduce((sum, value) => sum + value.count, 0),
      of: counts.reduce((sum, value) => sum + value.of, 0),
      usual: values[Math.floor(0.95 * (values.length - 1))] ?? null,
      largest: values.at(-1) ?? null,
    };
  });
}
