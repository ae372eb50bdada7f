import type { Counts } from './baseline.js';
import { type Dispersion, DISPERSION_ASSUMED, dispersionFrom } from './dispersion.js';

/** The same interval of two arms, neither of which had anything the other had not. */
export interface ArmsIncrement {
  readonly watched: Counts;
  readonly control: Counts;
}

/** With fewer events of both arms together nothing can be said of how they divide. */
const EVENTS_MIN = 20;

/**
 * Dispersion of how events divide between two arms, from a time when nothing told them apart: an A/A period with the same split
 * (statistics 6.1). Noise that both share drops out. The division is held against the arms' own rates over that time, so arms that
 * always differ are no noise.
 */
export function armsDispersionOf(increments: readonly ArmsIncrement[], intervalMs: number): Dispersion {
  const ratio = ratioOf(increments);
  const residuals = new Float64Array(increments.length);
  let independentVariance = 0;
  let divided = 0;
  increments.forEach(({ watched, control }, t) => {
    // An interval in which an arm has no exposure divides nothing.
    if (!(watched.exposure > 0 && control.exposure > 0)) return;
    const events = watched.events + control.events;
    const share = (ratio * watched.exposure) / (ratio * watched.exposure + control.exposure);
    residuals[t] = watched.events - events * share;
    independentVariance += events * share * (1 - share);
    divided += events;
  });
  if (divided < EVENTS_MIN) return DISPERSION_ASSUMED;
  return dispersionFrom([{ residuals, independentVariance, intervalMs }]);
}

/** By how much two arms differ by themselves: stores are not all alike. */
export interface ArmsRatio {
  /** The watched arm's rate as a multiple of the control's. */
  readonly ratio: number;
  /** Standard deviation of the ratio's logarithm, from how few events it was seen by. */
  readonly logDeviation: number;
}

/** Keeps the ratio finite where one arm had none, and its deviation honest. */
const PSEUDO_EVENTS = 0.5;

/** The ratio that the arms had in a time when nothing told them apart; null where too little happened. */
export function armsRatioOf(increments: readonly ArmsIncrement[], dispersion: Dispersion): ArmsRatio | null {
  const { watched, control } = totalOf(increments);
  const isEnough = watched.events + control.events >= EVENTS_MIN && watched.exposure > 0 && control.exposure > 0;
  if (!isEnough) return null;
  const [own, others] = [watched.events + PSEUDO_EVENTS, control.events + PSEUDO_EVENTS];
  return {
    ratio: own / watched.exposure / (others / control.exposure),
    logDeviation: Math.sqrt(dispersion.phi * (1 / own + 1 / others)),
  };
}

function totalOf(increments: readonly ArmsIncrement[]): ArmsIncrement {
  const [watched, control] = [
    { events: 0, exposure: 0 },
    { events: 0, exposure: 0 },
  ];
  for (const increment of increments) {
    watched.events += increment.watched.events;
    watched.exposure += increment.watched.exposure;
    control.events += increment.control.events;
    control.exposure += increment.control.exposure;
  }
  return { watched, control };
}

/** The watched arm's rate as a multiple of the control's as it was seen; 1 where an arm has no event to tell. */
function ratioOf(increments: readonly ArmsIncrement[]): number {
  const { watched, control } = totalOf(increments);
  if (!(watched.events > 0 && control.events > 0)) return 1;
  return watched.events / watched.exposure / (control.events / control.exposure);
}
