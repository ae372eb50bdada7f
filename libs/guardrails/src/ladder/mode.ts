import type { Mode } from '../guardrail.js';
import type { ModeReason } from './events.js';

const RUNGS: readonly Mode[] = ['observe', 'propose', 'act'];

/** The lower of two modes. */
export function lowerMode(a: Mode, b: Mode): Mode {
  return RUNGS[Math.min(RUNGS.indexOf(a), RUNGS.indexOf(b))] as Mode;
}

/** What is known of a guardrail's trustworthiness in one environment. */
export interface Trust {
  /** Its signal returned data, or its alert source was heard. */
  readonly hasData: boolean;
  /** It was in breach in a watch, or in a test with an injected fault and in no test without one. */
  readonly hasBreached: boolean;
  /** A person applied it without proof. */
  readonly isForced: boolean;
  /** Its breaches were marked wrong too often, and nobody has restored it since. */
  readonly isSteppedDown: boolean;
}

/** The mode that counts, and what keeps it from the declared one. */
export interface EffectiveMode {
  readonly mode: Mode;
  /** Null where the declared mode holds by proof. */
  readonly why: Extract<ModeReason, 'no-data' | 'no-breach-shown' | 'precision' | 'forced'> | null;
}

/**
 * The lower of what is declared and what is earned.
 *
 * Without data a guardrail only observes, without a breach ever shown it may at most propose: one that has never fired
 * looks exactly like one that cannot. Force stands in for proof, never for precision: what people marked wrong stays wrong.
 */
export function effectiveMode(declared: Mode, trust: Trust): EffectiveMode {
  const earned: EffectiveMode = !trust.hasData
    ? { mode: 'observe', why: 'no-data' }
    : !trust.hasBreached
      ? { mode: 'propose', why: 'no-breach-shown' }
      : { mode: 'act', why: null };
  const proven: EffectiveMode =
    lowerMode(declared, earned.mode) === declared
      ? { mode: declared, why: null }
      : trust.isForced
        ? { mode: declared, why: 'forced' }
        : earned;
  if (trust.isSteppedDown && lowerMode(proven.mode, 'propose') !== proven.mode)
    return { mode: 'propose', why: 'precision' };
  return proven;
}
