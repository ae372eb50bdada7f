import { formatInstant, parseInstant, unreachable } from '@parapet/kernel';
import type { ControlEvent, ProposalAcknowledged, ProposalAnswered } from './events.js';
import { withWatchEnd } from './follow.js';
import {
  type AnswerProposal,
  type ExpireProposal,
  type Outcome,
  type Refusal,
  refuse,
  type Surroundings,
} from './inputs.js';
import { enterPhase } from './phases.js';
import { obstacleOf, orderOf, type PlannedRollback, planRollback } from './plan.js';
import { endProposal } from './proposal.js';
import {
  evolve,
  isRunning,
  type KnownRelease,
  type OpenProposal,
  openProposal,
  type ProposalState,
  type ReleaseState,
} from './state.js';

/** Counts a person's answer for what was shown to that person, or says why it does not count. */
export function answer(state: ReleaseState, input: AnswerProposal): Outcome {
  const proposal =
    state.phase === 'unregistered' ? undefined : state.proposals.find((p) => p.opened.proposal === input.proposal);
  if (state.phase === 'unregistered' || proposal === undefined)
    return refuse('unknown-proposal', 404, 'there is no such proposal');
  const wrongRole = roleRefusal(input);
  if (wrongRole !== null) return wrongRole;
  if (proposal.state === 'ended') return alreadyEnded(proposal);
  if (isOver(proposal, input.nowMs)) return overTime(proposal);
  switch (input.word) {
    case 'acknowledge':
      return [acknowledged(state, proposal, input)];
    case 'unacknowledge':
      return unacknowledge(proposal, input);
    case 'comment':
      return comment(proposal, input);
    case 'approve':
      return approve(state, proposal, input);
    case 'withdraw':
      return withdraw(proposal, input);
    case 'reject':
      return reject(state, proposal, input);
    default:
      return unreachable(input.word);
  }
}

function roleRefusal(input: AnswerProposal): Refusal | null {
  const needsApprover = input.word === 'approve' || input.word === 'reject' || input.word === 'withdraw';
  const isAllowed = needsApprover ? input.by.mayApprove : input.by.mayRespond;
  if (isAllowed) return null;
  const role = needsApprover ? 'approver' : 'responder';
  return refuse('not-eligible', 403, `wrong-role: ${input.word} needs the role ${role}`, { why: 'wrong-role' });
}

function alreadyEnded(proposal: Extract<ProposalState, { state: 'ended' }>): Refusal {
  const { end, by, reason } = proposal.ended;
  return refuse('already-ended', 409, `the proposal has ended: ${end}, ${reason}`, {
    current: { state: end, revision: proposal.revision, by, reason },
  });
}

function overTime(proposal: OpenProposal): Refusal {
  const { expiresAt } = proposal.opened;
  return refuse('already-ended', 409, `the proposal expired at ${expiresAt}`, {
    current: { state: 'expired', revision: proposal.revision, by: [], reason: 'nobody decided in time', expiresAt },
  });
}

/** At `expiresAt` the time is over, whatever the sender's clock says. */
function isOver(proposal: OpenProposal, nowMs: number): boolean {
  const expiresAtMs = parseInstant(proposal.opened.expiresAt);
  return expiresAtMs === null || nowMs >= expiresAtMs;
}

function acknowledged(state: KnownRelease, proposal: OpenProposal, input: AnswerProposal): ProposalAcknowledged {
  const untilMs = input.nowMs + state.registered.decisionPolicy.proposal.acknowledgeForMs;
  const expiresAtMs = parseInstant(proposal.opened.expiresAt) ?? untilMs;
  return {
    type: 'ProposalAcknowledged',
    proposal: input.proposal,
    answer: input.answer,
    by: input.by.subject,
    until: formatInstant(Math.min(untilMs, expiresAtMs)),
    revision: proposal.revision,
  };
}

