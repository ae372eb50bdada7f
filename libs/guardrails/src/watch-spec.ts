import type { InstantMs } from '@parapet/kernel';
import type { BadDirection, Baseline, Observation } from '@parapet/signals';
import type { AlertView } from './alert-guardrail.js';
import type { Guardrail, GuardrailPolicy } from './guardrail.js';

/** What a guardrail has to know of its signal. */
export interface WatchedSignal {
  readonly unit: string;
  readonly badDirection: BadDirection;
  readonly intervalMs: number;
  readonly latenessMs: number;
}

/** A guardrail with what it is compared with, fixed when the release began. */
export interface WatchedGuardrail {
  readonly guardrail: Guardrail;
  /** Null for alert guardrails, and where nobody declares the signal. */
  readonly signal: WatchedSignal | null;
  /** Of count guardrails: the period before the release; a limit takes its dispersion from there. */
  readonly baseline: Baseline | null;
}

/** All that the judgement of a release needs besides its inputs; never changed while it is watched. */
export interface WatchSpec {
  readonly tenant: string;
  readonly environment: string;
  readonly workload: string;
  readonly release: string;
  readonly name: string;
  /** When the release began to change something: evidence counts from here. */
  readonly startMs: InstantMs;
  readonly policy: Omit<GuardrailPolicy, 'guardrails'>;
  readonly guardrails: readonly WatchedGuardrail[];
}

/** Where the release is, as far as judging it goes. */
export type WatchPhase = 'deploying' | 'live' | 'failed' | 'superseded' | 'rolled-back' | 'finished';

/** Something the watch is told, in the order it is judged; `clockMs` is the partition's clock, never a sample's own time. */
export type WatchInput =
  | { readonly kind: 'observation'; readonly clockMs: InstantMs; readonly observation: Observation }
  /** Views of the alert guardrails that changed, by name. */
  | { readonly kind: 'alerts'; readonly clockMs: InstantMs; readonly views: Readonly<Record<string, AlertView>> }
  | { readonly kind: 'phase'; readonly clockMs: InstantMs; readonly phase: WatchPhase; readonly atMs: InstantMs }
  /** An actuation brought the rollback to its end: from here on the guardrails have to recover. */
  | {
      readonly kind: 'rollback-done';
      readonly clockMs: InstantMs;
      readonly atMs: InstantMs;
      readonly actuation: string;
    }
  | { readonly kind: 'tick'; readonly clockMs: InstantMs };
