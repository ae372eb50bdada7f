import type { PrecisionFloor } from './ladder/precision.js';

/** The most a guardrail may lead to. */
export type Mode = 'observe' | 'propose' | 'act';

/** One label matcher of Alertmanager's syntax, already parsed. */
export interface Matcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** Which history a baseline is: the newest time before the release, or the same hours of earlier weeks. */
export type BaselineWindow = 'before' | 'same-hours';

/** Only samples whose dimensions hold these values. */
export type Where = Readonly<Record<string, string>>;

/** With history: degraded only where the watch is worse than every window that can be used (statistics 4.2). */
interface AgainstBaseline {
  readonly against: 'baseline';
  readonly windows: readonly BaselineWindow[];
  /** Tolerated relative change: 0.1 means ten per cent. */
  readonly worseBy: number;
  /** A pass needs evidence that the ratio is below this. */
  readonly unacceptable: number;
}

/** With a control where the release leaves a rest, else with history; settled when the watch begins. */
interface AgainstAuto {
  readonly against: 'auto';
  readonly windows: readonly BaselineWindow[];
  readonly worseBy: number;
  readonly unacceptable: number;
}

/** With what did not get the release, over the same time (statistics 5.4): load, season and incidents cancel. */
interface AgainstControl {
  readonly against: 'control';
  readonly control: ControlArm;
  readonly worseBy: number;
  readonly unacceptable: number;
}

/** The samples that are the control: those with these dimensions, or those with none of these values. */
export type ControlArm =
  | { readonly kind: 'where'; readonly where: Where }
  | { readonly kind: 'rest'; readonly dimension: string; readonly released: readonly string[] };

/** A long and a short window of a burn rate, both of which must reach the factor (statistics 10.2). */
export interface BurnRateRow {
  readonly longMs: number;
  readonly shortMs: number;
  readonly factor: number;
}

/** What a guardrail compares, and with what. Ratios are fractions: 0.1 means ten per cent. */
export type GuardrailTest =
  /** Bad of total (5.2 to 5.4), or events of exposure (5.1, 5.3, 5.4). */
  | ({ readonly kind: 'proportion' | 'rate' } & AgainstAuto)
  | ({ readonly kind: 'proportion' | 'rate' } & AgainstBaseline)
  | ({ readonly kind: 'proportion' | 'rate' } & AgainstControl)
  | {
      readonly kind: 'proportion' | 'rate';
      readonly against: 'limit';
      readonly limit: number;
      readonly unacceptable: number;
    }
  /** A value each interval (5.5), by its logarithm or as it is. */
  | ({ readonly kind: 'gauge'; readonly transform: 'log' | 'none' } & AgainstAuto)
  | ({ readonly kind: 'gauge'; readonly transform: 'log' | 'none' } & AgainstBaseline)
  | ({ readonly kind: 'gauge'; readonly transform: 'log' | 'none' } & AgainstControl)
  | {
      readonly kind: 'gauge';
      readonly transform: 'log' | 'none';
      readonly against: 'limit';
      readonly limit: number;
      readonly unacceptable: number;
    }
  /** Requests per bucket of latency (5.6). */
  | ({ readonly kind: 'histogram' } & AgainstAuto)
  | ({ readonly kind: 'histogram' } & AgainstBaseline)
  | ({ readonly kind: 'histogram' } & AgainstControl)
  | {
      /** The error budget is spent too fast, in a long and in a short window (10.2). */
      readonly kind: 'burn-rate';
      /** The share of good ones that was promised, such as 0.999. */
      readonly objective: number;
      readonly rows: readonly BurnRateRow[];
      readonly badMin: number;
      /** `release`: windows never reach back before the release. */
      readonly scope: 'release' | 'rolling';
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

/** What keeps a guardrail from its declared mode; an event tells the same. */
export interface GuardrailStanding {
  readonly declared: Mode;
  readonly why: 'no-data' | 'no-breach-shown' | 'precision' | 'forced';
}

/** Signal, comparison, limit, patience and mode; immutable per revision of its policy. */
export interface Guardrail {
  readonly name: string;
  /** Null for alert guardrails. */
  readonly signal: string | null;
  /** Only samples whose dimensions hold these values; of a test against a control, those of the arm that got the release. */
  readonly where: Where;
  readonly test: GuardrailTest;
  /** The signal whose exposure is the traffic this one depends on: it tells a closed shop from a dead sensor. */
  readonly volume?: string;
  readonly mode: Mode;
  /** Where `mode` is not the declared one: what was declared, and why it does not hold (a word of the ladder). */
  readonly standing?: GuardrailStanding;
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
  /** When breaches that people marked wrong cost a guardrail the right to act. */
  readonly precision?: PrecisionFloor;
  readonly guardrails: readonly Guardrail[];
}
