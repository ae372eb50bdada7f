import type { ComponentVersion } from '@parapet/actuation';
import type { OnExpiry, Plan, ProposalEnd } from '@parapet/decisions';
import type { GuardrailReport } from '@parapet/guardrails';

/** GET /v1/proposals (items) and GET /v1/proposals/{id} */
export interface ProposalView {
  readonly id: string;
  readonly revision: number;
  readonly state: 'open' | ProposalEnd;
  readonly openedAt: string;
  readonly expiresAt: string;
  readonly onExpiry: OnExpiry;
  readonly headline: string;
  readonly recovering: boolean;
  readonly release: {
    readonly id: string;
    readonly name: string;
    readonly environment: string;
    readonly workload: string;
    readonly components: readonly ComponentVersion[];
    readonly liveAt: string | null;
    readonly startedBy?: string;
  };
  readonly previous: {
    readonly release: string;
    readonly name: string | null;
    readonly components: readonly ComponentVersion[];
  } | null;
  readonly evidence: readonly GuardrailReport[];
  readonly passing: readonly GuardrailReport[];
  readonly unknown: readonly GuardrailReport[];
  readonly evidenceDigest: string;
  readonly plan: Plan;
  readonly planDigest: string;
  readonly ifNothing: string;
  readonly alternatives: readonly string[];
  readonly acknowledgement: { readonly by: string; readonly until: string } | null;
  readonly approvalsNeeded: number;
  readonly approvals: readonly { readonly by: string; readonly at: string; readonly reason: string }[];
  readonly comments: readonly { readonly by: string; readonly at: string; readonly text: string }[];
  /** May the reader approve, and if not why. */
  readonly eligible: { readonly may: boolean; readonly why?: string };
  readonly ended: {
    readonly end: ProposalEnd;
    readonly by: readonly string[];
    readonly at: string;
    readonly reason: string;
  } | null;
  readonly links: { readonly page: string };
}

/** POST /v1/proposals/{id}/answers; `If-Match` with the revision for `approve` and `reject`. */
export interface AnswerRequest {
  readonly answer: 'acknowledge' | 'unacknowledge' | 'comment' | 'approve' | 'withdraw' | 'reject';
  readonly text?: string;
  readonly reason?: string;
  readonly planId?: string;
  readonly planDigest?: string;
}
