import type { SignalSource } from '@parapet/policy';
import { batchesOf } from '../samples/batches.js';
import type { Arrival, Sender, Taken } from '../door/kind.js';
import { SeriesRooms } from '../door/series-room.js';
import type { Dropped, OutsideSeries } from './outside.js';
import { readSeries } from './read.js';
import { Resolver } from './resolver.js';
import { Leftovers } from './sets.js';
import type { IsWanted } from './wanted.js';

/** What of a message of series is stored, and what is not. */
export interface DeskTaken extends Pick<Taken, 'batches' | 'records' | 'accepted'> {
  readonly dropped: Dropped;
}

/** What the doors for series have in common: which series are wanted, and what becomes of them. One for each door. */
export class SeriesDesk {
  /** By the source as it is configured: a newer configuration is another object. */
  readonly #resolvers = new WeakMap<SignalSource, Resolver>();
  readonly #rooms = new SeriesRooms();
  /** By tenant and source; as many as there are sources. */
  readonly #leftovers = new Map<string, Leftovers>();

  /** Whether a source declares a signal that is read from a metric. */
  wanted({ source }: Sender): IsWanted {
    return this.#resolverOf(source).isWanted;
  }

  /** Makes batches of the wanted series of a message; `unwanted` points were stepped over by whoever read it. */
  take(series: Iterable<OutsideSeries>, unwanted: number, sender: Sender, arrival: Arrival): DeskTaken {
    const { tenant, source } = sender;
    const { samples, dropped } = readSeries(series, {
      resolver: this.#resolverOf(source),
      room: this.#rooms.of(tenant, source.name),
      leftovers: this.#leftoversOf(`${tenant}/${source.name}`),
      nowMs: arrival.nowMs,
    });
    return {
      batches: batchesOf(samples, sender, arrival),
      // These senders are told nothing of repeats.
      records: [],
      accepted: samples.length,
      dropped: unwanted === 0 ? dropped : { ...dropped, undeclared: (dropped.undeclared ?? 0) + unwanted },
    };
  }

  #resolverOf(source: SignalSource): Resolver {
    const known = this.#resolvers.get(source) ?? new Resolver(source);
    this.#resolvers.set(source, known);
    return known;
  }

  #leftoversOf(source: string): Leftovers {
    const known = this.#leftovers.get(source) ?? new Leftovers();
    this.#leftovers.set(source, known);
    return known;
  }
}

/** Reasons that are the configuration's wish: of all others the sender should hear. */
const WISHED: readonly (keyof Dropped)[] = ['undeclared', 'environment'];

/** How many points were dropped although they are wanted, and why. */
export function faultyOf(dropped: Dropped): { readonly points: number; readonly reasons: readonly string[] } {
  const faulty = (Object.entries(dropped) as [keyof Dropped, number][]).filter(([reason]) => !WISHED.includes(reason));
  return {
    points: faulty.reduce((sum, [, points]) => sum + points, 0),
    reasons: faulty.map(([reason, points]) => `${points} ${reason}`),
  };
}
