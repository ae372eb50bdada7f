import { type CountKernel, cappedFromAbove } from './count-kernel.js';

/** Pseudo-events that keep a baseline without bad events honest; they only lower the evidence. */
const PSEUDO_EVENTS = 1;
/** One-sided 95 % of a normal distribution: how far a healthy window may have drifted from its baseline. */
const DRIFT_QUANTILE = 1.645;

/** What is compared with, and how much worse is tolerated. */
export interface AgainstBaseline {
  readonly baselineEvents: number;
  readonly baselineExposure: number;
  readonly worseBy: number;
  readonly unacceptable: number;
  readonly drift: number;
  readonly phi: number;
  /** `fewer`: a rate that is bad when low, where events are what should happen. */
  readonly bad: 'more' | 'fewer';
}

/** The largest tolerated ratio of watch to baseline (statistics 4.3). */
export function toleratedRatio(worseBy: number, drift: number): number {
  return (1 + worseBy) * Math.exp(DRIFT_QUANTILE * drift);
}

/**
 * Counts against a finite baseline (statistics 5.3). The unknown rate of the baseline has dropped out: given how many events
 * there were in both periods together, only their division says anything.
 */
export function againstBaseline(o: AgainstBaseline): CountKernel {
  const { baselineEvents, baselineExposure, phi } = o;
  const direction = o.bad === 'more' ? 1 : -1;
  const tolerated = toleratedRatio(o.worseBy, o.drift) ** direction;
  const unacceptable = o.unacceptable ** direction;
  const ratio = (events: number, exposure: number, from: number, to: number, pseudo: number) =>
    exposure === 0
      ? 0
      : (events * Math.log(to / from) +
          (events + baselineEvents + pseudo) *
            Math.log((from * exposure + baselineExposure) / (to * exposure + baselineExposure))) /
        phi;
  const reference = baselineEvents / baselineExposure;
  return {
    worse: (events, exposure, times) =>
      ratio(events, exposure, tolerated, tolerated * times ** direction, PSEUDO_EVENTS),
    acceptable: (events, exposure) => ratio(events, exposure, unacceptable, 1, 0),
    capped: (events, exposure, evidenceMax, grid) => {
      const expected = ((baselineEvents + PSEUDO_EVENTS) / baselineExposure) * exposure;
      const bounds = grid.map((times) => {
        const alternative = tolerated * times ** direction;
        return (phi * evidenceMax + expected * (alternative - tolerated)) / Math.log(alternative / tolerated);
      });
      // Where too few events are bad, the interval is capped by counting it as having had more of them.
      return o.bad === 'more' ? cappedFromAbove(events, bounds) : Math.max(events, ...bounds);
    },
    tolerated: reference * tolerated,
    reference,
  };
}
