/** What a release put where: one deployable part in one version. */
export interface ComponentVersion {
  readonly component: string;
  readonly version: string;
  readonly artifact?: string;
}

/** A set of components and the release they belong to; `release` is null where it is not ours. */
export interface Running {
  readonly release: string | null;
  readonly components: readonly ComponentVersion[];
}

/** One step of an order: one target and the components it holds. */
export interface OrderStep {
  /** `1`, `2`, …; with the actuation's id the idempotency key at the target. */
  readonly step: string;
  /** Name of a declared target of the workload. */
  readonly target: string;
  readonly from: Running;
  readonly to: Running;
  readonly isRepeatable: boolean;
}

/** A recorded decision to go back, complete: the actuator needs nothing else but the target's declaration. */
export interface RollbackOrdered {
  readonly type: 'RollbackOrdered';
  readonly actuation: string;
  /** The approved proposal; absent if the policy decided alone. */
  readonly proposal?: string;
  /** The decision policy, if it decided alone. */
  readonly policy?: string;
  readonly plan: string;
  readonly planDigest: string;
  readonly release: string;
  readonly environment: string;
  readonly workload: string;
  /** The release gone back to. */
  readonly to: string;
  readonly steps: readonly OrderStep[];
  /** RFC 3339; what is not done by then is not done any more. */
  readonly notAfter: string;
}

export type AttemptState = 'prepared' | 'sent' | 'confirmed' | 'applied' | 'refused' | 'unknown';

/** Before the first effect, and when another actuator takes over. */
export interface ActuationStarted {
  readonly type: 'ActuationStarted';
  readonly actuation: string;
  readonly proposal?: string;
  readonly plan: string;
  readonly attempt: number;
}

export interface ActuationStepChanged {
  readonly type: 'ActuationStepChanged';
  readonly actuation: string;
  readonly step: string;
  readonly attempt: number;
  readonly key: string;
  readonly state: AttemptState;
  /** What the target said, cut and without secrets. */
  readonly detail?: string;
}

export interface ActuationFinished {
  readonly type: 'ActuationFinished';
  readonly actuation: string;
  readonly outcome: 'done' | 'failed' | 'unknown';
  readonly steps: readonly { readonly step: string; readonly state: AttemptState }[];
  readonly attempt: number;
  readonly reason?: string;
}

/** Our own proof that it worked, or that it did not. */
export interface RollbackVerified {
  readonly type: 'RollbackVerified';
  readonly actuation: string;
  readonly outcome: 'verified' | 'not-verified';
  /** What the targets say runs now. */
  readonly running: readonly (ComponentVersion & { readonly share?: number })[];
  readonly guardrails: readonly { readonly name: string; readonly verdict: string }[];
  readonly reason?: string;
}

/** What rollback-actuation says in a release's stream. */
export type ActuationEvent = ActuationStarted | ActuationStepChanged | ActuationFinished | RollbackVerified;
