import { type CountKernel, cappedByGrid, LOG_GRID } from './count-kernel.js';
import { GRID } from './grid.js';

/** Events of exposure against a declared limit (statistics 5.1). The limit is the limit: the tolerated ratio is 1. */
export function rateLimit(o: {
  readonly limit: number;
  readonly unacceptable: number;
  readonly phi: number;
}): CountKernel {
  const { limit, unacceptable, phi } = o;
  const ratio = (events: number, exposure: number, logRatio: number, excess: number) =>
    (events * logRatio - limit * exposure * excess) / phi;
  return {
    worse: (events, exposure, times) => ratio(events, exposure, Math.log(times), times - 1),
    write: (events, exposure, terms, to) => {
      for (let size = 0; size < GRID.length; size++) {
        terms[to + size] = ratio(events, exposure, LOG_GRID[size] as number, (GRID[size] as number) - 1);
      }
    },
    acceptable: (events, exposure) => ratio(events, exposure, -Math.log(unacceptable), 1 - unacceptable),
    capped: (events, exposure, evidenceMax) =>
      cappedByGrid(
        events,
        (size) => (phi * evidenceMax + limit * exposure * ((GRID[size] as number) - 1)) / (LOG_GRID[size] as number),
      ),
    tolerated: limit,
    reference: limit,
  };
}
