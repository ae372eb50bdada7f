import type { ActuationEvent, ActuationFinished, AttemptState, RollbackOrdered } from './events.js';
import { type ActuationState, keyOf, type StepProgress } from './state.js';

export type Acting = Extract<ActuationState, { phase: 'acting' }>;
export type Finished = Extract<ActuationState, { phase: 'finished' }>;

/** An actuator takes the order up, for the first time or after another. */
export function startedEvent(order: RollbackOrdered, attempt: number): ActuationEvent {
  const { actuation, plan, proposal } = order;
  return { type: 'ActuationStarted', actuation, plan, attempt, ...(proposal === undefined ? {} : { proposal }) };
}

/** A step is in another state. */
export function changed(
  state: Acting | Finished,
  step: StepProgress,
  to: AttemptState,
  detail?: string,
): ActuationEvent {
  const { actuation } = state.order;
  const key = keyOf(actuation, step.order.step);
  return {
    type: 'ActuationStepChanged',
    actuation,
    step: step.order.step,
    attempt: step.attempt,
    key,
    state: to,
    ...(detail === undefined ? {} : { detail }),
  };
}

/** The end; steps of which nothing was ever written are left out, since nothing was done. */
export function finished(
  state: Acting,
  latest: readonly StepProgress[],
  outcome: ActuationFinished['outcome'],
  reason?: string,
): ActuationFinished {
  const newer = new Map(latest.map((step) => [step.order.step, step]));
  const steps = state.steps.flatMap((s) => {
    const step = newer.get(s.order.step) ?? s;
    return step.state === null ? [] : [{ step: step.order.step, state: step.state }];
  });
  return {
    type: 'ActuationFinished',
    actuation: state.order.actuation,
    outcome,
    steps,
    attempt: state.attempt,
    ...(reason === undefined ? {} : { reason }),
  };
}
