import type { ActuationFinished, RollbackOrdered, RollbackVerified } from '@parapet/actuation';
import type { Mode, RecoveryJudged, VerdictChanged } from '@parapet/guardrails';
import { unreachable } from '@parapet/kernel';
import type {
  DecisionMade,
  ProposalChanged,
  ProposalEnded,
  ProposalOpened,
  ReleaseEvent,
  ReleasePhase,
  ReleasePhaseChanged,
  ReleaseRegistered,
  Scope,
} from './events.js';

/** One approval that still counts. */
export interface Approval {
  readonly by: string;
  readonly reason: string;
}

/** What every proposal keeps, open or ended. */
interface ProposalFacts {
  readonly opened: ProposalOpened;
  readonly revision: number;
  readonly headline: string;
  readonly evidenceDigest: string;
  /** Names of the guardrails whose breach carries it. */
  readonly carriedBy: readonly string[];
  readonly approvals: readonly Approval[];
}

/** A rollback asked of people; its two shapes are open and ended, and an ended one never opens again. */
export type ProposalState =
  | (ProposalFacts & {
      readonly state: 'open';
      readonly acknowledgement: { readonly by: string; readonly until: string } | null;
      readonly isRecovering: boolean;
    })
  | (ProposalFacts & { readonly state: 'ended'; readonly ended: ProposalEnded });

export type OpenProposal = Extract<ProposalState, { state: 'open' }>;

/** How far the carrying out of a decision has come. */
export type RollbackState =
  | { readonly state: 'ordered'; readonly order: RollbackOrdered }
  | { readonly state: 'running'; readonly order: RollbackOrdered; readonly attempt: number }
  | {
      readonly state: 'finished';
      readonly order: RollbackOrdered;
      readonly finished: ActuationFinished;
      /** Its failure was brought before people once. */
      readonly isFollowedUp: boolean;
    }
  | {
      readonly state: 'verified';
      readonly order: RollbackOrdered;
      readonly finished: ActuationFinished | null;
      readonly verified: RollbackVerified;
    };

/** A decision and the mode of the evidence that it answered. */
export interface DecisionTaken {
  readonly made: DecisionMade;
  readonly mode: Mode;
}

/** What is known of a release in every phase. */
export interface ReleaseFacts {
  readonly registered: ReleaseRegistered;
  readonly verdict: VerdictChanged | null;
  /** What was last said about recovery while no rollback had been carried out. */
  readonly recovery: RecoveryJudged | null;
  readonly decision: DecisionTaken | null;
  readonly proposals: readonly ProposalState[];
  readonly rollback: RollbackState | null;
}

/** A release in the phases in which it runs and may go back. */
export type RunningRelease = ReleaseFacts & { readonly startedAt: string; readonly scope: Scope | null } & (
    | { readonly phase: 'deploying'; readonly liveAt: string | null; readonly wasRefused: boolean }
    | { readonly phase: 'live'; readonly liveAt: string }
    | { readonly phase: 'failed'; readonly liveAt: string | null; readonly failedAt: string }
  );

/** The life of a release; a field exists only in the phases that have it. */
export type ReleaseState =
  | { readonly phase: 'unregistered' }
  | (ReleaseFacts & { readonly phase: 'registered' })
  | (ReleaseFacts & { readonly phase: 'refused'; readonly reason: string })
  | RunningRelease
  | (ReleaseFacts & {
      readonly phase: 'superseded' | 'rolled-back' | 'finished';
      readonly startedAt: string | null;
      readonly liveAt: string | null;
      readonly endedAt: string;
      readonly scope: Scope | null;
    });

export type KnownRelease = Exclude<ReleaseState, { phase: 'unregistered' }>;

export const initialState: ReleaseState = { phase: 'unregistered' };

/** Whether the release runs somewhere, so that going back means something. */
export function isRunning(state: ReleaseState): state is RunningRelease {
  return state.phase === 'deploying' || state.phase === 'live' || state.phase === 'failed';
}

/** The proposal that waits for people, if one does. */
export function openProposal(state: KnownRelease): OpenProposal | null {
  const last = state.proposals.at(-1);
  return last?.state === 'open' ? last : null;
}

