import type { ControlArm } from '../guardrail.js';
import { wholeNumber } from '../words.js';

/** Where the release is and where it is not, as a shop manager says it. */
export function placesOf(control: ControlArm): readonly [here: string, there: string] {
  if (control.kind === 'where') return ['with the release', 'without it'];
  const { dimension, released } = control;
  const [only] = released;
  if (released.length === 1 && only !== undefined) return [`in ${dimension} ${only}`, 'in the others'];
  return [`in the ${wholeNumber(released.length)} ${dimension}s with the release`, 'in the others'];
}
