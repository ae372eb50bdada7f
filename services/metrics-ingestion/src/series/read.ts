import { type InstantMs, unreachable } from '@parapet/kernel';
import type { PlacedSample } from '../samples/read.js';
import type { SeriesRoom } from '../door/series-room.js';
import type { Dropped, DropReason, OutsidePoint, OutsideSeries } from './outside.js';
import { type Place, sampleAt } from './place.js';
import { boundOf, type Reading } from './readings.js';
import type { Resolved, Resolver } from './resolver.js';
import { addPart, type Leftovers, type Sets } from './sets.js';
import { atZero, countOf, misfitOf, valueAlone, valueOfPart } from './value.js';

/** How far a sender's clock may be ahead of ours (interfaces 6). */
const AHEAD_MS_MAX = 5 * 60_000;
/** A counter that began at most so many intervals before its point is told to have begun at zero. */
const BEGUN_INTERVALS_MAX = 2;

/** What became of the series of a message. */
export interface SeriesTaken {
  readonly samples: readonly PlacedSample[];
  /** Points that became no sample of any signal. */
  readonly dropped: Dropped;
}

/** Where and when a message came. */
export interface SeriesArrival {
  readonly resolver: Resolver;
  readonly leftovers: Leftovers;
  readonly room: SeriesRoom;
  readonly nowMs: InstantMs;
}

/** Makes samples of the series that a source declares; everything else is dropped and counted, and is no fault. */
export function readSeries(series: Iterable<OutsideSeries>, arrival: SeriesArrival): SeriesTaken {
  const reader = new Reader(arrival);
  for (const one of series) reader.read(one);
  const joined = arrival.leftovers.complete(reader.sets, arrival.nowMs, reader.dropped);
  return { samples: [...reader.samples, ...joined], dropped: reader.dropped };
}

class Reader {
  readonly samples: PlacedSample[] = [];
  readonly sets: Sets = new Map();
  readonly dropped: Dropped = {};

  constructor(private readonly arrival: SeriesArrival) {}

  read(series: OutsideSeries): void {
    const resolved = this.arrival.resolver.resolve(series);
    if (resolved.length === 0) return this.#drop('undeclared', series.points.length);
    for (const one of resolved) this.#readAs(one, series);
  }

  #readAs(resolved: Resolved, series: OutsideSeries): void {
    const place = misfitOf(resolved.reading, series) ?? resolved.place;
    if (typeof place === 'string') return this.#drop(place, series.points.length);
    if (!this.arrival.room.admits(place.signal, place.name, this.arrival.nowMs))
      return this.#drop('cardinality', series.points.length);
    for (const point of series.points) {
      const reason = this.#untimely(point) ?? this.#take(resolved, series, place, point);
      if (reason !== null) this.#drop(reason, 1);
    }
  }

  #untimely({ atMs }: OutsidePoint): DropReason | null {
    if (!Number.isSafeInteger(atMs) || atMs <= 0) return 'time';
    return atMs > this.arrival.nowMs + AHEAD_MS_MAX ? 'future' : null;
  }

  #take({ reading, isCounted }: Resolved, series: OutsideSeries, place: Place, point: OutsidePoint): DropReason | null {
    switch (reading.role) {
      case 'alone':
        return this.#put(reading, place, point, valueAlone(reading, point));
      case 'part':
        return this.#put(reading, place, point, valueOfPart(isCounted, point));
      case 'count':
      case 'total':
        addPart(this.sets, reading, place, point.atMs, { role: reading.role, said: countOf(point.value) });
        return null;
      case 'bucket': {
        const bound = boundOf(series.labels);
        if (bound === null) return 'labels';
        if (point.value.kind !== 'number' && point.value.kind !== 'none') return 'form';
        addPart(this.sets, reading, place, point.atMs, { role: 'bucket', bound, said: countOf(point.value) });
        return null;
      }
      default:
        return unreachable(reading.role);
    }
  }

  #put(reading: Reading, place: Place, point: OutsidePoint, value: ReturnType<typeof valueAlone>): DropReason | null {
    if (typeof value === 'string') return value;
    const { atMs, startMs } = point;
    const { temporality, intervalMs } = reading.signal;
    const hasJustBegun =
      temporality === 'cumulative' &&
      startMs !== null &&
      startMs > 0 &&
      startMs < atMs &&
      atMs - startMs <= BEGUN_INTERVALS_MAX * intervalMs;
    // What a new process has counted until it was first asked would otherwise be lost: of a new release, its first requests.
    const zero = hasJustBegun ? atZero(reading, value, startMs) : null;
    if (zero !== null) this.samples.push(sampleAt(place, startMs as InstantMs, zero));
    this.samples.push(sampleAt(place, atMs, value));
    return null;
  }

  #drop(reason: DropReason, points: number): void {
    if (points > 0) this.dropped[reason] = (this.dropped[reason] ?? 0) + points;
  }
}
