import type { ReleaseEvent } from '@parapet/decisions';
import type { LadderEvent } from '@parapet/guardrails';
import type { ReadinessAssessed } from '@parapet/readiness';
import type { SourceEvent } from '@parapet/signals';

/** Every event that leaves the house: a release's stream, a guardrail's or a source's. */
export type PublicEvent = ReleaseEvent | ReadinessAssessed | LadderEvent | SourceEvent;

/** Events are past in code and `noun.verb` in the journal and on the wire; these are the pairs. */
export const EVENT_TYPES = {
  ReleaseRegistered: 'release.registered',
  ReleasePhaseChanged: 'release.phase-changed',
  ReadinessAssessed: 'readiness.assessed',
  VerdictChanged: 'verdict.changed',
  RecoveryJudged: 'recovery.judged',
  DecisionMade: 'decision.made',
  ProposalOpened: 'proposal.opened',
  ProposalAcknowledged: 'proposal.acknowledged',
  ProposalCommented: 'proposal.commented',
  ProposalAnswered: 'proposal.answered',
  ProposalChanged: 'proposal.changed',
  ProposalEnded: 'proposal.ended',
  RollbackOrdered: 'rollback.ordered',
  ActuationStarted: 'actuation.started',
  ActuationStepChanged: 'actuation.step-changed',
  ActuationFinished: 'actuation.finished',
  RollbackVerified: 'rollback.verified',
  VerdictMarked: 'verdict.marked',
  GuardrailModeChanged: 'guardrail.mode-changed',
  SourceSilent: 'source.silent',
  SourceHeard: 'source.heard',
  SourceRefused: 'source.refused',
} as const satisfies Record<PublicEvent['type'], `${string}.${string}`>;

export type EventName = keyof typeof EVENT_TYPES;
/** The `noun.verb` of an event, as the journal and the wire say it. */
export type EventType = (typeof EVENT_TYPES)[EventName];

/** The five processes that write to the journal. */
export type ServiceName =
  | 'metrics-ingestion'
  | 'kpi-probing'
  | 'guardrail-evaluation'
  | 'release-control'
  | 'rollback-actuation';

/**
 * Who may insert what into the journal. PostgreSQL enforces it: each service's role has a row-level `WITH CHECK` made from this table.
 * Types that never leave the house (configuration, sign-ins, refused rights, work on dead letters, alerts settled by hand) are listed too.
 */
export const EVENT_OWNERS: Readonly<Record<ServiceName, readonly string[]>> = {
  'metrics-ingestion': ['source.refused'],
  'kpi-probing': [],
  'guardrail-evaluation': ['verdict.changed', 'recovery.judged', 'source.silent', 'source.heard', 'source.refused'],
  'release-control': [
    'release.registered',
    'release.phase-changed',
    'readiness.assessed',
    'decision.made',
    'proposal.opened',
    'proposal.acknowledged',
    'proposal.commented',
    'proposal.answered',
    'proposal.changed',
    'proposal.ended',
    'rollback.ordered',
    'verdict.marked',
    'guardrail.mode-changed',
    'configuration.applied',
    'session.opened',
    'session.closed',
    'right.refused',
    'dead-letter.retried',
    'dead-letter.dropped',
    'journal.republished',
    'alert.settled',
  ],
  'rollback-actuation': ['actuation.started', 'actuation.step-changed', 'actuation.finished', 'rollback.verified'],
};

/** One event as the journal keeps it: type apart, everything else as data. */
export interface JournaledEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Domain event to journal form; loses nothing. */
export function toJournal(event: PublicEvent): JournaledEvent {
  const { type, ...data } = event;
  return { type: EVENT_TYPES[type], data };
}

const NAMES = new Map<string, EventName>(Object.entries(EVENT_TYPES).map(([name, type]) => [type, name as EventName]));

/**
 * Journal form to domain event; null for a type that is not public (configuration, sign-ins) or not known.
 * The journal is our own and hash-chained, so its data is trusted to have the shape it was written with.
 */
export function fromJournal(row: JournaledEvent): PublicEvent | null {
  const name = NAMES.get(row.type);
  return name === undefined ? null : ({ type: name, ...row.data } as unknown as PublicEvent);
}