function unacknowledge(proposal: OpenProposal, input: AnswerProposal): Outcome {
  const isHolder = proposal.acknowledgement?.by === input.by.subject;
  if (!isHolder)
    return refuse('not-eligible', 403, 'not-the-holder: only who acknowledged can give it back', {
      why: 'not-the-holder',
    });
  const { answer: id, by } = input;
  return [
    { type: 'ProposalAcknowledged', proposal: input.proposal, answer: id, by: by.subject, revision: proposal.revision },
  ];
}

function comment(proposal: OpenProposal, input: AnswerProposal): Outcome {
  const text = input.text?.trim() ?? '';
  if (text === '') return refuse('reason-required', 422, 'a comment needs a text', { field: '/text' });
  const { answer: id, by } = input;
  return [
    {
      type: 'ProposalCommented',
      proposal: input.proposal,
      answer: id,
      by: by.subject,
      text,
      revision: proposal.revision,
    },
  ];
}

function answered(proposal: OpenProposal, input: AnswerProposal, word: ProposalAnswered['word']): ProposalAnswered {
  return {
    type: 'ProposalAnswered',
    proposal: input.proposal,
    answer: input.answer,
    word,
    by: input.by.subject,
    reason: input.reason?.trim() ?? '',
    ...(word === 'approve' ? { planDigest: proposal.opened.planDigest } : {}),
    revision: proposal.revision,
  };
}

function approve(state: KnownRelease, proposal: OpenProposal, input: AnswerProposal): Outcome {
  const stopped =
    eligibilityRefusal(approvalFacts(state, proposal), input.by.subject) ??
    shownRefusal(proposal, input) ??
    reasonRefusal(input);
  if (stopped !== null) return stopped;
  const counted = answered(proposal, input, 'approve');
  const approvers = [...new Set([...proposal.approvals.map((a) => a.by), input.by.subject])];
  if (approvers.length < proposal.opened.approvalsNeeded) return [counted];
  return [counted, ...carryOut(state, proposal, approvers, { proposal: input.proposal }, input)];
}

/** What decides who may approve a proposal. */
export interface ApprovalFacts {
  readonly hasSteps: boolean;
  readonly startedBy: string | undefined;
  readonly starterMayApprove: boolean;
  readonly approvedBy: readonly string[];
}

function approvalFacts(state: KnownRelease, proposal: OpenProposal): ApprovalFacts {
  const { startedBy, decisionPolicy } = state.registered;
  return {
    hasSteps: proposal.opened.plan.steps.length > 0,
    startedBy,
    starterMayApprove: decisionPolicy.proposal.starterMayApprove,
    approvedBy: proposal.approvals.map((approval) => approval.by),
  };
}

/** Why a person may not approve an open proposal, apart from their role; null if they may. */
export function eligibilityRefusal(facts: ApprovalFacts, subject: string): Refusal | null {
  if (!facts.hasSteps) {
    return refuse('no-way-back', 409, 'there is nothing to go back to: reject it, or choose one of the alternatives');
  }
  if (facts.startedBy === subject && !facts.starterMayApprove) {
    return refuse('not-eligible', 403, 'self-approval: who started the release does not approve its rollback', {
      why: 'self-approval',
    });
  }
  if (facts.approvedBy.includes(subject)) {
    return refuse('not-eligible', 403, 'second-approval-same-person: this person has approved already', {
      why: 'second-approval-same-person',
    });
  }
  return null;
}

/** An answer counts for what was shown; anything else on the page by now means asking again. */
function shownRefusal(proposal: OpenProposal, input: AnswerProposal): Refusal | null {
  const { plan, planDigest } = proposal.opened;
  const isShown =
    input.revision === proposal.revision &&
    (input.word === 'reject' || (input.planId === plan.planId && input.planDigest === planDigest));
  if (isShown) return null;
  return refuse('changed', 412, 'the plan or the evidence is no longer what was shown', {
    current: {
      state: 'open',
      revision: proposal.revision,
      planId: plan.planId,
      planDigest,
      evidenceDigest: proposal.evidenceDigest,
    },
  });
}

