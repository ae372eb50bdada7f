import { toleratedRatio } from '@parapet/signals';
export { toleratedRatio } from '@parapet/signals';
import { type CountKernel, cappedByGrid, LOG_GRID } from './count-kernel.js';
import { GRID } from './grid.js';

/** Pseudo-events that keep a baseline without bad events honest; they only lower the evidence. */
const PSEUDO_EVENTS = 1;
/** The grid the other way round, for what is bad when it is too little. */
const INVERSE_GRID: readonly number[] = GRID.map((times) => 1 / times);

/** Dispersion beyond chance that a few quiet hours cannot show, and a rush can: as much as their estimate is uncertain by. */
const UNSEEN_EXCESS = 0.25;

/** What is compared with, and how much worse is tolerated. */
export interface AgainstBaseline {
  readonly baselineEvents: number;
  readonly baselineExposure: number;
  readonly worseBy: number;
  readonly unacceptable: number;
  readonly drift: number;
  readonly phi: number;
  /** Exposure of an interval, as it was where the dispersion was measured; absent where that is not known. */
  readonly intervalExposure?: number;
  /** `fewer`: a rate that is bad when low, where events are what should happen. */
  readonly bad: 'more' | 'fewer';
}

/**
 * Counts against a finite baseline (statistics 5.3). The unknown rate of the baseline has dropped out: given how many events
 * there were in both periods together, only their division says anything.
 */
export function againstBaseline(o: AgainstBaseline): CountKernel {
  const { baselineEvents, baselineExposure, phi, intervalExposure = Number.POSITIVE_INFINITY } = o;
  const isMore = o.bad === 'more';
  const direction = isMore ? 1 : -1;
  const factors: readonly number[] = isMore ? GRID : INVERSE_GRID;
  const tolerated = toleratedRatio(o.worseBy, o.drift) ** direction;
  const unacceptable = o.unacceptable ** direction;
  const reference = baselineEvents / baselineExposure;
  const expectedPerExposure = (baselineEvents + PSEUDO_EVENTS) / baselineExposure;
  const ratio = (events: number, exposure: number, from: number, to: number, logRatio: number, pseudo: number) =>
    exposure === 0
      ? 0
      : (events * logRatio +
          // ln of (from·n + E₀)/(to·n + E₀), which is near 1 for long: as 1 + x, so that no digit is lost.
          (events + baselineEvents + pseudo) *
            Math.log1p(((from - to) * exposure) / (to * exposure + baselineExposure))) /
        phi;
  const bound = (size: number, exposure: number, evidenceMax: number) => {
    const excess = tolerated * ((factors[size] as number) - 1);
    return (phi * evidenceMax + expectedPerExposure * exposure * excess) / (direction * (LOG_GRID[size] as number));
  };
  return {
    worse: (events, exposure, times) =>
      ratio(events, exposure, tolerated, tolerated * times ** direction, direction * Math.log(times), PSEUDO_EVENTS),
    write: (events, exposure, terms, to) => {
      for (let size = 0; size < GRID.length; size++) {
        const alternative = tolerated * (factors[size] as number);
        const logRatio = direction * (LOG_GRID[size] as number);
        terms[to + size] = ratio(events, exposure, tolerated, alternative, logRatio, PSEUDO_EVENTS);
      }
    },
    acceptable: (events, exposure) => ratio(events, exposure, unacceptable, 1, -Math.log(unacceptable), 0),
    capped: (events, exposure, evidenceMax) => {
      if (isMore) return cappedByGrid(events, (size) => bound(size, exposure, evidenceMax));
      // Where too few events are bad, the interval is capped by counting it as having had more of them.
      let least = events;
      for (let size = 0; size < GRID.length; size++) least = Math.max(least, bound(size, exposure, evidenceMax));
      return least;
    },
    // A rate that varies by itself makes counts of mean μ vary by μ + c·μ²: φ − 1 grows with the traffic.
    share: (exposure) => {
      const busy = exposure / intervalExposure;
      return busy <= 1 ? 1 : phi / (1 + (phi - 1) * busy + UNSEEN_EXCESS * (busy - 1));
    },
    tolerated: reference * tolerated,
    reference,
  };
}
