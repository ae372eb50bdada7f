import type { DescMessage } from '@bufbuild/protobuf';
import type { SignalBatch as DomainBatch } from './signal-batch.js';
import type { EventName, PublicEvent } from './event-types.js';
import * as actuation from './generated/parapet/v1/actuation_pb.js';
import * as ladder from './generated/parapet/v1/ladder_pb.js';
import * as proposal from './generated/parapet/v1/proposal_pb.js';
import * as release from './generated/parapet/v1/release_pb.js';
import * as signals from './generated/parapet/v1/signal_batch_pb.js';
import * as source from './generated/parapet/v1/source_pb.js';
import * as verdict from './generated/parapet/v1/verdict_pb.js';

/** The message of `proto/` that describes the data of each event. */
export const EVENT_MESSAGES = {
  ReleaseRegistered: release.ReleaseRegisteredSchema,
  ReleasePhaseChanged: release.ReleasePhaseChangedSchema,
  ReadinessAssessed: release.ReadinessAssessedSchema,
  VerdictChanged: verdict.VerdictChangedSchema,
  RecoveryJudged: verdict.RecoveryJudgedSchema,
  DecisionMade: proposal.DecisionMadeSchema,
  ProposalOpened: proposal.ProposalOpenedSchema,
  ProposalAcknowledged: proposal.ProposalAcknowledgedSchema,
  ProposalCommented: proposal.ProposalCommentedSchema,
  ProposalAnswered: proposal.ProposalAnsweredSchema,
  ProposalChanged: proposal.ProposalChangedSchema,
  ProposalEnded: proposal.ProposalEndedSchema,
  RollbackOrdered: actuation.RollbackOrderedSchema,
  ActuationStarted: actuation.ActuationStartedSchema,
  ActuationStepChanged: actuation.ActuationStepChangedSchema,
  ActuationFinished: actuation.ActuationFinishedSchema,
  RollbackVerified: actuation.RollbackVerifiedSchema,
  VerdictMarked: ladder.VerdictMarkedSchema,
  GuardrailModeChanged: ladder.GuardrailModeChangedSchema,
  SourceSilent: source.SourceSilentSchema,
  SourceHeard: source.SourceHeardSchema,
  SourceRefused: source.SourceRefusedSchema,
} as const satisfies Record<EventName, DescMessage>;

/** The message of `proto/` that describes a batch of signals. */
export const SIGNAL_BATCH_MESSAGE: DescMessage = signals.SignalBatchSchema;

/** The data of each event as its consumers get it. */
export interface EventJson {
  ReleaseRegistered: release.ReleaseRegisteredJson;
  ReleasePhaseChanged: release.ReleasePhaseChangedJson;
  ReadinessAssessed: release.ReadinessAssessedJson;
  VerdictChanged: verdict.VerdictChangedJson;
  RecoveryJudged: verdict.RecoveryJudgedJson;
  DecisionMade: proposal.DecisionMadeJson;
  ProposalOpened: proposal.ProposalOpenedJson;
  ProposalAcknowledged: proposal.ProposalAcknowledgedJson;
  ProposalCommented: proposal.ProposalCommentedJson;
  ProposalAnswered: proposal.ProposalAnsweredJson;
  ProposalChanged: proposal.ProposalChangedJson;
  ProposalEnded: proposal.ProposalEndedJson;
  RollbackOrdered: actuation.RollbackOrderedJson;
  ActuationStarted: actuation.ActuationStartedJson;
  ActuationStepChanged: actuation.ActuationStepChangedJson;
  ActuationFinished: actuation.ActuationFinishedJson;
  RollbackVerified: actuation.RollbackVerifiedJson;
  VerdictMarked: ladder.VerdictMarkedJson;
  GuardrailModeChanged: ladder.GuardrailModeChangedJson;
  SourceSilent: source.SourceSilentJson;
  SourceHeard: source.SourceHeardJson;
  SourceRefused: source.SourceRefusedJson;
}

/** A domain value as JSON: lists are plain, and null is the same as absent. */
type Wire<T> = T extends readonly (infer U)[]
  ? Wire<U>[]
  : T extends object
    ? { -readonly [K in keyof T]: Wire<Exclude<T[K], null>> }
    : T;

/** Members that a domain value has and the wire does not know. */
type Undeclared<T, J> = T extends readonly (infer U)[]
  ? J extends readonly (infer V)[]
    ? Undeclared<U, V>
    : 'the wire has no list here'
  : T extends object
    ? string extends keyof T
      ? never
      : { [K in keyof T]-?: K extends keyof J ? Undeclared<NonNullable<T[K]>, NonNullable<J[K]>> : K }[keyof T]
    : never;

type Misfit<T, J> = Wire<T> extends J ? Undeclared<T, J> : 'a member has another type on the wire';
type Nothing<T extends never> = T;

/** Fails the build when an event of the domain gains a member that `proto/` does not declare, or declares otherwise. */
export type EveryEventFits = Nothing<
  { [E in PublicEvent as E['type']]: Misfit<Omit<E, 'type'>, EventJson[E['type']]> }[EventName]
>;

/** The same for the envelope of a batch; its samples and statements change form on the way (`signal-batch-wire.ts`). */
export type BatchFits = Nothing<Misfit<Omit<DomainBatch, 'samples' | 'alerts'>, signals.SignalBatchJson>>;
