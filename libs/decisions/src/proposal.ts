import type { VerdictChanged } from '@parapet/guardrails';
import { canonicalJson, formatInstant, type InstantMs } from '@parapet/kernel';
import type { OnExpiry, ProposalChanged, ProposalEnd, ProposalEnded, ProposalOpened } from './events.js';
import type { Surroundings } from './inputs.js';
import type { PlannedRollback } from './plan.js';
import type { OpenProposal, RunningRelease } from './state.js';
import { alternativesOf, headlineOf, ifNothingOf, worstFirst } from './words.js';

/** Asks people: the evidence, the plan, and what happens if nobody answers. */
export function openProposalFor(
  state: RunningRelease,
  verdict: VerdictChanged,
  planned: PlannedRollback,
  at: { readonly nowMs: InstantMs; readonly around: Surroundings },
): ProposalOpened {
  const { registered } = state;
  const { proposal: asking } = registered.decisionPolicy;
  const expiresAt = formatInstant(at.nowMs + asking.expiresAfterMs);
  const onExpiry = effectiveOnExpiry(asking.onExpiry, planned);
  const follows = state.proposals.at(-1)?.opened.proposal;
  return {
    type: 'ProposalOpened',
    proposal: at.around.ids.proposal,
    headline: headlineOf(registered, verdict, state, at.nowMs),
    plan: planned.plan,
    planDigest: planned.planDigest,
    evidenceDigest: evidenceDigestOf(verdict, at.around.digest),
    expiresAt,
    onExpiry,
    approvalsNeeded: asking.approvalsNeeded,
    page: `${at.around.consoleUrl}/proposals/${at.around.ids.proposal}`,
    ifNothing: ifNothingOf(onExpiry, registered, expiresAt),
    alternatives: alternativesOf(registered),
    ...(follows === undefined ? {} : { follows }),
  };
}

/** Going back without anybody's word needs steps, and every one of them reversible. */
function effectiveOnExpiry(declared: OnExpiry, planned: PlannedRollback): OnExpiry {
  const { steps } = planned.plan;
  const mayGoBack = steps.length > 0 && steps.every((step) => step.reversible === 'yes');
  return declared === 'roll-back' && !mayGoBack ? 'hold' : declared;
}

/** Digest of the evidence that carries a proposal, with the numbers that were shown. */
export function evidenceDigestOf(verdict: VerdictChanged, digest: Surroundings['digest']): string {
  const guardrails = worstFirst(verdict.guardrails).filter((report) => report.mode !== 'observe');
  return digest(canonicalJson({ verdict: verdict.to, guardrails, evidence: verdict.evidence.sha256 }));
}

/** The proposal as it now has to be shown; a greater revision makes the approvals lapse. */
export function changeProposal(
  state: RunningRelease,
  verdict: VerdictChanged,
  open: OpenProposal,
  to: { readonly revision: number; readonly evidenceDigest: string; readonly isRecovering: boolean },
  nowMs: InstantMs,
): ProposalChanged {
  const isNewRevision = to.revision > open.revision;
  return {
    type: 'ProposalChanged',
    proposal: open.opened.proposal,
    revision: to.revision,
    headline: isNewRevision ? headlineOf(state.registered, verdict, state, nowMs) : open.headline,
    evidenceDigest: to.evidenceDigest,
    recovering: to.isRecovering,
  };
}

/** The one end of a proposal. */
export function endProposal(
  open: OpenProposal,
  end: ProposalEnd,
  by: readonly string[],
  reason: string,
): ProposalEnded {
  return {
    type: 'ProposalEnded',
    proposal: open.opened.proposal,
    end,
    by,
    reason,
    planDigest: open.opened.planDigest,
    override: false,
  };
}
