import type { InstantMs } from '@parapet/kernel';
import type { GapReason, SampleValue } from './signal.js';

/** One measurement ready to be judged: counters differenced, repeats and nonsense taken out. */
export interface Observation {
  readonly signal: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Start of the time it speaks of; `(fromMs, atMs]` is covered by it. */
  readonly fromMs: InstantMs;
  readonly atMs: InstantMs;
  readonly value: SampleValue;
}

/** Names one series of a signal; equal dimensions in any order give the same name. */
export function seriesName(signal: string, dimensions: Readonly<Record<string, string>>): string {
  const pairs = Object.keys(dimensions)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${JSON.stringify(dimensions[name])}`);
  return `${signal}{${pairs.join(',')}}`;
}

/** Whether a sample's dimensions hold every wanted value. */
export function matchesWhere(
  where: Readonly<Record<string, string>>,
  dimensions: Readonly<Record<string, string>>,
): boolean {
  return Object.keys(where).every((name) => Object.hasOwn(dimensions, name) && dimensions[name] === where[name]);
}

/** Why a value cannot be used; null for a usable one. Infinite and not-a-number are not the same trouble. */
export function flawOf(value: SampleValue): GapReason | null {
  switch (value.kind) {
    case 'gap':
      return value.reason;
    case 'gauge':
      return numberFlaw(value.value);
    case 'count':
      return (
        numberFlaw(value.count) ?? numberFlaw(value.of) ?? (value.count >= 0 && value.of >= 0 ? null : 'sensor-broken')
      );
    case 'histogram':
      return histogramFlaw(value.bounds, value.counts);
  }
}

function numberFlaw(value: number): GapReason | null {
  if (Number.isNaN(value)) return 'not-a-number';
  return Number.isFinite(value) ? null : 'not-finite';
}

function histogramFlaw(bounds: readonly number[], counts: readonly number[]): GapReason | null {
  for (const value of [...bounds, ...counts]) {
    const flaw = numberFlaw(value);
    if (flaw !== null) return flaw;
  }
  const isAscending = bounds.every((bound, i) => i === 0 || bound > (bounds[i - 1] as number));
  const isComplete = counts.length === bounds.length + 1 && counts.every((count) => count >= 0);
  return isAscending && isComplete ? null : 'sensor-broken';
}
