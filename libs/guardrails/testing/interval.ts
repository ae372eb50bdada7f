import { shareOf } from '../src/estimates.js';

/** `3 of 2000, 0.15 % [0.03 %, 0.44 %]`. */
export function shareWords(hits: number, runs: number): string {
  const { low, high } = shareOf(hits, runs);
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  return `${hits} of ${runs}, ${percent(hits / runs)} [${percent(low)}, ${percent(high)}]`;
}
