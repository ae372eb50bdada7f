import { ProblemError } from '@parapet/nest';
import type { ProposalView } from '@parapet/contracts';
import { eligibilityRefusal } from '@parapet/decisions';
import type { InstantMs, MakeId } from '@parapet/kernel';
import { parseInstant } from '@parapet/kernel';
import type { Tx } from '@parapet/postgres';
import { type Caller, mayDo } from '../access/rights.js';
import type { AnswerBody } from '../http/requests.js';
import { problemOf } from '../releases/deployments.js';
import { findRelease } from '../releases/release-store.js';
import type { By, ReleaseStreams } from '../releases/release-streams.js';
import type { StoredProposal } from '../releases/views.js';
import { findProposal } from './proposal-store.js';

/** A page's button was pressed on a sign-in older than this: ask who is there again. */
const APPROVAL_SIGN_IN_MS = 15 * 60_000;

/** Takes people's answers to proposals. */
export class Answers {
  constructor(
    private readonly streams: ReleaseStreams,
    private readonly makeId: MakeId,
  ) {}

  /** Counts an answer and gives the proposal as it stands then. */
  async answer(
    tx: Tx,
    id: string,
    body: AnswerBody,
    revision: number | undefined,
    caller: Caller,
    by: By,
  ): Promise<StoredProposal> {
    const proposal = await findProposal(tx, id);
    const release = proposal === null ? null : await findRelease(tx, proposal.release.id);
    if (proposal === null || release === null)
      throw new ProblemError(404, 'unknown-proposal', `there is no proposal ${id}`);
    const { text, reason, planId, planDigest } = body;
    const acted = await this.streams.decide(tx, release, by, (nowMs, around) => ({
      type: 'AnswerProposal',
      nowMs,
      answer: this.makeId('ans'),
      proposal: id,
      word: body.answer,
      by: { subject: caller.subject, mayRespond: mayDo(caller, 'respond'), mayApprove: mayDo(caller, 'approve') },
      ...(text === undefined ? {} : { text }),
      ...(reason === undefined ? {} : { reason }),
      ...(planId === undefined ? {} : { planId }),
      ...(planDigest === undefined ? {} : { planDigest }),
      ...(revision === undefined ? {} : { revision }),
      around,
    }));
    if (acted.refusal !== null) throw problemOf(acted.refusal);
    const after = await findProposal(tx, id);
    if (after === null) throw new Error(`proposal ${id} was answered and is not there`);
    return after;
  }
}

/** Approving and rejecting name the revision that was shown. */
export function shownRevision(answer: AnswerBody['answer'], ifMatch: string | undefined): number | undefined {
  if (answer !== 'approve' && answer !== 'reject') return undefined;
  if (ifMatch === undefined) {
    throw new ProblemError(428, 'precondition-required', `to ${answer} send If-Match with the ETag of what was shown`, {
      field: '/If-Match',
    });
  }
  const revision = /^(?:W\/)?"(\d{1,15})"$/.exec(ifMatch.trim())?.[1];
  // Anything else is no revision of ours, so it matches none.
  return revision === undefined ? -1 : Number(revision);
}

/** Approvals ask for a sign-in not older than fifteen minutes; a token proves itself with every request. */
export function demandFreshSignIn(answer: AnswerBody['answer'], caller: Caller, nowMs: InstantMs): void {
  const isFresh = caller.auth === 'token' || nowMs - caller.authTimeMs <= APPROVAL_SIGN_IN_MS;
  if (answer !== 'approve' || isFresh) return;
  throw new ProblemError(
    401,
    'sign-in-too-old',
    'to approve, sign in again: the last sign-in is older than 15 minutes',
    {
      headers: { 'WWW-Authenticate': 'Bearer error="insufficient_user_authentication", max_age=900' },
    },
  );
}

/** The proposal as this reader sees it at this moment. */
export function proposalFor(stored: StoredProposal, caller: Caller, nowMs: InstantMs): ProposalView {
  const { starterMayApprove, ...view } = stored;
  const until = view.acknowledgement === null ? null : parseInstant(view.acknowledgement.until);
  const isHeld = until !== null && nowMs < until;
  return {
    ...view,
    acknowledgement: isHeld ? view.acknowledgement : null,
    eligible: eligible(stored, caller, nowMs, starterMayApprove),
  };
}

function eligible(
  stored: StoredProposal,
  caller: Caller,
  nowMs: InstantMs,
  starterMayApprove: boolean,
): ProposalView['eligible'] {
  if (stored.state !== 'open') return { may: false, why: 'already-ended' };
  if (nowMs >= (parseInstant(stored.expiresAt) ?? 0)) return { may: false, why: 'already-ended' };
  if (!mayDo(caller, 'approve')) return { may: false, why: 'wrong-role' };
  const facts = {
    hasSteps: stored.plan.steps.length > 0,
    startedBy: stored.release.startedBy,
    starterMayApprove,
    approvedBy: stored.approvals.map((approval) => approval.by),
  };
  const refusal = eligibilityRefusal(facts, caller.subject);
  return refusal === null ? { may: true } : { may: false, why: refusal.why ?? refusal.code };
}
