import type { AttemptState, ComponentVersion } from '@parapet/actuation';
import type { Criticality, ReleasePhase, ReleaseStep, Reversibility, Scope } from '@parapet/decisions';
import type {
  Attribution,
  GuardrailReport,
  GuardrailStanding,
  InconclusiveReason,
  Mode,
  VerdictKind,
} from '@parapet/guardrails';

/** POST /v1/releases */
export interface RegisterReleaseRequest {
  readonly name: string;
  readonly workload: string;
  readonly environment: string;
  readonly components: readonly ComponentVersion[];
  readonly previous?: string;
  readonly steps?: readonly ReleaseStep[];
  readonly criticality?: Criticality;
  readonly policy?: string;
  readonly startedBy?: string;
  readonly links?: readonly { readonly title: string; readonly href: string }[];
  readonly labels?: Readonly<Record<string, string>>;
}

/** POST /v1/releases/{id}/phases */
export interface PhaseRequest {
  readonly phase: ReleasePhase;
  readonly at?: string;
  readonly scope?: Scope;
}

/** GET /v1/releases (items) and GET /v1/releases/{id} */
export interface ReleaseView {
  readonly id: string;
  readonly revision: number;
  readonly name: string;
  readonly tenant: string;
  readonly workload: string;
  readonly environment: string;
  readonly phase: ReleasePhase;
  readonly components: readonly ComponentVersion[];
  readonly previous: { readonly release: string; readonly components: readonly ComponentVersion[] } | null;
  readonly criticality: Criticality;
  readonly reversibility: Reversibility;
  readonly policy: string;
  readonly registeredAt: string;
  /** First `deploying`; null before. */
  readonly startedAt: string | null;
  readonly liveAt: string | null;
  readonly verdict: VerdictKind;
  readonly final: boolean;
  readonly reason?: InconclusiveReason;
  /** With a reason: why it is unknown, in one sentence. */
  readonly words?: string;
  /** With a reason: what to do about it, in one sentence. */
  readonly advice?: string;
  /** Once something is worse: who is blamed and why, or why nobody is. */
  readonly attribution?: Attribution;
  /** Where our own evaluation has fallen silent: up to when this release was judged. */
  readonly judgedUpTo?: string;
  readonly decision: 'observe' | 'propose' | 'auto' | null;
  /** The open proposal, else the last one. */
  readonly proposal: string | null;
  readonly rollback: 'ordered' | 'running' | 'done' | 'failed' | 'unknown' | 'verified' | 'not-verified' | null;
  readonly guardrails: readonly GuardrailReport[];
  /** Guardrails that are not in their declared mode for this release, and why; absent where all are. */
  readonly standings?: readonly ({ readonly guardrail: string; readonly mode: Mode } & GuardrailStanding)[];
  /** Sequence of the newest verdict: what a mark speaks of; absent before the first. */
  readonly verdictSequence?: number;
  readonly startedBy?: string;
  readonly links?: readonly { readonly title: string; readonly href: string }[];
}

/** GET /v1/releases/{id}/verdict */
export interface VerdictView {
  readonly verdict: VerdictKind;
  readonly final: boolean;
  readonly reason?: InconclusiveReason | 'unknown-release';
  /** With a reason: why it is unknown, in one sentence. */
  readonly words?: string;
  /** With a reason: what to do about it, in one sentence. */
  readonly advice?: string;
  /** Once something is worse: who is blamed and why, or why nobody is. */
  readonly attribution?: Attribution;
  readonly since: string | null;
  /** Up to when this is known; with the reason `stale`, when it was judged or seen last. */
  readonly asOf: string;
  readonly action: 'roll-back' | 'hold' | 'continue';
  readonly coverage: { readonly judged: number; readonly required: number };
  readonly release: string;
  readonly sequence: number;
}

/** GET /v1/releases/{id}/series: what the chart draws, per guardrail, oldest first. */
export interface SeriesView {
  readonly release: string;
  readonly startedAt: string | null;
  readonly liveAt: string | null;
  readonly guardrails: readonly {
    readonly name: string;
    readonly signal: string | null;
    readonly unit: string;
    /** What the numbers are: a share of one, units per second, or the value itself. */
    readonly form: 'share' | 'rate' | 'value';
    readonly badDirection: 'high' | 'low';
    readonly baseline: number | null;
    readonly limit: number | null;
    /** `value` null is a gap and is drawn as one. */
    readonly points: readonly { readonly at: string; readonly value: number | null; readonly of?: number }[];
  }[];
}

/** A public event as `GET /v1/releases/{id}/events` lists and streams it: the CloudEvent of the wire. */
export interface CloudEvent<D = Readonly<Record<string, unknown>>> {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly dataschema: string;
  /** 12 digits, zero-padded, per release from 1 without gaps. */
  readonly sequence: string;
  readonly partitionkey: string;
  readonly journalseq: string;
  readonly journalhash: string;
  readonly traceparent?: string;
  readonly data: D;
}

/** GET /v1/releases/{id}/evidence: the inputs of its watch in the order they were judged, with what was judged. */
export interface EvidenceView {
  readonly release: string;
  readonly spec: unknown;
  readonly inputs: readonly { readonly n: number; readonly clock: string; readonly input: unknown }[];
  readonly verdicts: readonly { readonly n: number; readonly verdict: unknown }[];
  readonly next: string | null;
  /** The running digest of specification and inputs (hex), as it was after so many inputs; absent where nothing was watched. */
  readonly digest?: { readonly inputs: number; readonly sha256: string };
}

/** What the actuation of a release did so far, from the story's events. */
export interface ActuationView {
  readonly id: string;
  readonly attempt: number;
  readonly steps: readonly { readonly step: string; readonly state: AttemptState; readonly detail?: string }[];
  readonly outcome: 'done' | 'failed' | 'unknown' | null;
}

/** A release by id and name. */
export interface ReleaseName {
  readonly id: string;
  readonly name: string;
}
