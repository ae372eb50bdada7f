const BACKOFF_MAX_MS = 300_000;

const JITTER_MAX_MS = 30_000;

/**
 * How much later than due a measurement begins, drawn once for its whole life: at most a tenth of its interval and half a minute, so
 * that the probes of many shops do not fire at once, neither at the start nor at every full minute.
 * @param chance in [0, 1)
 */
export function jitterMs(everyMs: number, chance: number): number {
  return Math.floor(chance * Math.min(everyMs / 10, JITTER_MAX_MS));
}

/**
 * The pause after the n-th failure in a row (from 1): the interval, doubled each time, up to five minutes (or the interval,
 * where that is longer), and up to a fifth more by chance so that probes of one broken database do not return together.
 * @param chance in [0, 1)
 */
export function backoffMs(everyMs: number, failures: number, chance: number): number {
  const longest = Math.max(BACKOFF_MAX_MS, everyMs);
  const pause = Math.min(longest, everyMs * 2 ** Math.min(failures - 1, 20));
  return Math.round(pause * (1 + chance / 5));
}
