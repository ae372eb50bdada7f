import type { GuardrailStanding, Marks, Mode, Precision, PrecisionFloor } from '@parapet/guardrails';

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
