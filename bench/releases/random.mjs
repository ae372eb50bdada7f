/** Random numbers from a seed: the same ones on every machine. */
export class Random {
  /** @param {number} seed @param {number} stream releases of one seed are streams of their own */
  constructor(seed, stream) {
    this.state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b)) >>> 0;
    /** @type {number | null} */
    this.spare = null;
    for (let i = 0; i < 8; i++) this.uniform();
  }

  /** Above 0 and below 1. */
  uniform() {
    // mulberry32: small, and good enough for draws that nobody plays against.
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 4294967296;
  }

  /** @param {number} low @param {number} high */
  between(low, high) {
    return low + (high - low) * this.uniform();
  }

  /** @param {number} low @param {number} high on the scale of logarithms */
  logBetween(low, high) {
    return Math.exp(this.between(Math.log(low), Math.log(high)));
  }

  /** @param {number} low @param {number} high a whole number, both ends included */
  whole(low, high) {
    return low + Math.floor(this.uniform() * (high - low + 1));
  }

  /** @param {number} probability */
  chance(probability) {
    return this.uniform() < probability;
  }

  /** @template T @param {readonly T[]} some @returns {T} */
  oneOf(some) {
    return /** @type {T} */ (some[Math.floor(this.uniform() * some.length)]);
  }

  /** A standard normal. */
  normal() {
    if (this.spare !== null) {
      const spare = this.spare;
      this.spare = null;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** @param {number} mean */
  poisson(mean) {
    if (!(mean > 0)) return 0;
    if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    const limit = Math.exp(-mean);
    let product = this.uniform();
    let count = 0;
    while (product > limit) {
      product *= this.uniform();
      count += 1;
    }
    return count;
  }

  /** @param {number} n @param {number} p */
  binomial(n, p) {
    if (!(p > 0) || n <= 0) return 0;
    if (p >= 1) return n;
    if (p > 0.5) return n - this.binomial(n, 1 - p);
    const mean = n * p;
    if (n <= 40) {
      let count = 0;
      for (let i = 0; i < n; i++) if (this.uniform() < p) count += 1;
      return count;
    }
    // Rare among many is Poisson, thinned by what a binomial varies less; common among many is normal.
    if (mean < 12) return Math.min(n, this.poisson(mean));
    return Math.min(n, Math.max(0, Math.round(mean + Math.sqrt(mean * (1 - p)) * this.normal())));
  }

  /** How many of n fall into each bucket. @param {number} n @param {readonly number[]} shares */
  multinomial(n, shares) {
    let left = n;
    let rest = 1;
    return shares.map((share, i) => {
      const count = i === shares.length - 1 ? left : this.binomial(left, rest > 0 ? Math.min(1, share / rest) : 1);
      left -= count;
      rest -= share;
      return count;
    });
  }
}

/** A stationary AR(1) process of mean 0. @param {Random} random @param {number} n @param {number} coefficient @param {number} sd */
export function autoregressive(random, n, coefficient, sd) {
  const innovation = sd * Math.sqrt(1 - coefficient ** 2);
  let value = sd * random.normal();
  return Array.from({ length: n }, () => {
    const now = value;
    value = coefficient * value + innovation * random.normal();
    return now;
  });
}
