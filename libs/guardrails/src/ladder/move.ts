import type { Mode } from '../guardrail.js';
import type { ModeReason } from './events.js';
import { type EffectiveMode, lowerMode } from './mode.js';

/** Where a guardrail stood when it was last spoken of, or stands now. */
export interface Rung extends EffectiveMode {
  readonly declared: Mode;
  readonly isSteppedDown: boolean;
  /** Whether a person took the place of a proof, for what it compares now. */
  readonly isForced: boolean;
}

/** A move on the ladder that has to be told; `from` and `to` are the same where only a person's will is. */
export interface Move {
  readonly from: Mode;
  readonly to: Mode;
  readonly reason: ModeReason;
}

/**
 * What to tell of a guardrail that stands somewhere else now; null where nobody needs to hear anything.
 *
 * A person's will is always told, also where something else still holds the guardrail where it was: force took the place of a
 * proof, a restoration wiped out what people had marked.
 * @param will what a person did to this very guardrail
 */
export function moveOf(before: Rung, after: Rung, will: 'restored' | 'forced' | null): Move | null {
  const reason = reasonOf(before, after, will);
  const isNewlyForced = reason === 'forced' && !before.isForced;
  const isNewlyRestored = reason === 'restored' && before.isSteppedDown;
  if (before.mode === after.mode && !isNewlyForced && !isNewlyRestored) return null;
  return { from: before.mode, to: after.mode, reason };
}

function reasonOf(before: Rung, after: Rung, will: 'restored' | 'forced' | null): ModeReason {
  const isLower = before.mode !== after.mode && lowerMode(before.mode, after.mode) === after.mode;
  if (after.why === 'forced' || (isLower && after.why !== null)) return after.why;
  if (will === 'restored') return 'restored';
  if (before.declared !== after.declared) return 'declared';
  return after.why === 'precision' ? 'precision' : 'proven';
}
