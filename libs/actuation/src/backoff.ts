const DELAYS_MS = [500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000] as const;
const SPREAD = 0.2;

/**
 * How long to wait before the next try: growing to half a minute, spread by a fifth to either side.
 * @param tries how many went before without a clear answer, from 0
 * @param chance in [0, 1)
 * @param retryAfterMs what the target asked for; never less than that, at most an hour
 */
export function backoffMs(tries: number, chance: number, retryAfterMs = 0): number {
  const base = DELAYS_MS[Math.min(tries, DELAYS_MS.length - 1)] as number;
  const spread = base * (1 - SPREAD + 2 * SPREAD * chance);
  return Math.round(Math.max(spread, Math.min(retryAfterMs, 3_600_000)));
}

/** How long to wait before asking again about something that nobody knows: growing to ten minutes. */
export function unknownBackoffMs(tries: number): number {
  return Math.min(30_000 * 2 ** Math.min(tries, 10), 600_000);
}
