/** As much evidence as a confirmation takes, about (statistics 9). */
const EVIDENCE = 9;
const RATIO_MAX = 1_000;
const HALVINGS = 60;

/**
 * How many bad events a baseline has to expect within the watch before a ratio can be confirmed: L / (ρ ln(ρ/ρ₀) − ρ + ρ₀)
 * (statistics 9), times the dispersion, which divides all evidence.
 * @param tolerated ρ₀, the largest ratio that is no fault
 */
export function neededEvents(ratio: number, tolerated: number, phi = 1): number {
  return (phi * EVIDENCE) / (ratio * Math.log(ratio / tolerated) - ratio + tolerated);
}

/** The smallest ratio that a watch in which so many bad events are expected can confirm; null where none below 1000 is. */
export function smallestRatio(expected: number, tolerated: number, phi = 1): number | null {
  if (!(expected > 0) || neededEvents(RATIO_MAX, tolerated, phi) > expected) return null;
  let [low, high] = [tolerated, RATIO_MAX];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    // At ρ₀ itself nothing is ever enough: the formula is 0 in its denominator there.
    if (middle > tolerated && neededEvents(middle, tolerated, phi) <= expected) high = middle;
    else low = middle;
  }
  return high;
}
