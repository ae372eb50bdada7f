import type { InstantMs } from '@parapet/kernel';
import type { Mode } from './guardrail.js';

/** What one guardrail may say. */
export type JudgementKind = 'pending' | 'pass' | 'breach' | 'inconclusive';
/** What all guardrails together may say of a release. */
export type VerdictKind = 'pending' | 'pass' | 'fail' | 'inconclusive';

/** Why something could not be judged; the words of the wire. */
export type InconclusiveReason =
  | 'no-traffic'
  | 'no-telemetry'
  | 'too-few-samples'
  | 'stale'
  | 'not-a-number'
  | 'counter-reset'
  | 'sensor-broken'
  | 'sender-silent'
  | 'alert-unseen'
  | 'alert-disputed'
  | 'alert-incomplete'
  | 'coverage'
  | 'no-baseline'
  | 'not-comparable'
  | 'suspect'
  | 'canary-silent'
  | 'closed'
  | 'not-attributed';

/** What one guardrail says, with the numbers it rests on. Absent numbers are unknown, never 0. */
export interface GuardrailReport {
  readonly name: string;
  readonly verdict: JudgementKind;
  readonly mode: Mode;
  readonly reason?: InconclusiveReason;
  readonly signal?: string;
  readonly unit?: string;
  readonly observed?: number;
  readonly limit?: number;
  readonly baseline?: number;
  /** Exposure seen since the release: orders, requests, attempts; or the number of values. */
  readonly samples?: number;
  /** Natural logarithm of the e-value; ln(1/α) is enough on its own. */
  readonly evidence?: number;
  readonly coverage?: number;
  readonly from?: string;
  readonly to?: string;
  /** One sentence with the numbers, in words a shop manager understands. */
  readonly words: string;
  /** Bounds of what was observed that hold however often one looks (statistics 12); shown, never used to decide. */
  readonly observedLow?: number;
  readonly observedHigh?: number;
  /** What to do about an unknown, in one sentence. */
  readonly advice?: string;
}

/** Another cause of a degradation that was considered, and what was found. */
export interface Alternative {
  readonly kind: 'release' | 'before' | 'elsewhere' | 'recurring' | 'traffic';
  /** Of kind `release`: its id. */
  readonly release?: string;
  readonly finding: 'ruled-out' | 'possible' | 'found' | 'not-checked';
  readonly words: string;
}

/** Whose doing a degradation is, as far as it can be told. */
export interface Attribution {
  /** The release that is blamed; absent where it cannot be told, or where it is nobody's doing. */
  readonly blamed?: string;
  /** The guardrails that show it, strongest first. */
  readonly guardrails: readonly string[];
  /** When it most probably began. */
  readonly onset?: string;
  readonly alternatives: readonly Alternative[];
  readonly words: string;
}

/** The release's verdict, its finality or the mode its evidence supports has changed. */
export interface VerdictChanged {
  readonly type: 'VerdictChanged';
  readonly from: VerdictKind;
  readonly to: VerdictKind;
  /** Said once a release: its watch ended, or it was rolled back, superseded or kept. */
  readonly final: boolean;
  readonly reason?: InconclusiveReason;
  /** With a reason: why it is unknown, in one sentence. */
  readonly words?: string;
  /** With a reason: what to do about it, in one sentence. */
  readonly advice?: string;
  /** The most that the evidence may lead to; `observe` unless `to` is `fail`. */
  readonly mode: Mode;
  readonly since: string;
  readonly coverage: { readonly judged: number; readonly required: number };
  readonly guardrails: readonly GuardrailReport[];
  /** Present once something is worse: who is blamed and why, or why nobody is. */
  readonly attribution?: Attribution;
  readonly evidence: { readonly href: string; readonly sha256: string };
}

/** How the guardrails that were in breach do after a rollback, or while a proposal is open. */
export interface RecoveryJudged {
  readonly type: 'RecoveryJudged';
  readonly outcome: 'recovering' | 'recovered' | 'not-recovered';
  /** The actuation whose effect this is; absent while no rollback has been carried out. */
  readonly actuation?: string;
  readonly guardrails: readonly GuardrailReport[];
}

/** What guardrail-evaluation says in a release's stream. */
export type EvaluationEvent = VerdictChanged | RecoveryJudged;

/** An instant of the partition's clock: the stamp of the stream or a tick, never a sample's own time. */
export type ClockMs = InstantMs;

/** What a watch says; where the evidence is kept is added by whoever keeps it. */
export type WatchEvent = Omit<VerdictChanged, 'evidence'> | RecoveryJudged;
