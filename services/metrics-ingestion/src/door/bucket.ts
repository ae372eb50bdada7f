/** So many requests a second, and so many at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** What is left of a rate at an instant. */
export interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

/** A full bucket, or one that was taken from. */
export interface Draw {
  readonly bucket: Bucket;
  /** 0: taken; else how long until one token is there. */
  readonly waitMs: number;
}

/** Takes one token if there is one. A clock that went back gives and takes nothing. */
export function draw(bucket: Bucket | undefined, rate: Rate, nowMs: number): Draw {
  const { tokens: before, atMs } = bucket ?? { tokens: rate.burst, atMs: nowMs };
  const passedMs = Math.max(0, nowMs - atMs);
  const tokens = Math.min(rate.burst, before + (passedMs * rate.perSecond) / 1_000);
  if (tokens >= 1) return { bucket: { tokens: tokens - 1, atMs: nowMs }, waitMs: 0 };
  return { bucket: { tokens, atMs: nowMs }, waitMs: Math.ceil(((1 - tokens) * 1_000) / rate.perSecond) };
}
