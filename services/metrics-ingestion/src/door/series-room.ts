import type { InstantMs } from '@parapet/kernel';

/** As many series as a signal of a source may have at a time. */
export const SERIES_MAX = 20_000;
const DAY_MS = 24 * 3_600_000;
/** A series that was silent for so long makes room for another: the evaluator has forgotten it too. */
const SILENT_DAYS = 7;

/**
 * How many series the signals of one source have: the evaluator keeps the state of each, so that a label which is never the same twice would
 * fill it. Series that are known go on, whatever else is sent. Each instance counts for itself, and from nothing when it begins.
 */
export class SeriesRoom {
  /** By signal: its series, and the day on which each was heard last. */
  readonly #days = new Map<string, Map<string, number>>();
  readonly #tidiedOn = new Map<string, number>();

  constructor(private readonly seriesMax = SERIES_MAX) {}

  /** Whether a series may be told of; one that is new takes a place. */
  admits(signal: string, series: string, nowMs: InstantMs): boolean {
    const day = Math.floor(nowMs / DAY_MS);
    const days = this.#daysOf(signal);
    const heardOn = days.get(series);
    if (heardOn === day) return true;
    if (heardOn === undefined && days.size >= this.seriesMax && !this.#makesRoom(signal, days, day)) return false;
    days.set(series, day);
    return true;
  }

  #daysOf(signal: string): Map<string, number> {
    const known = this.#days.get(signal) ?? new Map<string, number>();
    if (known.size === 0) this.#days.set(signal, known);
    return known;
  }

  /** Looks once a day: whoever sends too much sends it all the time. */
  #makesRoom(signal: string, days: Map<string, number>, day: number): boolean {
    if (this.#tidiedOn.get(signal) === day) return false;
    this.#tidiedOn.set(signal, day);
    for (const [series, heardOn] of days) if (day - heardOn > SILENT_DAYS) days.delete(series);
    return days.size < this.seriesMax;
  }
}

/** The room of each source that comes to a door; as many as there are sources. */
export class SeriesRooms {
  readonly #rooms = new Map<string, SeriesRoom>();

  of(tenant: string, source: string): SeriesRoom {
    const key = `${tenant}/${source}`;
    const known = this.#rooms.get(key) ?? new SeriesRoom();
    this.#rooms.set(key, known);
    return known;
  }
}
