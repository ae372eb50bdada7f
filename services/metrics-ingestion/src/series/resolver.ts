import type { SignalSource } from '@parapet/policy';
import type { DropReason, OutsideSeries } from './outside.js';
import { type Place, placeOf } from './place.js';
import { hasLabels, isCounted, type Reading, readingsOf } from './readings.js';
import type { IsWanted } from './wanted.js';

/** What a series is for one of the signals that are read from it. */
export interface Resolved {
  readonly reading: Reading;
  /** Where its samples belong, or why nowhere. */
  readonly place: Place | DropReason;
  /** Of a part of a proportion: whether it is counted; null where nobody can tell. */
  readonly isCounted: boolean | null;
}

/** Knows what the series of a source are; a series that is met again costs one look. */
export class Resolver {
  readonly #readings;
  readonly #environments: readonly string[];
  readonly #known = new WeakMap<OutsideSeries['labels'], readonly Resolved[]>();

  constructor(source: Pick<SignalSource, 'signals' | 'environments'>) {
    this.#readings = readingsOf(source.signals);
    this.#environments = source.environments;
  }

  /** Whether any signal is read from a metric. */
  readonly isWanted: IsWanted = (metric) => this.#readings.has(metric);

  /** All that a series is; empty where no signal is read from it. Labels that are the same object are of the same metric. */
  resolve(series: OutsideSeries): readonly Resolved[] {
    const known = this.#known.get(series.labels);
    if (known !== undefined) return known;
    const readings = this.#readings.get(series.metric) ?? [];
    const resolved = readings
      .filter((reading) => hasLabels(series.labels, reading.where))
      .map((reading) => ({
        reading,
        place: placeOf(reading, series, this.#environments),
        isCounted: reading.role === 'part' ? isCounted(series.labels, reading.from.where) : null,
      }));
    this.#known.set(series.labels, resolved);
    return resolved;
  }
}
