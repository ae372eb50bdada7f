import { formatInstant, type InstantMs, unreachable } from '@parapet/kernel';
import type { DeclaredSignal, SignalQuery } from '@parapet/policy';
import { flawOf, fromCumulative, type GapReason, type Sample, type SampleValue, seriesName } from '@parapet/signals';
import { eachInstant, type Instants } from './promql.js';
import { type Place, type PlacedSeries, placesOf } from './places.js';
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

/** Samples of an answer. */
export interface SamplesOfAnswer {
  readonly placed: readonly PlacedSample[];
  /** What has to be changed in the query; what it concerns is a gap, and the rest is as good as ever. */
  readonly problem: string | null;
}

/** A signal that is asked. */
export type AskedSignal = Pick<DeclaredSignal, 'name' | 'dimensions'> & { readonly query: SignalQuery };

/**
 * The samples of an answer, in the order of time: one for each series of each instant, and a gap for each environment that an instant
 * has no series of. Where several series are of one place and differ only in labels which are no dimensions, nobody picks one of them: that
 * instant is a gap. Pods that follow each other are no such case.
 * @param environments of the source; the first stands where no label names one, and series of others are left out
 */
export function samplesOf(
  signal: AskedSignal,
  answered: Answered,
  instants: Instants,
  environments: readonly string[],
): SamplesOfAnswer {
  const series = placesOf(signal, answered.series, environments);
  const of = answered.of === null ? null : placesOf(signal, answered.of, environments);
  let problem = series.problem ?? of?.problem ?? null;
  const whyNone: GapReason = problem === null ? 'no-series' : 'bad-query';
  // A count of which nothing is told is missing, not 0; so is a base without its count.
  const names = new Set([...series.places.keys(), ...(of?.places.keys() ?? [])]);
  const placed: PlacedSample[] = [];
  for (const atMs of eachInstant(instants)) {
    const heard = new Set<string>();
    for (const name of names) {
      const own = series.places.get(name);
      const base = of?.places.get(name);
      const { place } = (own ?? base) as PlacedSeries;
      const value = valueAt(signal, own, of === null ? null : base, atMs, instants.stepMs);
      if (value === undefined) continue;
      if (value === AMBIGUOUS) problem ??= ambiguous(signal, place);
      heard.add(place.environment);
      placed.push({ environment: place.environment, sample: sampleOf(signal, place, atMs, value, answered.isPartial) });
    }
    for (const environment of environments) {
      if (!heard.has(environment)) placed.push(gapOf(signal, environment, atMs, whyNone));
    }
  }
  return { placed, problem };
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

/** Several series say what one of them should. */
const AMBIGUOUS: SampleValue = { kind: 'gap', reason: 'bad-query' };

/** The value of a place at an instant; undefined where it has none at all. */
function valueAt(
  { query }: AskedSignal,
  own: PlacedSeries | undefined,
  base: PlacedSeries | null | undefined,
  atMs: InstantMs,
  stepMs: number,
): SampleValue | undefined {
  switch (query.asks.kind) {
    case 'value': {
      const [value, ...others] = pointsAt(own, atMs);
      if (others.length > 0) return AMBIGUOUS;
      return value === undefined ? undefined : { kind: 'gauge', value };
    }
    case 'count': {
      const [count, ...others] = pointsAt(own, atMs);
      const [of, ...otherBases] = base === null ? [stepMs / 1000] : pointsAt(base, atMs);
      if (others.length + otherBases.length > 0) return AMBIGUOUS;
      if (count === undefined && (base === null || of === undefined)) return undefined;
      if (count === undefined || of === undefined) return { kind: 'gap', reason: 'no-series' };
      return { kind: 'count', count, of };
    }
    case 'buckets':
      return own === undefined ? undefined : bucketsAt(own, atMs);
    default:
      return unreachable(query.asks);
  }
}

function pointsAt(series: PlacedSeries | undefined, atMs: InstantMs): readonly number[] {
  return (series?.all ?? []).flatMap(({ points }) => points.get(atMs) ?? []);
}

function bucketsAt({ all }: PlacedSeries, atMs: InstantMs): SampleValue | undefined {
  const rows = all.flatMap(({ labels, points }) => {
    const cumulative = points.get(atMs);
    const bound = numberOf(labels['le'] ?? '');
    return cumulative === undefined ? [] : [{ bound, cumulative }];
  });
  if (rows.length === 0) return undefined;
  if (new Set(rows.map(({ bound }) => bound)).size < rows.length) return AMBIGUOUS;
  const flaw = rows.map(({ cumulative }) => flawOf({ kind: 'gauge', value: cumulative })).find((one) => one !== null);
  if (flaw !== undefined) return { kind: 'gap', reason: flaw };
  const sorted = rows
    .map(({ bound, cumulative }) => ({ bound: bound ?? Number.NaN, cumulative }))
    .sort((a, b) => a.bound - b.bound);
  const buckets = fromCumulative(sorted);
  return buckets === null ? { kind: 'gap', reason: 'sensor-broken' } : { kind: 'histogram', ...buckets, sum: null };
}

function ambiguous({ name, query }: AskedSignal, { dimensions }: Place): string {
  const labels = [...new Set(Object.values(query.labels))].join(', ');
  return `${name}: several series for ${seriesName(name, dimensions)}; add them up by their dimensions: sum by (${labels}) (…)`;
}
