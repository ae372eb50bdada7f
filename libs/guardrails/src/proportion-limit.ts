import { type Alternative, type CountKernel, cappedBy } from './count-kernel.js';

/** Bad of total against a declared limit; the alternatives are odds ratios (statistics 5.2). */
export function proportionLimit(o: {
  readonly limit: number;
  readonly unacceptable: number;
  readonly phi: number;
}): CountKernel {
  const { limit, unacceptable, phi } = o;
  const against = (odds: number): Alternative => {
    const logOdds = Math.log(odds);
    const perTrial = Math.log1p(limit * (odds - 1));
    return {
      worse: (bad, total) => (bad * logOdds - total * perTrial) / phi,
      bound: (total, evidenceMax) => (phi * evidenceMax + total * perTrial) / logOdds,
    };
  };
  const unacceptableOdds = against(unacceptable);
  return {
    worse: (bad, total, odds) => against(odds).worse(bad, total),
    against,
    // "As the limit allows" against "its odds are the unacceptable ones": the same ratio the other way round.
    acceptable: (bad, total) => -unacceptableOdds.worse(bad, total),
    capped: (bad, total, evidenceMax, alternatives) => cappedBy(alternatives, bad, total, evidenceMax),
    tolerated: limit,
    reference: limit,
  };
}
