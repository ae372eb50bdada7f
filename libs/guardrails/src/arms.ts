import type { Guardrail } from './guardrail.js';
import type { Arm } from './tests/guardrail-test.js';

type Dimensions = Readonly<Record<string, string>>;

/** Tells of which arm of a guardrail a sample is, by its dimensions; null where it is no concern of the guardrail. */
export type ArmOf = (dimensions: Dimensions) => Arm | null;

/**
 * How a guardrail tells its samples apart. A canary's control is chosen by other values of the same dimensions; the control of a
 * release that went to some stores is all the others, and a sample that does not say of which store it is belongs to neither.
 */
export function armsOf(guardrail: Guardrail): ArmOf {
  const { test, where } = guardrail;
  const isWatched = matching(where);
  const control = 'against' in test && test.against === 'control' ? test.control : null;
  if (control === null)
    return isWatched === EVERYTHING ? ALL_WATCHED : (dimensions) => (isWatched(dimensions) ? 'watched' : null);
  if (control.kind === 'where') {
    const isControl = matching({ ...where, ...control.where });
    return (dimensions) => (isWatched(dimensions) ? 'watched' : isControl(dimensions) ? 'control' : null);
  }
  const { dimension } = control;
  const released = new Set(control.released);
  // A release that went everywhere leaves no rest: there is a watched arm and no control.
  if (released.size === 0) return (dimensions) => (isWatched(dimensions) ? 'watched' : null);
  return (dimensions) => {
    if (!isWatched(dimensions) || !Object.hasOwn(dimensions, dimension)) return null;
    return released.has(dimensions[dimension] as string) ? 'watched' : 'control';
  };
}

/** Most guardrails look at all samples of their signal: thousands of watches share how they tell them apart. */
const EVERYTHING = () => true;
const ALL_WATCHED: ArmOf = () => 'watched';

function matching(where: Dimensions): (dimensions: Dimensions) => boolean {
  const wanted = Object.entries(where);
  if (wanted.length === 0) return EVERYTHING;
  return (dimensions) => wanted.every(([name, value]) => Object.hasOwn(dimensions, name) && dimensions[name] === value);
}
