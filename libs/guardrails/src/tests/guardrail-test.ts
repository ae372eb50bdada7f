import type { InstantMs } from '@parapet/kernel';
import type { Observation } from '@parapet/signals';
import type { GuardrailReport, InconclusiveReason } from '../events.js';

/** Whether an observation is of what got the release, or of what did not. */
export type Arm = 'watched' | 'control';

/** One usable observation of a guardrail's signal; its value is never a gap and has no flaw. */
export interface Told {
  readonly arm: Arm;
  readonly observation: Observation;
  /** The newest sample time seen of this guardrail, this one included: what lies the lateness behind it is closed. */
  readonly newestAtMs: InstantMs;
  /** False while the traffic is too unlike that of the baseline (statistics 4.2): no evidence, and no coverage. */
  readonly isComparable: boolean;
}

/** How a guardrail stands, as its words need it. */
export interface Standing {
  readonly verdict: 'pending' | 'pass' | 'breach' | 'inconclusive';
  readonly evidence: number | null;
  readonly clockMs: InstantMs;
}

/** What a report says of a test: its numbers, and one sentence with them. */
export interface Described {
  readonly numbers: Partial<GuardrailReport>;
  readonly words: string;
}

/**
 * A sequential test, made ready for one watch: an e-process whose logarithm is its evidence (statistics 1), and one that the
 * release is acceptable (section 9). `S` and `A` are plain JSON of bounded size, never changed in place; equal after a round trip.
 *
 * Nothing here looks at presence, staleness or coverage: that is the same for every test and lies around it.
 */
export interface StatisticalTest<S, A> {
  readonly kind: 'statistical';
  /** Why it can collect no evidence at all, such as `no-baseline`; null where it can. */
  readonly abstains: InconclusiveReason | null;
  start(): S;
  /** The state with one more observation; null where the value is of a form that the test cannot read. */
  observe(state: S, told: Told): S | null;
  /** ln of the e-value now; 0 before any data and where it abstains. Two windows: the smaller. Finite, always. */
  evidence(state: S): number;
  /** Exposure, values or requests seen of the watched arm, not capped. */
  samples(state: S): number;
  /** Accumulates what shows that the release is acceptable; begun with the watch and again with a recovery. */
  startAcceptance(): A;
  accept(acceptance: A, told: Told): A;
  /** ln of the e-value against "as bad as unacceptable"; ln(1/β) is enough. Two windows: the mean of the e-values. */
  acceptance(acceptance: A): number;
  /** Numbers and words. */
  describe(state: S, standing: Standing): Described;
}

/** A test that fires by rule (statistics 10): no promise, no evidence. */
export interface RuleTest<S> {
  readonly kind: 'rule';
  start(): S;
  observe(state: S, told: Told): S | null;
  isFiring(state: S, clockMs: InstantMs): boolean;
  /**
   * While it fires: since when it is beyond its bound, which is before the release where only that makes it fire; absent where a
   * rule does not remember.
   */
  beyondSinceMs?(state: S): InstantMs | null;
  /** Beyond its bound, but not yet for long enough. */
  isPending(state: S, clockMs: InstantMs): boolean;
  /** Why there is nothing to judge although samples come, such as a window without traffic; null where there is. */
  lacks(state: S, clockMs: InstantMs): InconclusiveReason | null;
  samples(state: S): number;
  describe(state: S, standing: Standing): Described;
}
