import { type Alternative, type CountKernel, cappedBy } from './count-kernel.js';

/** Events of exposure against a declared limit (statistics 5.1). The limit is the limit: the tolerated ratio is 1. */
export function rateLimit(o: {
  readonly limit: number;
  readonly unacceptable: number;
  readonly phi: number;
}): CountKernel {
  const { limit, unacceptable, phi } = o;
  const ratio = (from: number, to: number): Alternative => {
    const logRatio = Math.log(to / from);
    return {
      worse: (events, exposure) =>
        exposure === 0 && events === 0 ? 0 : (events * logRatio - limit * exposure * (to - from)) / phi,
      bound: (exposure, evidenceMax) => (phi * evidenceMax + limit * exposure * (to - from)) / logRatio,
    };
  };
  const acceptable = ratio(unacceptable, 1);
  return {
    worse: (events, exposure, times) => ratio(1, times).worse(events, exposure),
    against: (times) => ratio(1, times),
    acceptable: (events, exposure) => acceptable.worse(events, exposure),
    capped: (events, exposure, evidenceMax, alternatives) => cappedBy(alternatives, events, exposure, evidenceMax),
    tolerated: limit,
    reference: limit,
  };
}
