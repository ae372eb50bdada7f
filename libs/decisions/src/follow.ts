import type { VerdictChanged } from '@parapet/guardrails';
import { formatInstant, type InstantMs, unreachable } from '@parapet/kernel';
import type { ControlEvent, DecisionMade } from './events.js';
import type { Follow } from './inputs.js';
import { enterPhase } from './phases.js';
import { obstacleOf, orderOf, planRollback } from './plan.js';
import { changeProposal, endProposal, evidenceDigestOf, openProposalFor } from './proposal.js';
import {
  carryingGuardrails,
  evolve,
  isRunning,
  type KnownRelease,
  type OpenProposal,
  openProposal,
  type ReleaseState,
  type RunningRelease,
} from './state.js';
import { choose, isStronger } from './table.js';

/**
 * What follows from the stream as it stands.
 *
 * It looks at the state and not at the message that woke it: a repeat finds its answer already there, and several
 * events heard late at once are answered by one decision on the newest.
 */
export function follow(state: ReleaseState, input: Follow): readonly ControlEvent[] {
  if (!isRunning(state)) return [];
  const { rollback } = state;
  if (rollback === null) return onVerdict(state, input);
  switch (rollback.state) {
    case 'ordered':
    case 'running':
      return [];
    case 'finished':
    case 'verified':
      return rollback.finished?.outcome === 'done'
        ? rolledBack(state, input, rollback.order.actuation)
        : onVerdict(state, input);
    default:
      return unreachable(rollback);
  }
}

function rolledBack(state: RunningRelease, input: Follow, actuation: string): readonly ControlEvent[] {
  return enterPhase(state, 'rolled-back', {
    at: formatInstant(input.nowMs),
    by: 'rollback-actuation',
    reason: `${actuation} is done`,
  });
}

function onVerdict(state: RunningRelease, input: Follow): readonly ControlEvent[] {
  const { verdict } = state;
  if (verdict?.to !== 'fail') return withWatchEnd(state, [], input.nowMs);
  const open = openProposal(state);
  const decided = isDecisionDue(state, verdict, open) ? decideOn(state, verdict, open, input) : [];
  if (decided.length > 0) return withWatchEnd(state, decided, input.nowMs);
  return withWatchEnd(state, open === null ? [] : whileOpen(state, verdict, open, input), input.nowMs);
}

/** A failed release is decided on once, and again when its evidence supports more than it did or a rollback of it failed. */
function isDecisionDue(state: RunningRelease, verdict: VerdictChanged, open: OpenProposal | null): boolean {
  if (state.decision === null || isStronger(verdict.mode, state.decision.mode)) return true;
  if (hasUnansweredFailure(state)) return true;
  const last = state.proposals.at(-1);
  // Moving numbers are no new evidence; a guardrail that was not in breach when people decided is.
  return (
    open === null && last !== undefined && carryingGuardrails(verdict).some((name) => !last.carriedBy.includes(name))
  );
}

function decideOn(
  state: RunningRelease,
  verdict: VerdictChanged,
  open: OpenProposal | null,
  input: Follow,
): readonly ControlEvent[] {
  const { registered } = state;
  const planned = planRollback(registered, input.around.ids.plan, input.around);
  const decision = choose(registered.decisionPolicy, {
    criticality: registered.criticality,
    reversibility: registered.reversibility,
    mode: verdict.mode,
    obstacle: obstacleToAct(state) ?? obstacleOf(registered, planned, input.around),
  });
  const policy = registered.decisionPolicy.name;
  switch (decision.outcome) {
    case 'observe':
      return open === null ? [decision] : [];
    case 'propose':
      return open === null ? [decision, openProposalFor(state, verdict, planned, input)] : [];
    case 'auto':
      return [
        decision,
        ...endedBy(decision, open),
        orderOf(registered, planned, { policy }, input.around, input.nowMs),
      ];
    default:
      return unreachable(decision.outcome);
  }
}

function endedBy(decision: DecisionMade, open: OpenProposal | null): readonly ControlEvent[] {
  return open === null ? [] : [endProposal(open, 'cancelled', [], `the policy now decides alone (${decision.rule})`)];
}

/** What people or targets have said before stands against acting without people. */
function obstacleToAct(state: RunningRelease): string | null {
  if (state.rollback !== null) return 'the last rollback of this release failed';
  const last = state.proposals.at(-1);
  const wasRejected = last?.state === 'ended' && last.ended.end === 'rejected';
  return wasRejected ? 'a person has rejected going back before' : null;
}

function hasUnansweredFailure(state: RunningRelease): boolean {
  return state.rollback?.state === 'finished' && !state.rollback.isFollowedUp;
}

function whileOpen(
  state: RunningRelease,
  verdict: VerdictChanged,
  open: OpenProposal,
  input: Follow,
): readonly ControlEvent[] {
  if (state.recovery?.outcome === 'recovered') {
    return [endProposal(open, 'cancelled', [], 'the guardrails recovered')];
  }
  const carrying = carryingGuardrails(verdict);
  const isRecovering = state.recovery?.outcome === 'recovering';
  const isOtherEvidence = carrying.join('\n') !== open.carriedBy.join('\n');
  if (isOtherEvidence) {
    const evidenceDigest = evidenceDigestOf(verdict, input.around.digest);
    return [
      changeProposal(state, verdict, open, { revision: open.revision + 1, evidenceDigest, isRecovering }, input.nowMs),
    ];
  }
  if (isRecovering === open.isRecovering) return [];
  const { revision, evidenceDigest } = open;
  return [changeProposal(state, verdict, open, { revision, evidenceDigest, isRecovering }, input.nowMs)];
}

/**
 * The events, and the end of the observation if nothing keeps it open any more after them.
 *
 * The last word on a release that is live ends its watch; an open proposal or an order under way holds it up.
 */
export function withWatchEnd(
  state: KnownRelease,
  events: readonly ControlEvent[],
  nowMs: InstantMs,
): readonly ControlEvent[] {
  const after = events.reduce<ReleaseState>(evolve, state);
  const isOver =
    after.phase === 'live' &&
    after.verdict?.final === true &&
    openProposal(after) === null &&
    (after.rollback === null || after.rollback.state === 'finished');
  if (!isOver) return events;
  const said = {
    at: formatInstant(nowMs),
    by: 'release-control',
    reason: `the watch ended with ${after.verdict?.to ?? 'nothing'}`,
  };
  return [...events, ...enterPhase(after, 'finished', said)];
}
