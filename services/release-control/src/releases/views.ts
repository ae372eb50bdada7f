import {
  decisions,
  type KnownRelease,
  type ProposalEnded,
  type ReleaseEvent,
  type ReleaseState,
  worstFirst,
} from '@parapet/decisions';
import { fromJournal, type ProposalView, type ReleaseView } from '@parapet/contracts';
import type { GuardrailReport, VerdictChanged } from '@parapet/guardrails';
import { invariant } from '@parapet/kernel';
import type { JournalRow } from '@parapet/runtime';

/** The event of a row if the decider of releases knows it; readiness stands in the same stream and decides nothing there. */
export function releaseEventOf(row: JournalRow): ReleaseEvent | null {
  const event = fromJournal(row);
  if (event === null) return null;
  switch (event.type) {
    case 'ReadinessAssessed':
    case 'VerdictMarked':
    case 'GuardrailModeChanged':
    case 'SourceSilent':
    case 'SourceHeard':
    case 'SourceRefused':
      return null;
    default:
      return event;
  }
}

/** Folds a stream's rows; null where they do not begin with a registration. */
export function foldRows(rows: readonly JournalRow[]): KnownRelease | null {
  const state = rows.reduce<ReleaseState>((s, row) => {
    const event = releaseEventOf(row);
    return event === null ? s : decisions.evolve(s, event);
  }, decisions.initialState);
  return state.phase === 'unregistered' ? null : state;
}

/** A release as lists and pages show it. */
export function releaseView(rows: readonly JournalRow[], state: KnownRelease): ReleaseView {
  const first = rows[0];
  const last = rows.at(-1);
  invariant(first && last, 'a release has at least the row that registered it');
  const { registered, verdict } = state;
  return {
    id: first.stream,
    revision: last.version,
    name: registered.name,
    tenant: first.tenant,
    workload: registered.workload,
    environment: registered.environment,
    phase: state.phase,
    components: registered.components,
    previous: registered.previous,
    criticality: registered.criticality,
    reversibility: registered.reversibility,
    policy: registered.guardrailPolicy.name,
    registeredAt: first.occurredAt,
    startedAt: 'startedAt' in state ? state.startedAt : null,
    liveAt: 'liveAt' in state ? state.liveAt : null,
    verdict: verdict?.to ?? 'pending',
    final: verdict?.final ?? false,
    ...doubtView(verdict),
    decision: state.decision?.made.outcome ?? null,
    proposal: state.proposals.at(-1)?.opened.proposal ?? null,
    rollback: rollbackWord(state),
    guardrails: verdict?.guardrails ?? [],
    ...standingsOf(state),
    ...verdictSequenceOf(rows),
    ...(registered.startedBy === undefined ? {} : { startedBy: registered.startedBy }),
    ...(registered.links === undefined ? {} : { links: registered.links }),
  };
}

/** What of its policy is not as declared for this release. */
function standingsOf({ registered }: KnownRelease): Pick<ReleaseView, 'standings'> {
  const standings = registered.guardrailPolicy.guardrails.flatMap(({ name, mode, standing }) =>
    standing === undefined ? [] : [{ guardrail: name, mode, ...standing }],
  );
  return standings.length === 0 ? {} : { standings };
}

function verdictSequenceOf(rows: readonly JournalRow[]): Pick<ReleaseView, 'verdictSequence'> {
  const newest = rows.findLast((row) => row.type === 'verdict.changed');
  return newest === undefined ? {} : { verdictSequence: newest.version };
}

/** Why a verdict is unknown, what to do about it, and who is blamed, as pages and gates show it. */
export function doubtView(
  verdict: Pick<VerdictChanged, 'reason' | 'words' | 'advice' | 'attribution'> | null,
): Pick<ReleaseView, 'reason' | 'words' | 'advice' | 'attribution'> {
  if (verdict === null) return {};
  const { reason, words, advice, attribution } = verdict;
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(words === undefined ? {} : { words }),
    ...(advice === undefined ? {} : { advice }),
    ...(attribution === undefined ? {} : { attribution }),
  };
}

function rollbackWord({ rollback }: KnownRelease): ReleaseView['rollback'] {
  if (rollback === null) return null;
  switch (rollback.state) {
    case 'finished':
      return rollback.finished.outcome;
    case 'verified':
      return rollback.verified.outcome;
    default:
      return rollback.state;
  }
}

/** When the release's watch ended with a pass; null if it did not. */
export function passedAt(state: KnownRelease): string | null {
  const hasPassed = state.phase === 'finished' && state.verdict?.to === 'pass' && state.verdict.final;
  return hasPassed ? state.endedAt : null;
}

/** The actuation that holds the release's components. */
export function heldBy({ rollback }: KnownRelease): string | null {
  return rollback?.state === 'ordered' || rollback?.state === 'running' ? rollback.order.actuation : null;
}

/** A proposal as it is kept: everything a page needs but what depends on its reader. */
export type StoredProposal = Omit<ProposalView, 'eligible'> & { readonly starterMayApprove: boolean };

interface Telling {
  readonly openedAt: string;
  /** The verdict whose evidence carries the proposal at its present revision. */
  carrier: VerdictChanged | null;
  readonly approvals: { readonly by: string; readonly at: string; readonly reason: string }[];
  readonly comments: { readonly by: string; readonly at: string; readonly text: string }[];
  endedAt: string | null;
}

