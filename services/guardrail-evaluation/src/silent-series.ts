import type { InstantMs } from '@parapet/kernel';
import type { Environment } from './environment.js';
import { isPast } from './history/fold-history.js';
import type { Writes } from './writes.js';

/** Later than anything is late: of a series that was silent for so long neither its keys nor its last count is of use. */
const SILENT_MS = 7 * 24 * 3_600_000;
const EVERY_MS = 3_600_000;

/**
 * Once an hour: forgets series of which nothing was heard for a week. Every rollout brings series of new pods and ends those of the old
 * ones, for ever. Where the past of a series stands is kept: what was taken before must not be taken again, however long ago that was.
 */
export function forgetSilentSeries(environment: Environment, clockMs: InstantMs, writes: Writes): void {
  if (clockMs - environment.seriesLookedAtMs < EVERY_MS) return;
  environment.seriesLookedAtMs = clockMs;
  for (const [name, { newestAtMs }] of environment.series) {
    if (isPast(name) || newestAtMs === null || clockMs - newestAtMs < SILENT_MS) continue;
    environment.series.delete(name);
    writes.touchSeries(environment, name);
  }
}
