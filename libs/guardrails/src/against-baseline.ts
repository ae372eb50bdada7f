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
  return new BaselineKernel(o);
}

class BaselineKernel implements CountKernel {
  readonly tolerated: number;
  readonly reference: number;
  readonly #events: number;
  readonly #exposure: number;
  readonly #phi: number;
  readonly #intervalExposure: number;
  /** The tolerated ratio, of which the bad direction `fewer` means the inverse. */
  readonly #ratio: number;
  readonly #direction: 1 | -1;
  readonly #unacceptable: number;
  readonly #expectedPerExposure: number;

  constructor(o: AgainstBaseline) {
    this.#events = o.baselineEvents;
    this.#exposure = o.baselineExposure;
    this.#phi = o.phi;
    this.#intervalExposure = o.intervalExposure ?? Number.POSITIVE_INFINITY;
    this.#direction = o.bad === 'more' ? 1 : -1;
    this.#ratio = toleratedRatio(o.worseBy, o.drift) ** this.#direction;
    this.#unacceptable = o.unacceptable ** this.#direction;
    this.reference = o.baselineEvents / o.baselineExposure;
    this.tolerated = this.reference * this.#ratio;
    this.#expectedPerExposure = (o.baselineEvents + PSEUDO_EVENTS) / o.baselineExposure;
  }

  worse(events: number, exposure: number, times: number): number {
    const [from, direction] = [this.#ratio, this.#direction];
    return this.#between(events, exposure, from, from * times ** direction, direction * Math.log(times), PSEUDO_EVENTS);
  }

  write(events: number, exposure: number, terms: Float64Array, to: number): void {
    const [from, direction, factors] = [this.#ratio, this.#direction, this.#factors];
    for (let size = 0; size < GRID.length; size++) {
      const alternative = from * (factors[size] as number);
      const logRatio = direction * (LOG_GRID[size] as number);
      terms[to + size] = this.#between(events, exposure, from, alternative, logRatio, PSEUDO_EVENTS);
    }
  }

  acceptable(events: number, exposure: number): number {
    return this.#between(events, exposure, this.#unacceptable, 1, -Math.log(this.#unacceptable), 0);
  }

  capped(events: number, exposure: number, evidenceMax: number): number {
    if (this.#direction === 1) return cappedByGrid(events, (size) => this.#bound(size, exposure, evidenceMax));
    // Where too few events are bad, the interval is capped by counting it as having had more of them.
    let least = events;
    for (let size = 0; size < GRID.length; size++) least = Math.max(least, this.#bound(size, exposure, evidenceMax));
    return least;
  }

  /** A rate that varies by itself makes counts of mean μ vary by μ + c·μ²: φ − 1 grows with the traffic. */
  share(exposure: number): number {
    const phi = this.#phi;
    const busy = exposure / this.#intervalExposure;
    return busy <= 1 ? 1 : phi / (1 + (phi - 1) * busy + UNSEEN_EXCESS * (busy - 1));
  }

  get #factors(): readonly number[] {
    return this.#direction === 1 ? GRID : INVERSE_GRID;
  }

  #between(events: number, exposure: number, from: number, to: number, logRatio: number, pseudo: number): number {
    if (exposure === 0) return 0;
    // ln of (from·n + E₀)/(to·n + E₀), which is near 1 for long: as 1 + x, so that no digit is lost.
    const shared = Math.log1p(((from - to) * exposure) / (to * exposure + this.#exposure));
    return (events * logRatio + (events + this.#events + pseudo) * shared) / this.#phi;
  }

  #bound(size: number, exposure: number, evidenceMax: number): number {
    const excess = this.#ratio * ((this.#factors[size] as number) - 1);
    const expected = this.#expectedPerExposure * exposure * excess;
    return (this.#phi * evidenceMax + expected) / (this.#direction * (LOG_GRID[size] as number));
  }
}
