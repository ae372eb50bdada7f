import type { Mode } from '@parapet/guardrails';

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
