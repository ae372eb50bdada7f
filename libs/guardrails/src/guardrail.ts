/** The most a guardrail may lead to. */
export type Mode = 'observe' | 'propose' | 'act';

/** One label matcher of Alertmanager's syntax, already parsed. */
export interface Matcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** What a guardrail compares, and with what. Ratios are fractions: 0.1 means ten per cent. */
export type GuardrailTest =
  | {
      /** Bad of total, or events of exposure, against the period before the release (statistics 5.3). */
      readonly kind: 'proportion' | 'rate';
      readonly against: 'baseline';
      readonly worseBy: number;
      readonly unacceptable: number;
    }
  | {
      /** Bad of total (5.2), or events of exposure (5.1), against a declared limit. */
      readonly kind: 'proportion' | 'rate';
      readonly against: 'limit';
      readonly limit: number;
      readonly unacceptable: number;
    }
  | {
      /** A value beyond `enter` for `forMs`, until it is no longer beyond `leave` for `keepMs` (10.1). */
      readonly kind: 'threshold';
      readonly direction: 'above' | 'below';
      readonly enter: number;
      readonly leave: number;
      readonly forMs: number;
      readonly keepMs: number;
      readonly maxGapMs: number;
    }
  | {
      /** Any episode that the matchers select (10.3). All matchers must hold. */
      readonly kind: 'alerts';
      readonly matchers: readonly Matcher[];
      readonly forMs: number;
      readonly rearmMs: number;
      /** Sources whose silence makes the guardrail inconclusive. Empty: every alert source of the environment. */
      readonly sources: readonly string[];
    };

/** Signal, comparison, limit, patience and mode; immutable per revision of its policy. */
export interface Guardrail {
  readonly name: string;
  /** Null for alert guardrails. */
  readonly signal: string | null;
  /** Only samples whose dimensions hold these values. */
  readonly where: Readonly<Record<string, string>>;
  readonly test: GuardrailTest;
  readonly mode: Mode;
  readonly weight: number;
  readonly isRequired: boolean;
  /** No sample for longer than this: `stale`. */
  readonly staleAfterMs: number;
}

/** The guardrails of a release watch and how it is watched. */
export interface GuardrailPolicy {
  readonly name: string;
  readonly revision: number;
  /** Samples of gauges this long after the release began are ignored for evidence. */
  readonly warmUpMs: number;
  readonly durationMs: number;
  /** Share of the watch that must be covered by samples for a pass. */
  readonly coverage: number;
  /** The budget of false rollbacks for the whole policy, under continuous looking. */
  readonly falseRollbackRate: number;
  /** Length of the pre-release period that `baseline` means. */
  readonly baselineMs: number;
  /** How long the watch may be prolonged while it is inconclusive. */
  readonly extendMs: number;
  /** How long after a rollback the guardrails have to recover. */
  readonly recoverWithinMs: number;
  readonly guardrails: readonly Guardrail[];
}