function reasonRefusal(input: AnswerProposal): Refusal | null {
  const hasReason = (input.reason?.trim() ?? '') !== '';
  return hasReason ? null : refuse('reason-required', 422, `to ${input.word} needs a reason`, { field: '/reason' });
}

/** The way from a decided proposal to its order: everything that must hold is looked at once more. */
function carryOut(
  state: KnownRelease,
  proposal: OpenProposal,
  approvers: readonly string[],
  decidedBy: { readonly proposal: string; readonly policy?: string },
  at: { readonly nowMs: number; readonly around: Surroundings },
): readonly ControlEvent[] {
  const planned = planRollback(state.registered, proposal.opened.plan.planId, at.around);
  const broken = brokenPrecondition(state, proposal, planned, at.around);
  if (broken !== null) return withWatchEnd(state, [endProposal(proposal, 'cancelled', approvers, broken)], at.nowMs);
  const end =
    decidedBy.policy === undefined
      ? endProposal(proposal, 'approved', approvers, 'approved by as many people as are needed')
      : endProposal(proposal, 'expired', [], 'nobody decided in time; rolled back as declared');
  return [end, orderOf(state.registered, planned, decidedBy, at.around, at.nowMs)];
}

function brokenPrecondition(
  state: KnownRelease,
  proposal: OpenProposal,
  planned: PlannedRollback,
  around: Surroundings,
): string | null {
  if (!isRunning(state)) return `the release no longer runs: it is ${state.phase}`;
  if (state.rollback?.state === 'ordered' || state.rollback?.state === 'running')
    return 'a rollback of this release is under way';
  const obstacle = obstacleOf(state.registered, planned, around);
  if (obstacle !== null) return obstacle;
  return planned.planDigest === proposal.opened.planDigest ? null : 'the steps of the plan no longer apply';
}

function withdraw(proposal: OpenProposal, input: AnswerProposal): Outcome {
  const hasApproved = proposal.approvals.some((approval) => approval.by === input.by.subject);
  if (!hasApproved)
    return refuse('not-eligible', 403, 'not-approved: there is no approval of this person to take back', {
      why: 'not-approved',
    });
  return reasonRefusal(input) ?? [answered(proposal, input, 'withdraw')];
}

function reject(state: KnownRelease, proposal: OpenProposal, input: AnswerProposal): Outcome {
  const stopped = shownRefusal(proposal, input) ?? reasonRefusal(input);
  if (stopped !== null) return stopped;
  const counted = answered(proposal, input, 'reject');
  const ended = endProposal(proposal, 'rejected', [input.by.subject], counted.reason);
  return withWatchEnd(state, [counted, ended], input.nowMs);
}

/** Ends a proposal whose time is over with what was declared from the start. */
export function expire(state: ReleaseState, input: ExpireProposal): readonly ControlEvent[] {
  if (state.phase === 'unregistered') return [];
  const open = openProposal(state);
  if (open === null || open.opened.proposal !== input.proposal || !isOver(open, input.nowMs)) return [];
  switch (open.opened.onExpiry) {
    case 'hold':
      return withWatchEnd(state, [endProposal(open, 'expired', [], 'nobody decided in time')], input.nowMs);
    case 'roll-back': {
      const policy = state.registered.decisionPolicy.name;
      return carryOut(state, open, [], { proposal: input.proposal, policy }, input);
    }
    case 'accept':
      return accept(state, open, input);
    default:
      return unreachable(open.opened.onExpiry);
  }
}

function accept(state: KnownRelease, open: OpenProposal, input: ExpireProposal): readonly ControlEvent[] {
  const ended = endProposal(open, 'expired', [], 'nobody decided in time; kept as declared');
  const after = evolve(state, ended);
  if (after.phase !== 'live') return [ended];
  const said = { at: formatInstant(input.nowMs), by: 'release-control', reason: 'kept: nobody decided in time' };
  return [ended, ...enterPhase(after, 'finished', said)];
}
