import { formatInstant, type InstantMs } from '@parapet/kernel';
import { SERIES_DIMENSION } from '@parapet/policy';
import { type Sample, type SampleValue, seriesName, shortDigest } from '@parapet/signals';
import { isLonger } from '../door/field.js';
import type { PlacedSample } from '../samples/read.js';
import { LABELS_MAX } from './labels.js';
import type { DropReason, OutsideSeries } from './outside.js';
import type { Reading } from './readings.js';

const LABEL_MAX = { nameBytes: 256, valueBytes: 4 * 1024 } as const;
const ARMS: readonly string[] = ['canary', 'stable'];
const UNSTORABLE = /[\0\p{Surrogate}]/gu;

/** Where the samples of a series belong. */
export interface Place {
  readonly environment: string;
  readonly signal: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly name: string;
  readonly isAltered: boolean;
}

/** Finds the place of a series for one reading, or why it has none. */
export function placeOf(reading: Reading, series: OutsideSeries, environments: readonly string[]): Place | DropReason {
  if (!isWithinLimits(series)) return 'labels';
  const dimensions: Record<string, string> = Object.create(null);
  let environment = environments[0] as string;
  let isAltered = false;
  for (const [dimension, label] of reading.dimensions) {
    const said = series.labels.get(label) ?? '';
    if (said === '') continue;
    if (dimension === 'environment') {
      if (!environments.includes(said)) return 'environment';
      environment = said;
      continue;
    }
    if (dimension === 'arm' && !ARMS.includes(said)) return 'arm';
    const clean = said.replace(UNSTORABLE, '\uFFFD');
    // A decoder has put the same character where bytes were no text.
    isAltered ||= clean !== said || said.includes('\uFFFD');
    dimensions[dimension] = clean;
  }
  const rest = restOf(reading, series);
  if (rest !== null) dimensions[SERIES_DIMENSION] = rest;
  const { name: signal } = reading.signal;
  return { environment, signal, dimensions, name: seriesName(signal, dimensions), isAltered };
}

function restOf({ settled }: Reading, { labels }: OutsideSeries): string | null {
  const rest: string[] = [];
  for (const [label, value] of labels) {
    if (!settled.has(label) && value !== '') rest.push(JSON.stringify([label, value]));
  }
  return rest.length === 0 ? null : shortDigest(rest.sort().join());
}

function isWithinLimits({ labels }: OutsideSeries): boolean {
  if (labels.size > LABELS_MAX) return false;
  for (const [name, value] of labels) {
    if (isLonger(name, LABEL_MAX.nameBytes) || isLonger(value, LABEL_MAX.valueBytes)) return false;
  }
  return true;
}

/** A sample at a place. */
export function sampleAt(place: Place, atMs: InstantMs, value: SampleValue): PlacedSample {
  const { environment, signal, dimensions, isAltered } = place;
  const sample: Sample = { signal, atMs, value, dimensions, key: keyAt(place, atMs) };
  return { environment, sample: isAltered ? { ...sample, isAltered } : sample };
}

/** The instant that was written last: all series of a scrape have the same. */
let written: { readonly atMs: InstantMs; readonly text: string } = { atMs: 0, text: formatInstant(0) };

/** Names what a series says of an instant. */
export function keyAt({ name }: Place, atMs: InstantMs): string {
  if (written.atMs !== atMs) written = { atMs, text: formatInstant(atMs) };
  return `${name}@${written.text}`;
}
