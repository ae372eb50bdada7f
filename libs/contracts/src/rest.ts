import type { AttemptState, ComponentVersion } from '@parapet/actuation';
import type {
  Criticality,
  OnExpiry,
  Plan,
  ProposalEnd,
  ReleasePhase,
  ReleaseStep,
  Reversibility,
  Scope,
} from '@parapet/decisions';
import type {
  Attribution,
  GuardrailReport,
  GuardrailStanding,
  InconclusiveReason,
  Marks,
  Mode,
  Precision,
  PrecisionFloor,
  VerdictKind,
} from '@parapet/guardrails';
import type { EpisodeState } from '@parapet/signals';

/** `application/problem+json` (RFC 9457) with our stable code. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly field?: string;
  readonly requestId: string;
  readonly current?: unknown;
}

/** A page of a list; `next` goes into `?after=`. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

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

/** GET /v1/me: who the caller is. */
export interface CallerView {
  readonly tenant: string;
  readonly subject: string;
  readonly roles: readonly string[];
  /** To be sent as `X-CSRF-Token` on every change made with a session cookie; absent for bearer tokens. */
  readonly csrfToken?: string;
  readonly expiresAt?: string;
}

/** POST /v1/configuration: all documents of one apply, whole or not at all. */
export interface ApplyRequest {
  readonly documents: readonly { readonly file: string; readonly line: number; readonly document: unknown }[];
  readonly dryRun?: boolean;
  /** Takes guardrails that data speaks against, and lets them do what is declared without proof; journaled with the reason. */
  readonly force?: { readonly reason: string };
}

/** POST /v1/configuration/lint: the same documents, only looked at; changes nothing and needs no key. */
export interface LintRequest {
  readonly documents: ApplyRequest['documents'];
}

/** What is wrong with documents, everything at once, and how each guardrail of their policies does where it could be heard. */
export interface LintView {
  readonly problems: readonly ConfigurationProblem[];
  readonly guardrails: readonly LintedGuardrail[];
}

/** One guardrail held against what is measured in an environment. */
export interface LintedGuardrail {
  readonly policy: string;
  readonly environment: string;
  readonly guardrail: string;
  /** `waiting`: declared for the first time, so it cannot have data yet; or too young to be compared with its history. */
  readonly state: 'ok' | 'problem' | 'waiting';
  readonly words: string;
  /** What it showed on its own history; null where there was none to try it on. */
  readonly selfTest: string | null;
  /** What it can see at the traffic of four weeks; null for tests that chance has no part in, or that were not asked. */
  readonly power: string | null;
}

/** What apply did, or with 422 `invalid-configuration` every problem at once in `problems` of the problem document. */
export interface ApplyView {
  readonly revision: number;
  readonly changes: readonly {
    readonly kind: string;
    readonly name: string;
    readonly change: 'created' | 'changed' | 'unchanged';
  }[];
  /** Guardrails of what was changed that may not do what they are declared for yet, and why; absent where all may. */
  readonly standings?: readonly {
    readonly policy: string;
    readonly environment: string;
    readonly guardrail: string;
    readonly declared: Mode;
    readonly mode: Mode;
    readonly words: string;
  }[];
}

export interface ConfigurationProblem {
  readonly file: string;
  readonly line: number;
  /** JSON pointer into the document. */
  readonly field: string;
  readonly problem: string;
  /** What is allowed there, in words. */
  readonly allowed?: string;
}

/** GET /v1/journal?after=SEQ&limit=N (auditor), a page whose cursor is the last `seq`: rows exactly as hashed. */
export interface JournalRowView {
  readonly tenant: string;
  readonly seq: number;
  readonly id: string;
  readonly stream: string;
  readonly version: number;
  readonly environment: string;
  readonly workload: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly actor: { readonly kind: 'person' | 'service' | 'policy'; readonly id: string; readonly auth?: string };
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly trace: string | null;
  readonly prevHash: string;
  readonly hash: string;
}

/** POST /v1/journal/republish */
export interface RepublishRequest {
  readonly from: number;
}

/** What republishing did: how many events were sent again, from which row on. */
export interface RepublishView {
  readonly from: number;
  readonly events: number;
}

/** GET /v1/dead-letters (items); POST /v1/dead-letters/{id}/retry and POST /v1/dead-letters/{id}/drop answer the letter. */
export interface DeadLetterView {
  readonly id: string;
  readonly consumer: string;
  readonly subject: string;
  readonly reason: string;
  readonly at: string;
  readonly bytes: number;
  /** The first 2 KiB as text. */
  readonly excerpt: string;
}

