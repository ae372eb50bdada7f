import type { OutsideSeries } from '../series/outside.js';

/** What an export request holds. */
export interface ExportRequest {
  /** Series whose metric is wanted, one for each of its points. */
  readonly series: readonly OutsideSeries[];
  /** Points of metrics that nobody wants; they were stepped over. */
  readonly unwanted: number;
  /** Points of wanted metrics that are summaries: quantiles, of which no signal can be made. */
  readonly summaries: number;
}

/** Where the instrumentation's name stands among the labels: two libraries may count the same thing. */
export const SCOPE = 'otel.scope.name';
/** The flag of a point that says only that there is nothing. */
const NO_RECORDED_VALUE = 1;
const NANOS_PER_MS = 1_000_000;

/** Whether a point's flags say that it holds no value. */
export function holdsNothing(flags: number): boolean {
  return (flags & NO_RECORDED_VALUE) !== 0;
}

/** Milliseconds of nanoseconds since 1970; null for 0, which means "not set". */
export function startOf(nanos: number): number | null {
  return nanos > 0 ? instantOf(nanos) : null;
}

/** Milliseconds of nanoseconds since 1970. */
export function instantOf(nanos: number): number {
  return Math.floor(nanos / NANOS_PER_MS);
}

/** What the protocol's numbers for temporality mean. */
export function temporalityOf(word: number): OutsideSeries['temporality'] {
  if (word === 1) return 'delta';
  return word === 2 ? 'cumulative' : null;
}

/** Labels of a point: its own win over those of its resource. */
export function labelsOf(
  resource: ReadonlyMap<string, string>,
  scope: string,
  own: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const labels = new Map(resource);
  if (scope !== '') labels.set(SCOPE, scope);
  for (const [name, value] of own) labels.set(name, value);
  return labels;
}