/** All proposals of a release, oldest first, with the times that only the rows know. */
export function proposalViews(
  rows: readonly JournalRow[],
  names: ReadonlyMap<string, string>,
): readonly StoredProposal[] {
  const tellings = new Map<string, Telling>();
  let state: ReleaseState = decisions.initialState;
  for (const row of rows) {
    const event = releaseEventOf(row);
    if (event === null) continue;
    state = decisions.evolve(state, event);
    if (state.phase !== 'unregistered') tell(tellings, event, row.occurredAt, state);
  }
  if (state.phase === 'unregistered') return [];
  const known = state;
  return known.proposals.map((_, index) => proposalView(rows, known, index, tellings, names));
}

function tell(tellings: Map<string, Telling>, event: ReleaseEvent, at: string, state: KnownRelease): void {
  if (event.type === 'ProposalOpened') {
    tellings.set(event.proposal, { openedAt: at, carrier: state.verdict, approvals: [], comments: [], endedAt: null });
    return;
  }
  const telling = 'proposal' in event && event.proposal !== undefined ? tellings.get(event.proposal) : undefined;
  if (telling === undefined) return;
  switch (event.type) {
    case 'ProposalChanged': {
      const revision = state.proposals.find((p) => p.opened.proposal === event.proposal)?.approvals;
      telling.carrier = state.verdict;
      // The decider lets approvals lapse with the revision; whoever is no longer counted is no longer shown.
      keepCounted(telling, revision ?? []);
      return;
    }
    case 'ProposalCommented':
      telling.comments.push({ by: event.by, at, text: event.text });
      return;
    case 'ProposalAnswered':
      if (event.word === 'approve') telling.approvals.push({ by: event.by, at, reason: event.reason });
      if (event.word === 'withdraw')
        keepCounted(
          telling,
          telling.approvals.filter((a) => a.by !== event.by),
        );
      return;
    case 'ProposalEnded':
      telling.endedAt = at;
      return;
    default:
  }
}

function keepCounted(telling: Telling, counted: readonly { readonly by: string }[]): void {
  const kept = telling.approvals.filter((approval) => counted.some((one) => one.by === approval.by));
  telling.approvals.splice(0, telling.approvals.length, ...kept);
}

function proposalView(
  rows: readonly JournalRow[],
  state: KnownRelease,
  index: number,
  tellings: ReadonlyMap<string, Telling>,
  names: ReadonlyMap<string, string>,
): StoredProposal {
  const proposal = state.proposals[index];
  const telling = proposal === undefined ? undefined : tellings.get(proposal.opened.proposal);
  invariant(proposal && telling, 'every proposal was opened by a row');
  const { opened } = proposal;
  const { registered } = state;
  const reports = telling.carrier?.guardrails ?? [];
  return {
    id: opened.proposal,
    revision: proposal.revision,
    state: proposal.state === 'open' ? 'open' : proposal.ended.end,
    openedAt: telling.openedAt,
    expiresAt: opened.expiresAt,
    onExpiry: opened.onExpiry,
    headline: proposal.headline,
    recovering: proposal.state === 'open' && proposal.isRecovering,
    release: {
      id: rows[0]?.stream ?? '',
      name: registered.name,
      environment: registered.environment,
      workload: registered.workload,
      components: registered.components,
      liveAt: 'liveAt' in state ? state.liveAt : null,
      ...(registered.startedBy === undefined ? {} : { startedBy: registered.startedBy }),
    },
    previous:
      registered.previous === null
        ? null
        : { ...registered.previous, name: names.get(registered.previous.release) ?? null },
    evidence: worstFirst(reports),
    passing: withVerdict(reports, ['pass']),
    unknown: withVerdict(reports, ['inconclusive', 'pending']),
    evidenceDigest: proposal.evidenceDigest,
    plan: opened.plan,
    planDigest: opened.planDigest,
    ifNothing: opened.ifNothing,
    alternatives: opened.alternatives,
    acknowledgement: proposal.state === 'open' ? proposal.acknowledgement : null,
    approvalsNeeded: opened.approvalsNeeded,
    approvals: telling.approvals,
    comments: telling.comments,
    ended: proposal.state === 'open' ? null : endedView(proposal.ended, telling.endedAt ?? ''),
    links: { page: opened.page },
    starterMayApprove: registered.decisionPolicy.proposal.starterMayApprove,
  };
}

function withVerdict(reports: readonly GuardrailReport[], verdicts: readonly string[]): readonly GuardrailReport[] {
  return reports.filter((report) => verdicts.includes(report.verdict));
}

function endedView(ended: ProposalEnded, at: string): ProposalView['ended'] {
  return { end: ended.end, by: ended.by, at, reason: ended.reason };
}

/** What a gate that asks is told to do: our own trouble neither promotes nor rolls back. */
export function gateAction(state: KnownRelease): 'roll-back' | 'hold' | 'continue' {
  if (state.rollback !== null) return 'roll-back';
  const verdict = state.verdict?.to ?? 'pending';
  return verdict === 'pass' || verdict === 'pending' ? 'continue' : 'hold';
}