/** GET /v1/alerts?environment= : what senders say in an environment, and what is in doubt about it. */
export interface AlertsView {
  readonly environment: string;
  readonly sources: readonly {
    readonly source: string;
    /** `silent` and `never` are no good news: nothing that this source judges passes. */
    readonly health: 'alive' | 'silent' | 'never';
    readonly heardAt: string | null;
  }[];
  /** Groups whose last message was cut: what it left out is unknown. */
  readonly incomplete: readonly { readonly source: string; readonly group: string; readonly heardAt: string }[];
  /** What is in doubt first, then what fires, then what a person settled; the newest first. */
  readonly items: readonly AlertEpisodeView[];
  /** How many more there are than are shown. */
  readonly more: number;
}

/** One time of an alert's firing. POST /v1/alerts/{source}/{fingerprint}/settle answers it with the word on its way. */
export interface AlertEpisodeView {
  readonly source: string;
  readonly fingerprint: string;
  /** 1, 2, … of the same alert. */
  readonly episode: number;
  readonly name: string;
  readonly summary: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: EpisodeState;
  readonly since: string;
  readonly startsAt: string;
  /** Whose doing it is; where that is not known, every release it may be. */
  readonly attachment:
    | { readonly kind: 'attached'; readonly release: ReleaseName }
    | { readonly kind: 'unattached'; readonly candidates: readonly ReleaseName[] };
  /** Whether a person may settle it now. */
  readonly settleable: boolean;
  /** The last word of a person on it; `overtaken`: the alert had moved on before the word was applied. */
  readonly word: {
    readonly as: 'resolved' | 'firing';
    readonly by: string;
    readonly reason: string;
    readonly at: string;
    readonly outcome: 'waiting' | 'applied' | 'overtaken';
  } | null;
}

/** A release by id and name. */
export interface ReleaseName {
  readonly id: string;
  readonly name: string;
}

/** POST /v1/alerts/{source}/{fingerprint}/settle: a person's word on a doubtful alert. */
export interface SettleAlertRequest {
  readonly episode: number;
  readonly as: 'resolved' | 'firing';
  readonly reason: string;
}

/** POST /v1/releases/{id}/marks: a person's word on a verdict, or on one guardrail's part in it. */
export interface MarkRequest {
  /** Sequence of the `verdict.changed` that is meant. */
  readonly verdict: number;
  readonly guardrail?: string;
  readonly right: boolean;
  readonly reason: string;
}

/** GET /v1/releases/{id}/marks (items, the newest first), also the answer of a POST: each person's last word. */
export interface MarkView {
  readonly verdict: number;
  /** Absent: the verdict as a whole. */
  readonly guardrail?: string;
  readonly right: boolean;
  readonly reason: string;
  readonly by: string;
  readonly at: string;
}

/** GET /v1/guardrails (items): one guardrail of a policy in one environment, and how far it is trusted. */
export interface GuardrailView {
  readonly policy: string;
  readonly environment: string;
  readonly guardrail: string;
  /** Null for an alert guardrail. */
  readonly signal: string | null;
  /** As the policy says, and as it counts for the next release. */
  readonly declared: Mode;
  readonly mode: Mode;
  /** Why `mode` is not what is declared, or what holds it there; null where the declared mode is proven. */
  readonly why: GuardrailStanding['why'] | null;
  /** The same in one sentence, with what to do about it. */
  readonly words: string;
  /** Right of the marked breaches, with its 95 % interval; null where none was marked. */
  readonly precision: Precision | null;
  readonly marks: Marks;
  /** Below this share of right ones, from this many marked breaches on, it is stepped down. */
  readonly floor: PrecisionFloor;
  readonly breaches: number;
  readonly lastBreach: { readonly release: string; readonly at: string } | null;
  /** How it was shown that it can breach; null where it was not. */
  readonly proof: { readonly by: 'watch' | 'self-test'; readonly at: string } | null;
  /** What the last self-test found; null where there was none. */
  readonly test: { readonly at: string; readonly words: string } | null;
  /** Whether its signal returns data now, or its alert sources are heard; `at`: when the newest came. */
  readonly data: { readonly returns: boolean; readonly at: string | null };
}

/** POST /v1/guardrails/{policy}/{guardrail}/restore: a person lifts a step-down; answers the guardrail in each environment. */
export interface RestoreRequest {
  /** Absent: wherever it is stepped down. */
  readonly environment?: string;
  readonly reason: string;
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
