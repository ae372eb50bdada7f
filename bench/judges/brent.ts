/**
 * Brent's root finder (Algorithms for Minimization Without Derivatives, 1973, chapter 4), with the tolerance that R's
 * `wilcox.test` hands to `uniroot`: 1e-4, absolute. It is kept as coarse as that on purpose: on a step function such as a
 * rank statistic the last bracket decides the digits, and the published values were found this way.
 */

const TOLERANCE = 1e-4;
const ITERATIONS_MAX = 1000;

/** A root of `f` between `lower` and `upper`, where it has the values `atLower` and `atUpper` of opposite sign. */
export function brentRoot(
  f: (x: number) => number,
  lower: number,
  upper: number,
  atLower: number,
  atUpper: number,
): number {
  if (atLower === 0) return lower;
  if (atUpper === 0) return upper;
  // `best` is the newest and best guess, `older` the one before, `other` lies across the root from `best`.
  let [older, best, other] = [lower, upper, lower];
  let [fOlder, fBest, fOther] = [atLower, atUpper, atLower];
  for (let i = 0; i <= ITERATIONS_MAX; i++) {
    const lastStep = best - older;
    if (Math.abs(fOther) < Math.abs(fBest)) {
      [older, best, other] = [best, other, best];
      [fOlder, fBest, fOther] = [fBest, fOther, fBest];
    }
    const tolerance = 2 * Number.EPSILON * Math.abs(best) + TOLERANCE / 2;
    const half = (other - best) / 2;
    if (Math.abs(half) <= tolerance || fBest === 0) return best;

    const canInterpolate = Math.abs(lastStep) >= tolerance && Math.abs(fOlder) > Math.abs(fBest);
    const guess = canInterpolate
      ? interpolated({ older, best, other, fOlder, fBest, fOther }, lastStep, tolerance)
      : null;
    const step = guess ?? half;
    // Never less than the tolerance, so that every step is worth its evaluation.
    const taken = Math.abs(step) < tolerance ? (step > 0 ? tolerance : -tolerance) : step;
    [older, fOlder] = [best, fBest];
    best += taken;
    fBest = f(best);
    if (fBest > 0 === fOther > 0 && fBest !== 0 && fOther !== 0) [other, fOther] = [older, fOlder];
  }
  return best;
}

interface Bracket {
  readonly older: number;
  readonly best: number;
  readonly other: number;
  readonly fOlder: number;
  readonly fBest: number;
  readonly fOther: number;
}

/** The step of a secant or of an inverse quadratic; null where it leaves the bracket or gains too little. */
function interpolated(at: Bracket, lastStep: number, tolerance: number): number | null {
  const across = at.other - at.best;
  const s = at.fBest / at.fOlder;
  let [p, q] = [0, 0];
  if (at.older === at.other) {
    p = across * s;
    q = 1 - s;
  } else {
    const r = at.fBest / at.fOther;
    const t = at.fOlder / at.fOther;
    p = s * (across * t * (t - r) - (at.best - at.older) * (r - 1));
    q = (t - 1) * (r - 1) * (s - 1);
  }
  if (p > 0) q = -q;
  else p = -p;
  const isInside = p < 0.75 * across * q - Math.abs(tolerance * q) / 2 && p < Math.abs((lastStep * q) / 2);
  return isInside ? p / q : null;
}
