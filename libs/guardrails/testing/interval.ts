import { logGamma } from '../src/log-gamma.js';

/** Clopper and Pearson's 95 % interval of a share of which `hits` of `runs` were seen: exact, and never too narrow. */
export function shareInterval(hits: number, runs: number): { readonly low: number; readonly high: number } {
  const low = hits === 0 ? 0 : bisect((share) => 1 - below(hits, runs, share) < 0.025);
  const high = hits === runs ? 1 : bisect((share) => below(hits + 1, runs, share) > 0.025);
  return { low, high };
}

/** `3 of 2000, 0.15 % [0.03 %, 0.44 %]`. */
export function shareWords(hits: number, runs: number): string {
  const { low, high } = shareInterval(hits, runs);
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  return `${hits} of ${runs}, ${percent(hits / runs)} [${percent(low)}, ${percent(high)}]`;
}

/** The chance of fewer than `hits` of `runs`. */
function below(hits: number, runs: number, share: number): number {
  let sum = 0;
  for (let k = 0; k < hits; k++) {
    const ways = logGamma(runs + 1) - logGamma(k + 1) - logGamma(runs - k + 1);
    sum += Math.exp(ways + k * Math.log(share) + (runs - k) * Math.log1p(-share));
  }
  return sum;
}

/** Where a condition that holds for small shares ends. */
function bisect(holds: (share: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}
