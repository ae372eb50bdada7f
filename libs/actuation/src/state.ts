import { unreachable } from '@parapet/kernel';
import type {
  ActuationEvent,
  ActuationFinished,
  AttemptState,
  OrderStep,
  RollbackOrdered,
  RollbackVerified,
} from './events.js';

/** How the guardrails do after an actuation, as the evaluator journals it. */
export interface RecoveryHeard {
  readonly type: 'RecoveryJudged';
  readonly outcome: 'recovering' | 'recovered' | 'not-recovered';
  readonly actuation?: string;
  readonly guardrails: readonly { readonly name: string; readonly verdict: string }[];
}

/** The events of a release's stream that an actuation is made of. */
export type ActuationStory = RollbackOrdered | ActuationEvent | RecoveryHeard;

/** How far a step is; `state` is null before anything was written about it. */
export interface StepProgress {
  readonly order: OrderStep;
  readonly state: AttemptState | null;
  /** Of this step: 1, 2, … */
  readonly attempt: number;
}

/** An actuation's life: one shape per phase. */
export type ActuationState =
  | { readonly phase: 'unordered' }
  | { readonly phase: 'ordered'; readonly order: RollbackOrdered }
  | {
      readonly phase: 'acting';
      readonly order: RollbackOrdered;
      readonly attempt: number;
      readonly steps: readonly StepProgress[];
    }
  | {
      readonly phase: 'finished';
      readonly order: RollbackOrdered;
      readonly attempt: number;
      readonly steps: readonly StepProgress[];
      readonly outcome: ActuationFinished['outcome'];
      readonly recovery: RecoveryHeard | null;
    }
  | { readonly phase: 'verified'; readonly order: RollbackOrdered; readonly outcome: RollbackVerified['outcome'] };

/** Nothing has been ordered yet. */
export const initialState: ActuationState = { phase: 'unordered' };

/** Key of a step at its target: the same for every attempt. */
export function keyOf(actuation: string, step: string): string {
  return `${actuation}.${step}`;
}

/** The step that is not over yet; null when all are applied. */
export function currentStep(steps: readonly StepProgress[]): StepProgress | null {
  return steps.find((step) => step.state !== 'applied') ?? null;
}

/** Records one event of the actuation; events of others change nothing. */
export function evolveActuation(actuation: string, state: ActuationState, event: ActuationStory): ActuationState {
  if (event.actuation !== actuation) return state;
  switch (event.type) {
    case 'RollbackOrdered':
      return { phase: 'ordered', order: event };
    case 'ActuationStarted':
      return started(state, event.attempt);
    case 'ActuationStepChanged':
      return state.phase === 'acting' || state.phase === 'finished'
        ? {
            ...state,
            steps: state.steps.map((s) =>
              s.order.step === event.step ? { ...s, state: event.state, attempt: event.attempt } : s,
            ),
          }
        : state;
    case 'ActuationFinished':
      return state.phase === 'acting' ? { ...state, phase: 'finished', outcome: event.outcome, recovery: null } : state;
    case 'RecoveryJudged':
      return state.phase === 'finished' ? { ...state, recovery: event } : state;
    case 'RollbackVerified':
      return state.phase === 'finished' ? { phase: 'verified', order: state.order, outcome: event.outcome } : state;
    default:
      return unreachable(event);
  }
}

function started(state: ActuationState, attempt: number): ActuationState {
  if (state.phase === 'acting') return { ...state, attempt };
  if (state.phase !== 'ordered') return state;
  return {
    phase: 'acting',
    order: state.order,
    attempt,
    steps: state.order.steps.map((order) => ({ order, state: null, attempt: 1 })),
  };
}
