import { seriesName } from '@parapet/signals';
import { isLonger } from '../door/field.js';
import type { AnsweredSeries } from './query-answer.js';
import type { AskedSignal } from './samples.js';

/** As many places as one answer may have: no more than a message of samples may hold (interfaces 1). */
const PLACES_MAX = 10_000;
const VALUE_BYTES_MAX = 4 * 1024;

/** Where a series belongs. */
export interface Place {
  readonly environment: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** All series of one place: the buckets of a histogram, pods that follow each other, or what nobody can tell apart. */
export interface PlacedSeries {
  readonly place: Place;
  readonly all: AnsweredSeries[];
}

/** The series of an answer by their places. */
export interface Places {
  readonly places: ReadonlyMap<string, PlacedSeries>;
  /** Why some are left out that should not be; null where none is. */
  readonly problem: string | null;
}

/** Puts series to their places; those of other environments or arms than the source speaks of are left out. */
export function placesOf(signal: AskedSignal, all: readonly AnsweredSeries[], environments: readonly string[]): Places {
  const places = new Map<string, PlacedSeries>();
  let problem: string | null = null;
  for (const series of all) {
    const place = placeOf(signal, series.labels, environments);
    if (place === null) continue;
    const tooLong = Object.keys(place.dimensions).find((name) =>
      isLonger(place.dimensions[name] as string, VALUE_BYTES_MAX),
    );
    if (tooLong !== undefined) {
      problem = `${signal.name}: a series whose ${tooLong} is longer than ${VALUE_BYTES_MAX} bytes`;
      continue;
    }
    const name = `${place.environment} ${seriesName(signal.name, place.dimensions)}`;
    const known = places.get(name);
    if (known === undefined) places.set(name, { place, all: [series] });
    else known.all.push(series);
  }
  if (places.size <= PLACES_MAX) return { places, problem };
  return {
    places: new Map(),
    problem: `${signal.name}: ${places.size} series, and ${PLACES_MAX} at most; add some of them up`,
  };
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
