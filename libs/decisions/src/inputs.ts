import type { InstantMs } from '@parapet/kernel';
import type { ControlEvent, ReleasePhase, ReleaseRegistered, Scope } from './events.js';

/** What lies outside a release's own stream and is needed to decide: fresh ids, and how things stand at this moment. */
export interface Surroundings {
  /** The release's id, which is its stream's name. */
  readonly release: string;
  /** The target of each component, as the workload declares it now. */
  readonly targets: Readonly<Record<string, string>>;
  /** The actuation of another release that holds one of the components; null if there is none. */
  readonly heldBy: string | null;
  /** The console's address; a proposal's page is below it. */
  readonly consoleUrl: string;
  /** Used only if something of the kind is made. */
  readonly ids: { readonly proposal: string; readonly plan: string; readonly actuation: string };
  /** SHA-256 in hex of a canonical text. */
  readonly digest: (canonical: string) => string;
}

/** Somebody names a planned release; everything that stays fixed for its watch is already resolved. */
export interface RegisterRelease {
  readonly type: 'RegisterRelease';
  readonly release: Omit<ReleaseRegistered, 'type'>;
}

/** The readiness gate has looked at a registered release. */
export interface JudgeReadiness {
  readonly type: 'JudgeReadiness';
  readonly nowMs: InstantMs;
  readonly isReady: boolean;
  readonly reason: string;
  readonly by: string;
}

/** A deployment says how far it is. */
export interface ChangePhase {
  readonly type: 'ChangePhase';
  readonly phase: ReleasePhase;
  /** The sender's time, RFC 3339. */
  readonly at: string;
  readonly scope?: Scope;
  readonly by: string;
  readonly reason?: string;
}

/** Something new stands in the stream (a verdict, a recovery, an actuation's outcome): what follows from it? */
export interface Follow {
  readonly type: 'Follow';
  readonly nowMs: InstantMs;
  readonly around: Surroundings;
}

/** Who answers, by the subject at the identity provider, and what their roles allow. */
export interface Person {
  readonly subject: string;
  readonly mayRespond: boolean;
  readonly mayApprove: boolean;
}

export type AnswerWord = 'acknowledge' | 'unacknowledge' | 'comment' | 'approve' | 'withdraw' | 'reject';

/** A person's word on a proposal, with what was shown to that person. */
export interface AnswerProposal {
  readonly type: 'AnswerProposal';
  readonly nowMs: InstantMs;
  readonly answer: string;
  readonly proposal: string;
  readonly word: AnswerWord;
  readonly by: Person;
  readonly text?: string;
  readonly reason?: string;
  readonly planId?: string;
  readonly planDigest?: string;
  /** The revision that was shown; needed to approve and to reject. */
  readonly revision?: number;
  readonly around: Surroundings;
}

/** The proposal's time may be over. */
export interface ExpireProposal {
  readonly type: 'ExpireProposal';
  readonly nowMs: InstantMs;
  readonly proposal: string;
  readonly around: Surroundings;
}

export type DecisionInput = RegisterRelease | JudgeReadiness | ChangePhase | Follow | AnswerProposal | ExpireProposal;

/** Why a command was not carried out: an expected outcome, so a value. */
export interface Refusal {
  readonly refused: true;
  readonly code:
    | 'unknown-release'
    | 'name-taken'
    | 'phase'
    | 'unknown-proposal'
    | 'already-ended'
    | 'changed'
    | 'not-eligible'
    | 'reason-required'
    | 'no-way-back';
  /** The status that says the same over HTTP. */
  readonly status: 403 | 404 | 409 | 412 | 422;
  readonly detail: string;
  /** `self-approval`, `wrong-role`, `second-approval-same-person`, `not-the-holder`, `not-approved`. */
  readonly why?: string;
  /** JSON pointer of the member that is missing or wrong. */
  readonly field?: string;
  /** The present state of the thing. */
  readonly current?: unknown;
}

/** What follows from an input: events, possibly none, or why not. */
export type Outcome = readonly ControlEvent[] | Refusal;

/** Whether an outcome is a refusal. */
export function isRefusal(outcome: Outcome): outcome is Refusal {
  return !Array.isArray(outcome);
}

export function refuse(
  code: Refusal['code'],
  status: Refusal['status'],
  detail: string,
  more: Pick<Refusal, 'why' | 'field' | 'current'> = {},
): Refusal {
  return { refused: true, code, status, detail, ...more };
}
