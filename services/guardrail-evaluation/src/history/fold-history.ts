import type { SignalBatch } from '@parapet/contracts';
import type { InstantMs } from '@parapet/kernel';
import { EMPTY_SERIES, seriesName, takeSample } from '@parapet/signals';
import { declarationOf } from '../declarations.js';
import type { Environment } from '../environment.js';
import type { Moment, Surroundings } from '../tell.js';
import type { Writes } from '../writes.js';
import { keepHistory } from './keep-history.js';

/**
 * Takes samples of the past into the minutes of history, and into nothing else: no watch is told of them and no live series moves.
 * They come in order, each instant of a series once; what is not newer than the last one was taken before, however long ago that was.
 */
export function foldHistory(
  around: Surroundings,
  environment: Environment,
  batch: SignalBatch,
  receivedAtMs: InstantMs,
  moment: Moment,
  writes: Writes,
): void {
  for (const sample of batch.samples) {
    const declaration = declarationOf(around.configuration, environment.environment, sample.signal, batch.source);
    if (declaration === null) {
      around.onIgnored(sample.signal, 'undeclared');
      continue;
    }
    const name = `${PAST}${seriesName(sample.signal, sample.dimensions)}`;
    const before = environment.series.get(name) ?? EMPTY_SERIES;
    if (before.newestAtMs !== null && sample.atMs <= before.newestAtMs) {
      around.onIgnored(sample.signal, 'repeated');
      continue;
    }
    const taken = takeSample(declaration, before, sample, receivedAtMs);
    // Order alone tells repeats apart: no key has to be remembered.
    environment.series.set(name, { ...taken.state, seen: [] });
    writes.touchSeries(environment, name);
    if (taken.outcome === 'observed') keepHistory(environment, taken.observation, moment, writes);
    else if (taken.outcome !== 'start') around.onIgnored(sample.signal, taken.outcome);
  }
}

/** Where a series' past stands is kept beside where its present does. */
const PAST = 'past:';

/** Whether it is the past of a series that stands under this name. */
export function isPast(name: string): boolean {
  return name.startsWith(PAST);
}
