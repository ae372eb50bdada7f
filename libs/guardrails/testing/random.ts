/** Draws that are the same in every run of the same seed, for simulations. */

const { cos, exp, floor, imul, log: ln, log1p, max, PI, round, sqrt } = Math;

/** Mulberry32: small, and good enough to draw counts with. */
export function random(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = imul(a ^ (a >>> 15), 1 | a);
    t = (t + imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function normal(next: () => number): number {
  return sqrt(-2 * ln(1 - next())) * cos(2 * PI * next());
}

export function poisson(next: () => number, mean: number): number {
  if (mean > 60) return max(0, round(mean + sqrt(mean) * normal(next)));
  const limit = exp(-mean);
  let [k, p] = [0, next()];
  while (p > limit) {
    k += 1;
    p *= next();
  }
  return k;
}

/** Successes of so many trials; exact, by the waiting times between them. */
export function binomial(next: () => number, trials: number, share: number): number {
  if (!(share > 0)) return 0;
  if (share >= 1) return trials;
  let [hits, at] = [0, 0];
  const perTrial = log1p(-share);
  for (;;) {
    at += floor(ln(1 - next()) / perTrial) + 1;
    if (at > trials) return hits;
    hits += 1;
  }
}

/** A correlated factor around 1: the exponential of an autoregression of one interval's memory. */
export function noise(next: () => number, memory: number, deviation: number): () => number {
  const fresh = deviation * sqrt(1 - memory * memory);
  let log = deviation * normal(next);
  return () => {
    const now = exp(log);
    log = memory * log + fresh * normal(next);
    return now;
  };
}
