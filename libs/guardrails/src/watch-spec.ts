import type { InstantMs } from '@parapet/kernel';
import type {
  ArmsRatio,
  ArmsTail,
  BadDirection,
  Baseline,
  Counts,
  Dispersion,
  Observation,
  Period,
} from '@parapet/signals';
import type { AlertView } from './alert-guardrail.js';
import type { BaselineWindow, Guardrail, GuardrailPolicy } from './guardrail.js';

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
  /**
   * History, by window, newest kind first; empty where a test needs none. A limit and a control take their dispersion or
   * variance from it.
   */
  readonly baselines: readonly WindowedBaseline[];
  /**
   * Of counts against a control: dispersion between the same arms in a time when neither had the release (statistics 6.1); absent
   * where that is not known, and history's own is made the best of.
   */
  readonly armsDispersion?: Dispersion;
  /** Of counts against a control: how the same arms differed in that time; absent where that is not known, and they are taken to be alike. */
  readonly armsRatio?: ArmsRatio;
  /**
   * Of values against a control: the difference of the same arms, transformed, in a time when neither had the release; absent where
   * that is not known, and the arms are taken to have been the same.
   */
  readonly armsValues?: Extract<Baseline, { kind: 'values' }>;
  /** Of latencies against a control: the same of the share of requests slower than each bound of history. */
  readonly armsTails?: readonly ArmsTail[];
  /** The newest time before the release in short stretches: was it like that already? Absent where it is not known. */
  readonly recent?: Stretches;
  /**
   * The times of day of the watch on earlier days, from that of its start on, nothing of a bad release in them: is it like that
   * every night?
   */
  readonly earlier?: readonly (Stretches & { readonly daysAgo: number })[];
  /**
   * Of a burn rate of `scope: rolling`: what its windows held when the release began, oldest first and without empty pieces, as far
   * as it was known by then. Absent where that is nothing.
   */
  readonly held?: readonly HeldCounts[];
}

/** Bad ones of all in a piece of time before the release, `(fromMs, toMs]`. */
export interface HeldCounts extends Period, Counts {}

/**
 * A piece of history in equal steps, oldest first: bad ones of all, events of exposure, transformed values of their number, slow
 * requests of all, minutes beyond a threshold of all.
 */
export interface Stretches {
  readonly fromMs: InstantMs;
  readonly stepMs: number;
  readonly sum: readonly number[];
  readonly n: readonly number[];
}

/** What one window of history says. */
export interface WindowedBaseline {
  readonly window: BaselineWindow;
  readonly baseline: Baseline;
}

/** A signal that measures traffic: how much of it is usual, and how often it is heard. */
export interface WatchedVolume {
  readonly signal: string;
  readonly intervalMs: number;
  /** Exposure per second that is usual, by window of history; without a window nothing can be called not comparable. */
  readonly usual: Readonly<Partial<Record<BaselineWindow, number>>>;
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
  /** What of the environment got the release; null: all of it. */
  readonly scope: ReleaseScope | null;
  readonly policy: Omit<GuardrailPolicy, 'guardrails'>;
  readonly guardrails: readonly WatchedGuardrail[];
  /** The volume signals that guardrails name, once each. */
  readonly volumes: readonly WatchedVolume[];
}

/** The part of an environment that runs the release: some values of a dimension such as `store`, or a share of the traffic. */
export type ReleaseScope =
  | { readonly kind: 'values'; readonly dimension: string; readonly values: readonly string[] }
  | { readonly kind: 'percent'; readonly percent: number };

/** Another release of the same environment that may be to blame. */
export interface NearbyRelease {
  readonly release: string;
  readonly name: string;
  readonly workload: string;
  readonly startMs: InstantMs;
  /** When it ended, was rolled back or was superseded; null while it is in flight. */
  readonly endedAtMs: InstantMs | null;
  readonly scope: ReleaseScope | null;
}

/** Where the release is, as far as judging it goes. */
export type WatchPhase = 'deploying' | 'live' | 'failed' | 'superseded' | 'rolled-back' | 'finished';

/** Something the watch is told, in the order it is judged; `clockMs` is the partition's clock, never a sample's own time. */
export type WatchInput =
  | { readonly kind: 'observation'; readonly clockMs: InstantMs; readonly observation: Observation }
  /** Views of the alert guardrails that changed, by name. */
  | { readonly kind: 'alerts'; readonly clockMs: InstantMs; readonly views: Readonly<Record<string, AlertView>> }
  /** The other releases that were in flight since this one began, whenever that changed. */
  | { readonly kind: 'surroundings'; readonly clockMs: InstantMs; readonly releases: readonly NearbyRelease[] }
  | { readonly kind: 'phase'; readonly clockMs: InstantMs; readonly phase: WatchPhase; readonly atMs: InstantMs }
  /** An actuation brought the rollback to its end: from here on the guardrails have to recover. */
  | {
      readonly kind: 'rollback-done';
      readonly clockMs: InstantMs;
      readonly atMs: InstantMs;
      readonly actuation: string;
    }
  | { readonly kind: 'tick'; readonly clockMs: InstantMs };
