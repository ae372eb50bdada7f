import { formatInstant, type InstantMs } from '@parapet/kernel';
import type { DeclaredSignal, SignalQuery } from '@parapet/policy';
import { flawOf, fromCumulative, type GapReason, type Sample, type SampleValue, seriesName } from '@parapet/signals';
import { eachInstant, type Instants } from './promql.js';
import { type AnsweredSeries, numberOf } from './query-answer.js';

/** The answers to everything that is asked of a signal. */
export interface Answered {
  /** Of a value, a count or buckets. */
  readonly series: readonly AnsweredSeries[];
  /** Of what a count is of; null where that is the seconds it was counted in. */
  readonly of: readonly AnsweredSeries[] | null;
  readonly isPartial: boolean;
}

/** A sample and the environment it is of. */
export interface PlacedSample {
  readonly environment: string;
  readonly sample: Sample;
}

/** Samples of an answer, or why there cannot be any. */
export type SamplesOfAnswer =
  | { readonly placed: readonly PlacedSample[]; readonly problem: null }
  | { readonly placed: null; readonly problem: string };

/** A signal that is asked. */
export type AskedSignal = Pick<DeclaredSignal, 'name' | 'dimensions'> & { readonly query: SignalQuery };

interface Place {
  readonly environment: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

interface PlacedSeries {
  readonly place: Place;
  readonly all: AnsweredSeries[];
}

/**
 * The samples of an answer, in the order of time: one for each series of each instant, and a gap for each environment that an instant
 * has no series of. Series that differ only in labels which are no dimensions could not be told apart, and are a mistake of the query.
 * @param environments of the source; the first stands where no label names one, and series of others are left out
 */
export function samplesOf(
  signal: AskedSignal,
  answered: Answered,
  instants: Instants,
  environments: readonly string[],
): SamplesOfAnswer {
  const isBuckets = signal.query.asks.kind === 'buckets';
  const series = bySeries(signal, answered.series, environments);
  const of = answered.of === null ? null : bySeries(signal, answered.of, environments);
  for (const { place, all } of [...series.values(), ...(of?.values() ?? [])]) {
    const several = !isBuckets && all.length > 1;
    if (several) return { placed: null, problem: ambiguous(signal, place) };
  }
  // A count of which nothing is told is missing, not 0; so is a base without its count.
  const names = new Set([...series.keys(), ...(of?.keys() ?? [])]);
  const placed: PlacedSample[] = [];
  for (const atMs of eachInstant(instants)) {
    const heard = new Set<string>();
    for (const name of names) {
      const own = series.get(name);
      const base = of?.get(name);
      const { place } = (own ?? base) as PlacedSeries;
      const value = valueAt(signal, own, of === null ? null : base, atMs, instants.stepMs);
      if (value === undefined) continue;
      heard.add(place.environment);
      placed.push({ environment: place.environment, sample: sampleOf(signal, place, atMs, value, answered.isPartial) });
    }
    for (const environment of environments) {
      if (!heard.has(environment)) placed.push(gapOf(signal, environment, atMs, 'no-series'));
    }
  }
  return { placed, problem: null };
}

/** That nothing is known of a signal at an instant, and why. */
export function gapOf(signal: AskedSignal, environment: string, atMs: InstantMs, reason: GapReason): PlacedSample {
  const key = `${signal.name} ${reason}@${formatInstant(atMs)}`;
  return { environment, sample: { signal: signal.name, atMs, value: { kind: 'gap', reason }, dimensions: {}, key } };
}

function sampleOf(signal: AskedSignal, place: Place, atMs: InstantMs, value: SampleValue, isPartial: boolean): Sample {
  const { dimensions } = place;
  const flaw = flawOf(value);
  return {
    signal: signal.name,
    atMs,
    value: flaw === null ? value : { kind: 'gap', reason: flaw },
    dimensions,
    key: `${seriesName(signal.name, dimensions)}@${formatInstant(atMs)}`,
    ...(isPartial ? { isPartial } : {}),
  };
}

/** The value of a series at an instant; undefined where it has none at all. */
function valueAt(
  { query }: AskedSignal,
  own: PlacedSeries | undefined,
  base: PlacedSeries | null | undefined,
  atMs: InstantMs,
  stepMs: number,
): SampleValue | undefined {
  const at = (series: PlacedSeries | undefined | null) => series?.all[0]?.points.get(atMs);
  switch (query.asks.kind) {
    case 'value': {
      const value = at(own);
      return value === undefined ? undefined : { kind: 'gauge', value };
    }
    case 'count': {
      const count = at(own);
      const of = base === null ? stepMs / 1000 : at(base);
      if (count === undefined && (base === null || of === undefined)) return undefined;
      if (count === undefined || of === undefined) return { kind: 'gap', reason: 'no-series' };
      return { kind: 'count', count, of };
    }
    case 'buckets':
      return own === undefined ? undefined : bucketsAt(own, atMs);
  }
}

function bucketsAt({ all }: PlacedSeries, atMs: InstantMs): SampleValue | undefined {
  const rows = all.flatMap(({ labels, points }) => {
    const cumulative = points.get(atMs);
    const bound = numberOf(labels['le'] ?? '');
    return cumulative === undefined ? [] : [{ bound, cumulative }];
  });
  if (rows.length === 0) return undefined;
  const flaw = rows.map(({ cumulative }) => flawOf({ kind: 'gauge', value: cumulative })).find((one) => one !== null);
  if (flaw !== undefined) return { kind: 'gap', reason: flaw };
  const sorted = rows
    .map(({ bound, cumulative }) => ({ bound: bound ?? Number.NaN, cumulative }))
    .sort((a, b) => a.bound - b.bound);
  const buckets = fromCumulative(sorted);
  return buckets === null ? { kind: 'gap', reason: 'sensor-broken' } : { kind: 'histogram', ...buckets, sum: null };
}

function bySeries(
  signal: AskedSignal,
  all: readonly AnsweredSeries[],
  environments: readonly string[],
): ReadonlyMap<string, PlacedSeries> {
  const found = new Map<string, PlacedSeries>();
  for (const series of all) {
    const place = placeOf(signal, series.labels, environments);
    if (place === null) continue;
    const name = `${place.environment} ${seriesName(signal.name, place.dimensions)}`;
    const known = found.get(name);
    if (known === undefined) found.set(name, { place, all: [series] });
    else known.all.push(series);
  }
  return found;
}

/** Where a series belongs; null for one of an environment, or of an arm, that this source does not speak of. */
function placeOf(
  { query }: AskedSignal,
  labels: Readonly<Record<string, string>>,
  environments: readonly string[],
): Place | null {
  const dimensions: Record<string, string> = Object.create(null);
  let environment = environments[0] as string;
  for (const [dimension, label] of Object.entries(query.labels)) {
    const text = Object.hasOwn(labels, label) ? labels[label] : undefined;
    if (text === undefined || text === '') continue;
    if (dimension === 'environment') environment = text;
    else dimensions[dimension] = text;
  }
  const arm = dimensions['arm'];
  const isKnownArm = arm === undefined || arm === 'canary' || arm === 'stable';
  return environments.includes(environment) && isKnownArm ? { environment, dimensions } : null;
}

function ambiguous({ name, query }: AskedSignal, { dimensions }: Place): string {
  const labels = [...new Set(Object.values(query.labels))].join(', ');
  return `${name}: several series for ${seriesName(name, dimensions)}; add them up by their dimensions: sum by (${labels}) (…)`;
}
