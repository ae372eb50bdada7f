import { type Alternative, type CountKernel, cappedBy, raisedBy } from './count-kernel.js';

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
  const expectedPerExposure = (baselineEvents + PSEUDO_EVENTS) / baselineExposure;
  const ratio = (from: number, to: number, pseudo: number): Alternative => {
    const logRatio = Math.log(to / from);
    return {
      worse: (events, exposure) =>
        exposure === 0
          ? 0
          : (events * logRatio +
              // ln of (from·n + E₀)/(to·n + E₀), which is near 1 for long: as 1 + x, so that no digit is lost.
              (events + baselineEvents + pseudo) *
                Math.log1p(((from - to) * exposure) / (to * exposure + baselineExposure))) /
            phi,
      bound: (exposure, evidenceMax) => (phi * evidenceMax + expectedPerExposure * exposure * (to - from)) / logRatio,
    };
  };
  const against = (times: number) => ratio(tolerated, tolerated * times ** direction, PSEUDO_EVENTS);
  const acceptable = ratio(unacceptable, 1, 0);
  const reference = baselineEvents / baselineExposure;
  const cap = o.bad === 'more' ? cappedBy : raisedBy;
  return {
    worse: (events, exposure, times) => against(times).worse(events, exposure),
    against,
    acceptable: (events, exposure) => acceptable.worse(events, exposure),
    capped: (events, exposure, evidenceMax, alternatives) => cap(alternatives, events, exposure, evidenceMax),
    tolerated: reference * tolerated,
    reference,
  };
}
