import type { ActuationEvent, ComponentVersion, RollbackOrdered } from '@parapet/actuation';
import type { EvaluationEvent, GuardrailPolicy } from '@parapet/guardrails';
import type { DecisionPolicy } from './policy.js';

export type Criticality = 'low' | 'medium' | 'high';
/** Whether what a release changed can be undone; `unknown` when nobody said. */
export type Reversibility = 'yes' | 'partly' | 'no' | 'unknown';
export type ReleasePhase =
  | 'registered'
  | 'refused'
  | 'deploying'
  | 'live'
  | 'failed'
  | 'superseded'
  | 'rolled-back'
  | 'finished';

/** The part of an environment that runs the release; both absent: all of it. */
export interface Scope {
  readonly stores?: readonly string[];
  readonly percent?: number;
}

/** Something a deployment changes and whether it can be undone. */
export interface ReleaseStep {
  readonly kind: string;
  readonly what: string;
  readonly reversible: 'yes' | 'partly' | 'no';
  readonly pointOfNoReturn?: string;
}

export interface ReleaseRegistered {
  readonly type: 'ReleaseRegistered';
  readonly name: string;
  readonly workload: string;
  readonly environment: string;
  readonly components: readonly ComponentVersion[];
  /** The release to go back to; null where none of the workload has passed yet. */
  readonly previous: { readonly release: string; readonly components: readonly ComponentVersion[] } | null;
  readonly steps: readonly ReleaseStep[];
  readonly criticality: Criticality;
  readonly reversibility: Reversibility;
  /** Fixed for the watch. */
  readonly guardrailPolicy: GuardrailPolicy;
  /** Fixed for the watch, whole: the stream alone explains every decision later, whatever the configuration says by then. */
  readonly decisionPolicy: DecisionPolicy;
  readonly origin: 'api' | 'inferred';
  readonly startedBy?: string;
  readonly links?: readonly { readonly title: string; readonly href: string }[];
  readonly labels?: Readonly<Record<string, string>>;
}

export interface ReleasePhaseChanged {
  readonly type: 'ReleasePhaseChanged';
  readonly from: ReleasePhase;
  readonly to: ReleasePhase;
  /** When the sender says it happened, RFC 3339. */
  readonly at: string;
  readonly scope?: Scope;
  readonly by: string;
  readonly reason?: string;
}

export interface DecisionMade {
  readonly type: 'DecisionMade';
  readonly outcome: 'observe' | 'propose' | 'auto';
  /** The rule of the policy that fired, in words. */
  readonly rule: string;
  readonly criticality: Criticality;
  readonly reversibility: Reversibility;
}

/** What would be done, in the words a person approves. */
export interface Plan {
  readonly planId: string;
  readonly steps: readonly {
    readonly what: string;
    readonly target: string;
    readonly seconds?: number;
    readonly reversible: 'yes' | 'partly' | 'no';
    readonly loses?: string;
    readonly needs?: string;
  }[];
  /** What stays changed afterwards. */
  readonly notUndone: readonly string[];
}

export type OnExpiry = 'hold' | 'roll-back' | 'accept';
export type ProposalEnd = 'approved' | 'rejected' | 'cancelled' | 'expired';

export interface ProposalOpened {
  readonly type: 'ProposalOpened';
  readonly proposal: string;
  readonly headline: string;
  readonly plan: Plan;
  readonly planDigest: string;
  /** Digest of the evidence that carries the proposal: an approval names what it saw. */
  readonly evidenceDigest: string;
  readonly expiresAt: string;
  readonly onExpiry: OnExpiry;
  readonly approvalsNeeded: number;
  readonly page: string;
  readonly ifNothing: string;
  readonly alternatives: readonly string[];
  /** The earlier proposal of this release, if there was one. */
  readonly follows?: string;
}

export interface ProposalAcknowledged {
  readonly type: 'ProposalAcknowledged';
  readonly proposal: string;
  readonly answer: string;
  readonly by: string;
  /** RFC 3339; the acknowledgement lapses then. Absent: given back. */
  readonly until?: string;
  readonly revision: number;
}

export interface ProposalCommented {
  readonly type: 'ProposalCommented';
  readonly proposal: string;
  readonly answer: string;
  readonly by: string;
  readonly text: string;
  readonly revision: number;
}

/** One approval or rejection counted, or given back; ends nothing by itself. */
export interface ProposalAnswered {
  readonly type: 'ProposalAnswered';
  readonly proposal: string;
  readonly answer: string;
  readonly word: 'approve' | 'reject' | 'withdraw';
  readonly by: string;
  readonly reason: string;
  readonly planDigest?: string;
  readonly revision: number;
}

/** The plan, the verdict or the set of guardrails in breach changed: approvals lapse. */
export interface ProposalChanged {
  readonly type: 'ProposalChanged';
  readonly proposal: string;
  readonly revision: number;
  readonly headline: string;
  readonly evidenceDigest: string;
  readonly recovering: boolean;
}

export interface ProposalEnded {
  readonly type: 'ProposalEnded';
  readonly proposal: string;
  readonly end: ProposalEnd;
  readonly by: readonly string[];
  readonly reason: string;
  readonly planDigest: string;
  readonly override: boolean;
}

/** What release-control says in a release's stream. */
export type ControlEvent =
  | ReleaseRegistered
  | ReleasePhaseChanged
  | DecisionMade
  | ProposalOpened
  | ProposalAcknowledged
  | ProposalCommented
  | ProposalAnswered
  | ProposalChanged
  | ProposalEnded
  | RollbackOrdered;

/** Everything that a release's stream may hold, whoever said it. */
export type ReleaseEvent = ControlEvent | EvaluationEvent | ActuationEvent;
