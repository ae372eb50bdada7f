import { unreachable, type InstantMs } from '@parapet/kernel';
import { notAfterMs } from './deadline.js';
import type { OrderStep, RollbackOrdered } from './events.js';
import { type ActuationState, currentStep, keyOf, type StepProgress } from './state.js';

/** What an actuator does next. Each but the last two ends in an input for `decide`. */
export type NextStep =
  /** Write `started` and with it a fence. */
  | { readonly kind: 'take-up' }
  /** Read what runs, before anything is written about the step. */
  | { readonly kind: 'look'; readonly step: OrderStep }
  /** Write `sent`, then send. */
  | { readonly kind: 'send'; readonly step: OrderStep; readonly key: string; readonly attempt: number }
  /** Ask the target what it knows of the key. */
  | { readonly kind: 'ask'; readonly step: OrderStep; readonly key: string }
  /** Ask for the key and read what runs. */
  | { readonly kind: 'read-back'; readonly step: OrderStep; readonly key: string }
  /** No step is open or allowed: time alone decides. */
  | { readonly kind: 'give-up' }
  /** Read what every target runs. */
  | { readonly kind: 'verify'; readonly order: RollbackOrdered }
  /** New effects are frozen by a person. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'nothing' };

/** What surrounds an actuation and is in no event. */
export interface Circumstances {
  readonly nowMs: InstantMs;
  /** Whether this actuator has written its own `started` for the actuation. */
  readonly hasFence: boolean;
  /** New effects are stopped by a person; what was sent is still watched. */
  readonly isFrozen: boolean;
}

/** Says what to do next; does nothing by itself. */
export function nextStep(state: ActuationState, now: Circumstances): NextStep {
  switch (state.phase) {
    case 'unordered':
    case 'verified':
      return { kind: 'nothing' };
    case 'ordered':
      return { kind: 'take-up' };
    case 'acting': {
      if (!now.hasFence) return { kind: 'take-up' };
      const step = currentStep(state.steps);
      return step === null ? { kind: 'give-up' } : nextOf(state.order, step, now);
    }
    case 'finished':
      return nextOfFinished(state);
    default:
      return unreachable(state);
  }
}

function nextOf(order: RollbackOrdered, progress: StepProgress, now: Circumstances): NextStep {
  const step = progress.order;
  const key = keyOf(order.actuation, step.step);
  const mayBegin = now.nowMs < notAfterMs(order);
  switch (progress.state) {
    case null:
      if (!mayBegin) return { kind: 'give-up' };
      return now.isFrozen ? { kind: 'wait' } : { kind: 'look', step };
    case 'prepared':
      if (!mayBegin) return { kind: 'give-up' };
      return now.isFrozen ? { kind: 'wait' } : { kind: 'send', step, key, attempt: progress.attempt };
    case 'sent':
      return { kind: 'ask', step, key };
    case 'confirmed':
      return { kind: 'read-back', step, key };
    case 'applied':
    case 'refused':
    case 'unknown':
      // The end is written together with the last two; an applied step is not the current one.
      return { kind: 'give-up' };
    default:
      return unreachable(progress.state);
  }
}

function nextOfFinished(state: Extract<ActuationState, { phase: 'finished' }>): NextStep {
  if (state.outcome === 'done') return { kind: 'verify', order: state.order };
  const open = state.steps.find((step) => step.state === 'unknown');
  if (open === undefined) return { kind: 'nothing' };
  return { kind: 'read-back', step: open.order, key: keyOf(state.order.actuation, open.order.step) };
}
