// Looked up once: within the context that tests run in, every use of a global costs more than the arithmetic does.
const { PI, abs, cos, exp, floor, imul, log, log1p, sin, sqrt } = Math;

/** Seeded chance for simulations: the same seed draws the same numbers on every machine. */
export interface Chance {
  /** Uniform on (0, 1). */
  uniform(): number;
  normal(): number;
  poisson(mean: number): number;
  binomial(trials: number, p: number): number;
  /** Gamma with a shape of at least 1, and scale 1. */
  gamma(shape: number): number;
}

/** A stream of chance; streams of other seeds are independent of it. */
export function chanceOf(seed: number): Chance {
  const uniform = uniformsOf(seed);
  let spare: number | null = null;
  const normal = (): number => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const radius = sqrt(-2 * log(uniform()));
    const angle = 2 * PI * uniform();
    spare = radius * sin(angle);
    return radius * cos(angle);
  };
  return {
    uniform,
    normal,
    poisson: (mean) => poisson(uniform, mean),
    binomial: (trials, p) => binomial(uniform, trials, p),
    gamma: (shape) => gamma(uniform, normal, shape),
  };
}

/** sfc32 of PractRand, seeded by splitmix32; never 0 and never 1. */
function uniformsOf(seed: number): () => number {
  let s = seed | 0;
  const word = () => {
    s = (s + 0x9e3779b9) | 0;
    let t = s ^ (s >>> 16);
    t = imul(t, 0x21f0aaad);
    t ^= t >>> 15;
    t = imul(t, 0x735a2d97);
    return t ^ (t >>> 15);
  };
  let [a, b, c, d] = [word(), word(), word(), 1];
  const next = () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  return () => (next() + 0.5) / 4294967296;
}

/** Inversion for small means, Hörmann's PTRS (1993) for the rest; both exact. */
function poisson(uniform: () => number, mean: number): number {
  if (!(mean > 0)) return 0;
  if (mean < 12) {
    let [k, p] = [0, exp(-mean)];
    let u = uniform();
    while (u > p && k < 1000) {
      u -= p;
      k += 1;
      p *= mean / k;
    }
    return k;
  }
  const b = 0.931 + 2.53 * sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const vR = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = uniform() - 0.5;
    const v = uniform();
    const us = 0.5 - abs(u);
    const k = floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= vR) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const height = log((v * inverseAlpha) / (a / (us * us) + b));
    if (height <= k * log(mean) - mean - logFactorial(k)) return k;
  }
}

/** Inversion for small expectations, Hörmann's BTRS (1993) for the rest; both exact. */
function binomial(uniform: () => number, trials: number, p: number): number {
  if (!(trials > 0 && p > 0)) return 0;
  if (p >= 1) return trials;
  if (p > 0.5) return trials - binomial(uniform, trials, 1 - p);
  const odds = p / (1 - p);
  if (trials * p < 12) {
    let [k, mass] = [0, exp(trials * log1p(-p))];
    let u = uniform();
    while (u > mass && k < trials) {
      u -= mass;
      k += 1;
      mass *= (odds * (trials - k + 1)) / k;
    }
    return k;
  }
  const spread = sqrt(trials * p * (1 - p));
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const c = trials * p + 0.5;
  const vR = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * spread;
  const mode = floor((trials + 1) * p);
  for (;;) {
    const u = uniform() - 0.5;
    let v = uniform();
    const us = 0.5 - abs(u);
    const k = floor(((2 * a) / us + b) * u + c);
    if (us >= 0.07 && v <= vR) return k;
    if (k < 0 || k > trials) continue;
    v = log((v * alpha) / (a / (us * us) + b));
    const height =
      logFactorial(mode) +
      logFactorial(trials - mode) -
      logFactorial(k) -
      logFactorial(trials - k) +
      (k - mode) * log(odds);
    if (v <= height) return k;
  }
}

/** Marsaglia and Tsang (2000). */
function gamma(uniform: () => number, normal: () => number, shape: number): number {
  const d = shape - 1 / 3;
  const c = 1 / sqrt(9 * d);
  for (;;) {
    const x = normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && log(uniform()) < 0.5 * x * x + d * (1 - v + log(v))) return d * v;
  }
}

const LOG_FACTORIALS: readonly number[] = Array.from({ length: 128 }, (_, k) => {
  let sum = 0;
  for (let i = 2; i <= k; i++) sum += log(i);
  return sum;
});

/** ln k!; by Stirling's series where the table ends, exact to double precision there. */
export function logFactorial(k: number): number {
  const known = LOG_FACTORIALS[k];
  if (known !== undefined) return known;
  const x = k + 1;
  return (x - 0.5) * log(x) - x + 0.9189385332046727 + 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5);
}
