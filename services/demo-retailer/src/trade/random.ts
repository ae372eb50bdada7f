/** Gives the next number in [0, 1). */
export type Random = () => number;

/** A small seeded generator (mulberry32): the same seed, the same trading day. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** How many events fall into an interval in which `expected` are expected (Knuth's method; small numbers only). */
export function poisson(expected: number, random: Random): number {
  const limit = Math.exp(-expected);
  let product = random();
  let count = 0;
  while (product > limit) {
    count += 1;
    product *= random();
  }
  return count;
}
