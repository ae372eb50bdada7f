/** Draws of chance; the same seed gives the same ones in the same order, on every machine. */
export interface Draws {
  /** In (0, 1). */
  uniform(): number;
  normal(mean: number, deviation: number): number;
  /** A count with that mean, whose variance is `phi` times as large. */
  count(mean: number, phi: number): number;
}

const TWO_32 = 4_294_967_296;
/** Beyond this a Poisson count is as good as normal. */
const POISSON_EXACT_MAX = 40;

/** Draws from a seed (Mulberry32). */
export function drawsFrom(seed: number): Draws {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / TWO_32;
  };
  // Box and Muller.
  const standard = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  /** Marsaglia and Tsang, with scale 1. */
  const gamma = (shape: number): number => {
    if (shape < 1) return gamma(shape + 1) * uniform() ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const z = standard();
      const v = (1 + c * z) ** 3;
      if (v > 0 && Math.log(uniform()) < 0.5 * z * z + d * (1 - v + Math.log(v))) return d * v;
    }
  };
  const poisson = (mean: number): number => {
    if (mean > POISSON_EXACT_MAX) return Math.max(0, Math.round(mean + Math.sqrt(mean) * standard()));
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = uniform(); product > limit; product *= uniform()) count++;
    return count;
  };
  return {
    uniform,
    normal: (mean, deviation) => mean + deviation * standard(),
    count: (mean, phi) => {
      if (!(mean > 0)) return 0;
      // A Poisson count of a rate that itself varies: a gamma one of variance (φ − 1)·mean.
      return phi > 1 ? poisson(gamma(mean / (phi - 1)) * (phi - 1)) : poisson(mean);
    },
  };
}
