import type { VerdictKind } from '../events.js';
import type { Mode } from '../guardrail.js';

/** A person said that a verdict, or one guardrail's part in it, was right or wrong. A later word of the same person replaces it. */
export interface VerdictMarked {
  readonly type: 'VerdictMarked';
  /** Sequence of the `verdict.changed` that is meant. */
  readonly verdict: number;
  /** What that verdict said. */
  readonly said: VerdictKind;
  /** Absent: the verdict as a whole. */
  readonly guardrail?: string;
  readonly right: boolean;
  readonly reason: string;
  readonly by: string;
}

/** Why a guardrail moved on the ladder observe → propose → act. */
export type ModeReason =
  /** Its policy says so. */
  | 'declared'
  /** It was never shown to return data. */
  | 'no-data'
  /** It was never seen to breach, neither in a watch nor in a test with an injected fault. */
  | 'no-breach-shown'
  /** What was lacking has been shown. */
  | 'proven'
  /** Its breaches were marked wrong too often. */
  | 'precision'
  /** A person lifted the step-down for its precision. */
  | 'restored'
  /** A person applied it without the proof. */
  | 'forced';

/** A guardrail moved on the ladder, or was stepped down for its precision. */
export interface GuardrailModeChanged {
  readonly type: 'GuardrailModeChanged';
  readonly policy: string;
  readonly guardrail: string;
  readonly from: Mode;
  readonly to: Mode;
  readonly reason: ModeReason;
  /** Share of its marked breaches that were right; absent where none is marked. */
  readonly precision?: number;
  readonly right?: number;
  readonly wrong?: number;
  /** What the person who did it said; absent where nobody did. */
  readonly note?: string;
  readonly by: string;
}

/** What release-control says about how far a guardrail is to be trusted. */
export type LadderEvent = VerdictMarked | GuardrailModeChanged;
