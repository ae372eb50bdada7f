import type { InstantMs } from '@parapet/kernel';
import { fromCumulative, type GapReason, type SampleValue } from '@parapet/signals';
import type { PlacedSample } from '../samples/read.js';
import type { Dropped } from './outside.js';
import { keyAt, type Place, sampleAt } from './place.js';
import type { Reading } from './readings.js';
import { BUCKETS_MAX, gap } from './value.js';

/** One part of a sample that several series make together. */
export type Part = {
  /** What it counts, or why nothing. */
  readonly said: number | GapReason;
} & ({ readonly role: 'count' | 'total' } | { readonly role: 'bucket'; readonly bound: number });

/** The parts of a sample that are there so far. */
export interface PartialSample {
  readonly reading: Reading;
  readonly place: Place;
  readonly atMs: InstantMs;
  /** By what they are: `count`, `total`, or the bound of a bucket. */
  readonly parts: Map<string | number, Part['said']>;
}

/** Samples in the making, by the name of what they are of. */
export type Sets = Map<string, PartialSample>;

/** Adds a part to its sample; the first of a kind counts. */
export function addPart(sets: Sets, reading: Reading, place: Place, atMs: InstantMs, part: Part): void {
  const key = `${place.environment}/${keyAt(place, atMs)}`;
  const known = sets.get(key);
  const set = known ?? { reading, place, atMs, parts: new Map() };
  if (known === undefined) sets.set(key, set);
  const name = part.role === 'bucket' ? part.bound : part.role;
  if (!set.parts.has(name)) set.parts.set(name, part.said);
}

/** The sample that a set makes; null while parts are missing. */
export function wholeOf(set: PartialSample): PlacedSample | null {
  const value = set.reading.role === 'bucket' ? bucketsOf(set) : pairOf(set);
  return value === null ? null : sampleAt(set.place, set.atMs, value);
}

function pairOf({ parts }: PartialSample): SampleValue | null {
  const count = parts.get('count');
  const of = parts.get('total');
  if (count === undefined || of === undefined) return null;
  if (typeof count !== 'number') return gap(count);
  return typeof of === 'number' ? { kind: 'count', count, of } : gap(of);
}

function bucketsOf({ parts, reading }: PartialSample): SampleValue | null {
  const bounds = boundsOf(parts, reading.from.bounds);
  if (bounds === null) return null;
  if (bounds.length > BUCKETS_MAX) return gap('sensor-broken');
  const rows: { bound: number; cumulative: number }[] = [];
  for (const bound of bounds) {
    const said = parts.get(bound) as Part['said'];
    if (typeof said !== 'number') return gap(said);
    rows.push({ bound, cumulative: said });
  }
  const buckets = fromCumulative(rows);
  return buckets === null ? gap('sensor-broken') : { kind: 'histogram', ...buckets, sum: null };
}

/** The bounds of a whole set, ascending; null while one is missing. Infinity comes last from every sender. */
function boundsOf(parts: PartialSample['parts'], declared: readonly number[] | null): readonly number[] | null {
  if (!parts.has(Number.POSITIVE_INFINITY)) return null;
  if (declared === null) return ([...parts.keys()] as number[]).sort((a, b) => a - b);
  return declared.every((bound) => parts.has(bound)) ? [...declared, Number.POSITIVE_INFINITY] : null;
}

/** How long the rest of a sample is waited for. */
const REST_MS_MAX = 60_000;
const SETS_MAX = 5_000;

interface Kept {
  readonly set: PartialSample;
  readonly sinceMs: InstantMs;
  isWhole: boolean;
}

/**
 * Parts of samples whose other parts have not come yet: a sender cuts its messages where they are full, which may be between two counters
 * of one scrape. Of counters alone: what is forgotten with a process costs one sample, and the next one makes up for it, since a counter
 * holds everything that was counted. Bounded, and of one source.
 */
export class Leftovers {
  readonly #kept = new Map<string, Kept>();

  /** How many samples are in the making. */
  get size(): number {
    return this.#kept.size;
  }

  /**
   * Puts the parts of a message together with those that were left over before. A sample that becomes whole stays known for a while: its
   * sender may have to send the message again, and must find the other part then too.
   */
  complete(sets: Sets, nowMs: InstantMs, dropped: Dropped): readonly PlacedSample[] {
    this.#forget(nowMs, dropped);
    const samples: PlacedSample[] = [];
    for (const [key, set] of sets) {
      const kept = this.#kept.get(key);
      if (kept !== undefined)
        for (const [name, said] of kept.set.parts) if (!set.parts.has(name)) set.parts.set(name, said);
      const whole = wholeOf(set);
      if (whole !== null) samples.push(whole);
      if (kept !== undefined && whole !== null) kept.isWhole = true;
      else if (whole === null && set.reading.signal.temporality === 'cumulative')
        this.#kept.set(key, { set, sinceMs: kept?.sinceMs ?? nowMs, isWhole: false });
      else if (whole === null) count(dropped, set);
    }
    return samples;
  }

  #forget(nowMs: InstantMs, dropped: Dropped): void {
    for (const [key, { set, sinceMs, isWhole }] of this.#kept) {
      // They stand in the order in which they came.
      if (nowMs - sinceMs <= REST_MS_MAX && this.#kept.size <= SETS_MAX) return;
      this.#kept.delete(key);
      if (!isWhole) count(dropped, set);
    }
  }
}

function count(dropped: Dropped, { parts }: PartialSample): void {
  dropped.incomplete = (dropped.incomplete ?? 0) + parts.size;
}
