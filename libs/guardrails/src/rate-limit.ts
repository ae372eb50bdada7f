import { type CountKernel, cappedFromAbove } from './count-kernel.js';

/** Events of exposure against a declared limit (statistics 5.1). The limit is the limit: the tolerated ratio is 1. */
export function rateLimit(o: {
  readonly limit: number;
  readonly unacceptable: number;
  readonly phi: number;
}): CountKernel {
  const { limit, unacceptable, phi } = o;
  const ratio = (events: number, exposure: number, from: number, to: number) =>
    exposure === 0 && events === 0 ? 0 : (events * Math.log(to / from) - limit * exposure * (to - from)) / phi;
  return {
    worse: (events, exposure, times) => ratio(events, exposure, 1, times),
    acceptable: (events, exposure) => ratio(events, exposure, unacceptable, 1),
    capped: (events, exposure, evidenceMax, grid) =>
      cappedFromAbove(
        events,
        grid.map((times) => (phi * evidenceMax + limit * exposure * (times - 1)) / Math.log(times)),
      ),
    tolerated: limit,
    reference: limit,
  };
}
