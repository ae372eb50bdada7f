import { type CountKernel, cappedFromAbove } from './count-kernel.js';

/** Bad of total against a declared limit; the alternatives are odds ratios (statistics 5.2). */
export function proportionLimit(o: {
  readonly limit: number;
  readonly unacceptable: number;
  readonly phi: number;
}): CountKernel {
  const { limit, unacceptable, phi } = o;
  const perTrial = (odds: number) => Math.log1p(limit * (odds - 1));
  const worse = (bad: number, total: number, odds: number) => (bad * Math.log(odds) - total * perTrial(odds)) / phi;
  return {
    worse,
    // "As the limit allows" against "its odds are the unacceptable ones": the same ratio the other way round.
    acceptable: (bad, total) => -worse(bad, total, unacceptable),
    capped: (bad, total, evidenceMax, grid) =>
      cappedFromAbove(
        bad,
        grid.map((odds) => (phi * evidenceMax + total * perTrial(odds)) / Math.log(odds)),
      ),
    tolerated: limit,
    reference: limit,
  };
}
