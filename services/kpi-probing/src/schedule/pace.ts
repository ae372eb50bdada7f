const BACKOFF_MAX_MS = 300_000;

/**
 * A fraction in [0, 1) that belongs to a name: probes with the same interval start at different moments, and the same
 * probe at the same moment after a restart.
 */
export function offsetOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const char of name) hash = Math.imul(hash ^ (char.codePointAt(0) as number), 0x01000193) >>> 0;
  return hash / 2 ** 32;
}

/** How much later than due a probe begins: at most a tenth of its interval, and at most five seconds. */
export function jitterMs(name: string, everyMs: number): number {
  return Math.floor(offsetOf(name) * Math.min(everyMs / 10, 5_000));
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
