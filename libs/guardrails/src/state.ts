import type { InstantMs } from '@parapet/kernel';
import type { AlertGuardrailState } from './alert-guardrail.js';
import type { AttributionState } from './attribution/index.js';
import type { Covered } from './coverage.js';
import type { Attribution, InconclusiveReason, VerdictKind } from './events.js';
import type { Mode } from './guardrail.js';
import type { Presence } from './presence.js';
import type { VolumeState } from './volume.js';
import type { WatchPhase } from './watch-spec.js';

/** Where a guardrail that judges samples stands. */
export interface TestedState {
  readonly kind: 'tested';
  presence: Presence;
  /** Of what did not get the release; null where the guardrail is not compared with it. */
  controlPresence: Presence | null;
  /** What its test remembers, as the test wrote it. */
  run: unknown;
  /** ln of its e-value, kept so that a guardrail that nothing came for costs nothing; 0 for one that fires by rule. */
  evidence: number;
  /** What shows that the release is acceptable, as the test wrote it; null for one that fires by rule. */
  acceptance: unknown;
  /** Times whose traffic was too unlike that of the baseline; null where there were none. */
  unlike: { readonly covered: Covered; readonly isNow: boolean } | null;
}

/** Where one guardrail stands. */
export type GuardrailState = TestedState | { readonly kind: 'alerts'; readonly alerts: AlertGuardrailState };

/** Once degraded, always degraded: recovery ends a proposal, not a verdict. */
export interface Failure {
  readonly sinceMs: InstantMs;
  readonly mode: 'propose' | 'act';
  readonly leader: string;
  /** Every guardrail that has been in breach. */
  readonly breached: readonly string[];
  /** The guardrails that showed it at that moment, strongest first, with a bounded share of wrong ones among them (statistics 8). */
  readonly guilty: readonly string[];
  /** Whose doing it was found to be at that moment; null where nothing looked at other causes. */
  readonly attribution: Attribution | null;
}

/** How the guardrails that were in breach do: after a rollback, or while nobody has decided yet. */
export interface RecoveryState {
  /** The actuation that ended; null where the rollback came from outside, or none was carried out. */
  readonly actuation: string | null;
  readonly isAfterRollback: boolean;
  /** Values after this instant count. */
  readonly sinceMs: InstantMs;
  readonly sinceClockMs: InstantMs;
  /** What shows since then, or since the latest anchor, that things are acceptable again: per guardrail, as its test wrote it. */
  readonly acceptances: readonly unknown[];
  /** Anchors passed, and how many of them in a row found everything recovered. */
  readonly anchors: number;
  readonly clear: number;
  readonly isSaidRecovering: boolean;
  /** Recovered before anybody decided: nothing more is said of it, unless a rollback is carried out after all. */
  readonly isDone: boolean;
}

/** Where a watch stands; JSON, the same in memory and read back. */
export interface WatchState {
  clockMs: InstantMs;
  readonly phase: WatchPhase;
  readonly liveAtMs: InstantMs | null;
  readonly guardrails: GuardrailState[];
  /** In the order of the specification's volumes. */
  volumes: readonly VolumeState[];
  /** What whom to blame rests on. */
  readonly attribution: AttributionState;
  readonly failure: Failure | null;
  /** Something is worse, and this is why it is not put down to the release; null while it is not so. */
  readonly refusal: Attribution | null;
  /** What was said last. */
  readonly verdict: VerdictKind;
  readonly sinceMs: InstantMs;
  readonly mode: Mode;
  readonly reason: InconclusiveReason | null;
  /** The release that was said to be to blame last; null for none. */
  readonly blamed: string | null;
  readonly isFinal: boolean;
  recovery: RecoveryState | null;
  /** Nothing that comes can change anything any more. */
  readonly isOver: boolean;
}
