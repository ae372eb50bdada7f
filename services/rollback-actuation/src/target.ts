import type { KeyAnswer, OrderStep, RunningAnswer, SendAnswer } from '@parapet/actuation';

/** A step as a target is told to do it. */
export interface StepRequest {
  /** The same for every attempt of the step. */
  readonly key: string;
  /** Grows with every actuator that takes over; a target that compares it refuses the one before. */
  readonly fence: number;
  readonly step: OrderStep;
  readonly environment: string;
  readonly planDigest: string;
}

/** An answer, and how long the target asks us to wait before the next request. */
export type Waiting<T> = T & { readonly retryAfterMs?: number };

/**
 * One declared object that an actuation changes. Every method answers with a value whatever happens out there; a request that was
 * given up because of `signal` is answered as unclear. A new kind of target implements this and passes the contract in `test/`.
 */
export interface DeploymentTarget {
  send(request: StepRequest, signal: AbortSignal): Promise<Waiting<SendAnswer>>;
  ask(key: string, signal: AbortSignal): Promise<Waiting<KeyAnswer>>;
  running(signal: AbortSignal): Promise<RunningAnswer>;
}

/** Finds the declared target of a name; null where none is declared (any more). */
export interface Targets {
  find(tenant: string, environment: string, workload: string, name: string): DeploymentTarget | null;
}
