import { type CountKernel, cappedByGrid, LOG_GRID } from './count-kernel.js';
import { GRID } from './grid.js';

/** Bad of total against a declared limit; the alternatives are odds ratios (statistics 5.2). */
export function proportionLimit(o: {
  readonly limit: number;
  readonly unacceptable: number;
  readonly phi: number;
}): CountKernel {
  const { limit, unacceptable, phi } = o;
  const perTrial = (odds: number) => Math.log1p(limit * (odds - 1));
  const perTrials = GRID.map(perTrial);
  const worse = (bad: number, total: number, odds: number) => (bad * Math.log(odds) - total * perTrial(odds)) / phi;
  return {
    worse,
    write: (bad, total, terms, to) => {
      for (let size = 0; size < GRID.length; size++) {
        terms[to + size] = (bad * (LOG_GRID[size] as number) - total * (perTrials[size] as number)) / phi;
      }
    },
    // "As the limit allows" against "its odds are the unacceptable ones": the same ratio the other way round.
    acceptable: (bad, total) => -worse(bad, total, unacceptable),
    capped: (bad, total, evidenceMax) =>
      cappedByGrid(
        bad,
        (size) => (phi * evidenceMax + total * (perTrials[size] as number)) / (LOG_GRID[size] as number),
      ),
    tolerated: limit,
    reference: limit,
  };
}
