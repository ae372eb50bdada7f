import type { InstantMs } from '@parapet/kernel';
import type { GapReason } from '@parapet/signals';
import type { AlertGuardrailState } from './alert-guardrail.js';
import type { MixtureState } from './anchored-mixture.js';
import type { Covered } from './coverage.js';
import type { InconclusiveReason, VerdictKind } from './events.js';
import type { Mode } from './guardrail.js';
import type { ThresholdState } from './threshold.js';
import type { WatchPhase } from './watch-spec.js';

/** When a signal was last heard and how much of the watch it covered. */
export interface Presence {
  readonly newestAtMs: InstantMs | null;
  /** Our clock when the newest value came: an old sensor is not fresh because it talks. */
  readonly freshAtMs: InstantMs | null;
  readonly covered: Covered;
  /** Why there was no value the last time; null after a usable one. */
  readonly gap: GapReason | null;
}

/** Where one guardrail stands, by the form of its test. */
export type GuardrailState =
  | { readonly kind: 'counts'; readonly presence: Presence; readonly mixture: MixtureState }
  | {
      readonly kind: 'threshold';
      readonly presence: Presence;
      readonly series: Readonly<Record<string, ThresholdState>>;
    }
  | { readonly kind: 'alerts'; readonly alerts: AlertGuardrailState };

/** Once degraded, always degraded: recovery ends a proposal, not a verdict. */
export interface Failure {
  readonly sinceMs: InstantMs;
  readonly mode: 'propose' | 'act';
  readonly leader: string;
  /** Every guardrail that has been in breach. */
  readonly breached: readonly string[];
}

/** How the guardrails that were in breach do: after a rollback, or while nobody has decided yet. */
export interface RecoveryState {
  /** The actuation that ended; null where the rollback came from outside, or none was carried out. */
  readonly actuation: string | null;
  readonly isAfterRollback: boolean;
  /** Values after this instant count. */
  readonly sinceMs: InstantMs;
  readonly sinceClockMs: InstantMs;
  /** Counts since then, or since the latest anchor, per guardrail of the watch. */
  readonly totals: readonly { readonly events: number; readonly exposure: number }[];
  /** Anchors passed, and how many of them in a row found everything recovered. */
  readonly anchors: number;
  readonly clear: number;
  readonly isSaidRecovering: boolean;
  /** Recovered before anybody decided: nothing more is said of it, unless a rollback is carried out after all. */
  readonly isDone: boolean;
}

/** Where a watch stands; JSON, the same in memory and read back. */
export interface WatchState {
  readonly clockMs: InstantMs;
  readonly phase: WatchPhase;
  readonly liveAtMs: InstantMs | null;
  readonly guardrails: readonly GuardrailState[];
  readonly failure: Failure | null;
  /** What was said last. */
  readonly verdict: VerdictKind;
  readonly sinceMs: InstantMs;
  readonly mode: Mode;
  readonly reason: InconclusiveReason | null;
  readonly isFinal: boolean;
  readonly recovery: RecoveryState | null;
  /** Nothing that comes can change anything any more. */
  readonly isOver: boolean;
}
