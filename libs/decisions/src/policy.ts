import type { Mode } from '@parapet/guardrails';
import type { Criticality, OnExpiry, Reversibility } from './events.js';

/** One row of a decision table: every named condition must hold; an absent one always does. First match counts. */
export interface DecisionRule {
  readonly name: string;
  readonly when: {
    readonly criticality?: readonly Criticality[];
    readonly reversibility?: readonly Reversibility[];
    /** The most that the evidence supports (the guardrails' own mode). */
    readonly mode?: readonly Mode[];
  };
  readonly then: 'observe' | 'propose' | 'auto';
}

/** What follows from a failed release: the table, and how people are asked. */
export interface DecisionPolicy {
  readonly name: string;
  readonly revision: number;
  readonly rules: readonly DecisionRule[];
  readonly proposal: {
    readonly expiresAfterMs: number;
    readonly onExpiry: OnExpiry;
    readonly approvalsNeeded: number;
    /** Whether the person who started the release may approve. */
    readonly starterMayApprove: boolean;
    readonly acknowledgeForMs: number;
  };
  /** How long a rollback order stays valid. */
  readonly orderValidForMs: number;
}
