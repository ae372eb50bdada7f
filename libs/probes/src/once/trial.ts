import { formatInstant, type InstantMs } from '@parapet/kernel';
import type { Sample } from '@parapet/signals';
import { type DeclaredProbe, type Measure, MeasurementFailed, type Measurement, type Probe } from '../probe.js';
import { newestEndMs, type Window } from '../windows.js';
import { FAILURE_ADVICE, GAP_ADVICE, TRUNCATED_ADVICE, UNSETTLED_ADVICE } from './advice.js';

/** Why there is no number, and what can be done about it. */
export interface TrialGap {
  readonly reason: string;
  /** What the target or its driver said; null where the reason says it all. */
  readonly detail: string | null;
  readonly advice: string;
}

/** One value of a signal that was tried. */
export interface TriedValue {
  readonly signal: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** What was counted; null where the value is no count. */
  readonly numerator: number | null;
  /** Of how many, or over how many seconds; for another value the observations it was made of, null where it does not say. */
  readonly denominator: number | null;
  /** The value itself: the share or rate of a count; null where there is none. */
  readonly value: number | null;
  readonly gap: TrialGap | null;
}

/** What trying one KPI of a probe gave. */
export interface TriedKpi {
  readonly tenant: string;
  readonly workload: string;
  readonly environment: string;
  readonly probe: string;
  readonly kind: string;
  readonly kpi: string;
  /** Null where not even the target's clock could be read. */
  readonly window: { readonly from: string; readonly to: string } | null;
  /** How far the copy that was read is behind, milliseconds; null where nothing was a copy or it could not be told. */
  readonly lagMs: number | null;
  readonly cost: { readonly ms: number; readonly rows: number } | null;
  readonly values: readonly TriedValue[];
  /** What the probe found besides numbers: which step failed, what differs. */
  readonly notes: readonly string[];
  /** Why nothing at all was measured; null where something was. */
  readonly gap: TrialGap | null;
}

/** Which window is tried: the newest that has settled at `atMs` (null: now), or exactly `[fromMs, atMs)`. */
export interface TrialTime {
  readonly atMs: InstantMs | null;
  readonly fromMs: InstantMs | null;
}

/** Whether a KPI gave everything it should. */
export function isWhole({ gap, values }: TriedKpi): boolean {
  return gap === null && values.every((value) => value.gap === null);
}

/**
 * Measures the wanted KPIs of a probe once, one after the other, and keeps nothing: no cursor is read or moved, no sample
 * published. What cannot be measured says why; anything but a failed measurement is a defect of ours and throws.
 */
export async function tryProbe(
  declared: DeclaredProbe,
  probe: Probe,
  time: TrialTime,
  kpis: readonly string[] | null,
  nowMs: () => InstantMs,
): Promise<readonly TriedKpi[]> {
  const tried: TriedKpi[] = [];
  for (const measure of probe.measures) {
    if (kpis === null || kpis.includes(measure.kpi)) tried.push(await tryMeasure(declared, measure, time, nowMs));
  }
  return tried;
}

async function tryMeasure(
  { tenant, workload, probe }: DeclaredProbe,
  measure: Measure,
  time: TrialTime,
  nowMs: () => InstantMs,
): Promise<TriedKpi> {
  const names = {
    tenant,
    workload,
    environment: probe.environment,
    probe: probe.name,
    kind: probe.kind,
    kpi: measure.kpi,
  };
  const nothing = { ...names, window: null, lagMs: null, cost: null, values: [], notes: [] };
  let tried: TriedKpi = { ...nothing, gap: null };
  try {
    const asOfMs = await measure.asOf();
    const lagMs = measure.lagMs === undefined ? null : await measure.lagMs();
    const window = windowOf(measure, time, asOfMs);
    tried = { ...tried, window: { from: formatInstant(window.fromMs), to: formatInstant(window.toMs) }, lagMs };
    const settledMs = asOfMs - measure.rhythm.delayMs;
    if (window.toMs > settledMs) return { ...tried, gap: unsettled(window, measure.rhythm.delayMs) };
    const begunMs = nowMs();
    const { measurements, rows, notes = [] } = await measure.measure([window]);
    const cost = { ms: Math.max(0, nowMs() - begunMs), rows };
    return { ...tried, cost, values: measurements.flatMap(valuesOf), notes };
  } catch (error) {
    if (!(error instanceof MeasurementFailed)) throw error;
    return { ...tried, gap: { reason: error.reason, detail: error.message, advice: FAILURE_ADVICE[error.reason] } };
  }
}

function windowOf({ rhythm }: Measure, { atMs, fromMs }: TrialTime, asOfMs: InstantMs): Window {
  if (fromMs !== null) return { fromMs, toMs: atMs ?? asOfMs - rhythm.delayMs };
  const toMs = atMs === null ? newestEndMs(rhythm, asOfMs) : newestEndMs({ ...rhythm, delayMs: 0 }, atMs);
  return { fromMs: toMs - rhythm.everyMs, toMs };
}

function unsettled({ toMs }: Window, delayMs: number): TrialGap {
  const detail = `it can be measured from ${formatInstant(toMs + delayMs)} of the target's clock on`;
  return { reason: 'not-settled', detail, advice: UNSETTLED_ADVICE };
}

function valuesOf({ samples, isTruncated, sizes }: Measurement): readonly TriedValue[] {
  return samples.map((sample) => {
    const value = valueOf(sample, sizes?.[sample.key] ?? null);
    if (!isTruncated) return value;
    return { ...value, gap: { reason: 'truncated', detail: null, advice: TRUNCATED_ADVICE } };
  });
}

function valueOf({ signal, dimensions, value }: Sample, size: number | null): TriedValue {
  const names = { signal, dimensions };
  switch (value.kind) {
    case 'count': {
      const { count, of } = value;
      // A share of nothing is no number, and says so: it is neither 0 nor 1.
      const share = of > 0 ? { value: count / of, gap: null } : { value: null, gap: gapOf('too-few-samples') };
      return { ...names, numerator: count, denominator: of, ...share };
    }
    case 'gauge':
      return { ...names, numerator: null, denominator: size, value: value.value, gap: null };
    case 'histogram': {
      const total = value.counts.reduce((sum, count) => sum + count, 0);
      const mean = value.sum === null || total === 0 ? null : value.sum / total;
      return {
        ...names,
        numerator: value.sum,
        denominator: total,
        value: mean,
        gap: total === 0 ? gapOf('too-few-samples') : null,
      };
    }
    case 'gap':
      return { ...names, numerator: null, denominator: size, value: null, gap: gapOf(value.reason) };
  }
}

function gapOf(reason: keyof typeof GAP_ADVICE): TrialGap {
  return { reason, detail: null, advice: GAP_ADVICE[reason] };
}
