import type { Dispersion } from '@parapet/signals';
import type { WatchedGuardrail } from '../watch-spec.js';

/** Without any history: the arms share most of their noise, so less than a lone series is assumed to have. */
const ASSUMED: Dispersion = { phi: 1.5, isAssumed: true };
const PHI_MIN = 1.25;
/** How much of the dispersion that history shows is taken not to be shared by the arms. */
const UNSHARED = 0.25;

/**
 * Dispersion between two arms of the same time (statistics 6.1): as an A/A period showed it, else from that of history, of several
 * windows the largest. A guess of history's dispersion is no history.
 */
export function armDispersionOf({
  baselines,
  armsDispersion,
}: Pick<WatchedGuardrail, 'baselines' | 'armsDispersion'>): Dispersion {
  const history = baselines.flatMap(({ baseline }) => (baseline.kind === 'counts' ? [baseline.dispersion] : []));
  return armDispersion(history, armsDispersion ?? null);
}

/** The same from what each window of history shows, and an A/A period where there was one. */
export function armDispersion(history: readonly Dispersion[], armsDispersion: Dispersion | null): Dispersion {
  if (armsDispersion?.isAssumed === false) return armsDispersion;
  const known = history.flatMap(({ phi, isAssumed }) => (isAssumed ? [] : [phi]));
  if (known.length === 0) return ASSUMED;
  return { phi: Math.max(PHI_MIN, 1 + UNSHARED * (Math.max(...known) - 1)), isAssumed: false };
}