/** Records what happened; every rule was applied before. */
export function evolve(state: ReleaseState, event: ReleaseEvent): ReleaseState {
  if (event.type === 'ReleaseRegistered') {
    return {
      phase: 'registered',
      registered: event,
      verdict: null,
      recovery: null,
      decision: null,
      proposals: [],
      rollback: null,
    };
  }
  // Nothing can be said of a release before it is registered; a stream begins with its registration.
  if (state.phase === 'unregistered') return state;
  switch (event.type) {
    case 'ReleasePhaseChanged':
      return inPhase(state, event);
    case 'VerdictChanged':
      return { ...state, verdict: event };
    case 'RecoveryJudged':
      return event.actuation === undefined ? { ...state, recovery: event } : state;
    case 'DecisionMade':
      return {
        ...state,
        decision: { made: event, mode: state.verdict?.mode ?? 'observe' },
        rollback: followedUp(state.rollback),
      };
    case 'ProposalOpened':
      return { ...state, recovery: null, proposals: [...state.proposals, opened(state, event)] };
    case 'ProposalAcknowledged':
      return withOpen(state, event.proposal, (p) => ({
        ...p,
        acknowledgement: event.until === undefined ? null : { by: event.by, until: event.until },
      }));
    case 'ProposalCommented':
      return state;
    case 'ProposalAnswered':
      return withOpen(state, event.proposal, (p) => ({ ...p, approvals: counted(p.approvals, event) }));
    case 'ProposalChanged':
      return withOpen(state, event.proposal, (p) => changed(state, p, event));
    case 'ProposalEnded':
      return withOpen(state, event.proposal, ({ acknowledgement: _a, isRecovering: _r, ...p }) => ({
        ...p,
        state: 'ended',
        ended: event,
      }));
    case 'RollbackOrdered':
      return { ...state, rollback: { state: 'ordered', order: event } };
    case 'ActuationStarted':
      return withOrder(state, event.actuation, ({ order }) => ({ state: 'running', order, attempt: event.attempt }));
    case 'ActuationStepChanged':
      return state;
    case 'ActuationFinished':
      return withOrder(state, event.actuation, ({ order }) => ({
        state: 'finished',
        order,
        finished: event,
        isFollowedUp: false,
      }));
    case 'RollbackVerified':
      return withOrder(state, event.actuation, (rollback) => ({
        state: 'verified',
        order: rollback.order,
        finished: 'finished' in rollback ? rollback.finished : null,
        verified: event,
      }));
    default:
      return unreachable(event);
  }
}

function inPhase(state: KnownRelease, event: ReleasePhaseChanged): ReleaseState {
  const facts: ReleaseFacts = {
    registered: state.registered,
    verdict: state.verdict,
    recovery: state.recovery,
    decision: state.decision,
    proposals: state.proposals,
    rollback: state.rollback,
  };
  const startedAt = 'startedAt' in state ? state.startedAt : null;
  const liveAt = 'liveAt' in state ? state.liveAt : null;
  const scope = event.scope ?? ('scope' in state ? state.scope : null);
  const to: ReleasePhase = event.to;
  switch (to) {
    case 'registered':
      return { ...facts, phase: 'registered' };
    case 'refused':
      return { ...facts, phase: 'refused', reason: event.reason ?? '' };
    case 'deploying': {
      const wasRefused = state.phase === 'refused' || (state.phase === 'deploying' && state.wasRefused);
      return { ...facts, phase: 'deploying', startedAt: startedAt ?? event.at, liveAt, scope, wasRefused };
    }
    case 'live':
      return { ...facts, phase: 'live', startedAt: startedAt ?? event.at, liveAt: liveAt ?? event.at, scope };
    case 'failed':
      return { ...facts, phase: 'failed', startedAt: startedAt ?? event.at, liveAt, failedAt: event.at, scope };
    case 'superseded':
    case 'rolled-back':
    case 'finished':
      return { ...facts, phase: to, startedAt, liveAt, endedAt: event.at, scope };
    default:
      return unreachable(to);
  }
}

function opened(state: KnownRelease, event: ProposalOpened): OpenProposal {
  return {
    state: 'open',
    opened: event,
    revision: 1,
    headline: event.headline,
    evidenceDigest: event.evidenceDigest,
    carriedBy: carryingGuardrails(state.verdict),
    approvals: [],
    acknowledgement: null,
    isRecovering: false,
  };
}

function changed(state: KnownRelease, proposal: OpenProposal, event: ProposalChanged): OpenProposal {
  const isNewRevision = event.revision > proposal.revision;
  return {
    ...proposal,
    revision: event.revision,
    headline: event.headline,
    evidenceDigest: event.evidenceDigest,
    isRecovering: event.recovering,
    carriedBy: isNewRevision ? carryingGuardrails(state.verdict) : proposal.carriedBy,
    // An approval is for what was shown: it lapses with the revision.
    approvals: isNewRevision ? [] : proposal.approvals,
  };
}

function counted(
  approvals: readonly Approval[],
  event: { readonly word: 'approve' | 'reject' | 'withdraw'; readonly by: string; readonly reason: string },
): readonly Approval[] {
  switch (event.word) {
    case 'approve':
      return [...approvals, { by: event.by, reason: event.reason }];
    case 'withdraw':
      return approvals.filter((approval) => approval.by !== event.by);
    case 'reject':
      return approvals;
    default:
      return unreachable(event.word);
  }
}

/** Names of the guardrails in breach that count; shadow guardrails are recorded and carry nothing. */
export function carryingGuardrails(verdict: VerdictChanged | null): readonly string[] {
  return (verdict?.guardrails ?? [])
    .filter((report) => report.verdict === 'breach' && report.mode !== 'observe')
    .map((report) => report.name)
    .sort();
}

function withOpen(state: KnownRelease, id: string, change: (proposal: OpenProposal) => ProposalState): ReleaseState {
  const proposals = state.proposals.map((p) => (p.state === 'open' && p.opened.proposal === id ? change(p) : p));
  return { ...state, proposals };
}

function withOrder(
  state: KnownRelease,
  actuation: string,
  change: (rollback: RollbackState) => RollbackState,
): ReleaseState {
  // Words about an actuation that was replaced by a newer order change nothing.
  if (state.rollback === null || state.rollback.order.actuation !== actuation) return state;
  return { ...state, rollback: change(state.rollback) };
}

function followedUp(rollback: RollbackState | null): RollbackState | null {
  return rollback?.state === 'finished' ? { ...rollback, isFollowedUp: true } : rollback;
}
