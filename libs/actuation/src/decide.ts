import { unreachable, type InstantMs } from '@parapet/kernel';
import { isOver, notAfterMs } from './deadline.js';
import type { ActuationEvent, AttemptState } from './events.js';
import type { ActuationInput, KeyAnswer, SendAnswer } from './inputs.js';
import { type Acting, changed, finished, startedEvent } from './made.js';
import { difference, isSo, isStill, type RunningAnswer } from './running.js';
import {
  type ActuationState,
  type ActuationStory,
  currentStep,
  evolveActuation,
  initialState,
  type StepProgress,
} from './state.js';
import { decideFinished } from './verify.js';

/** How long after `notAfter` a step that was sent is still watched before nobody is said to know. */
export const WATCH_BEYOND_MS = 60_000;

/** The life of one actuation: an order, attempts and answers in; what happened out. */
export function actuationDecider(actuation: string) {
  return {
    initialState,
    decide: decideActuation,
    evolve: (state: ActuationState, event: ActuationStory): ActuationState => evolveActuation(actuation, state, event),
  };
}

/** Every rule of an actuation. An input that does not fit the state is late, and nothing follows from it. */
export function decideActuation(state: ActuationState, input: ActuationInput): readonly ActuationEvent[] {
  switch (state.phase) {
    case 'unordered':
    case 'verified':
      return [];
    case 'ordered':
      return input.type === 'TakenUp' ? [startedEvent(state.order, 1)] : [];
    case 'acting':
      return decideActing(state, input);
    case 'finished':
      return decideFinished(state, input);
    default:
      return unreachable(state);
  }
}

function decideActing(state: Acting, input: ActuationInput): readonly ActuationEvent[] {
  if (input.type === 'TakenUp') return [startedEvent(state.order, state.attempt + 1)];
  const step = currentStep(state.steps);
  // An order without steps, or a crash between the last `applied` and the end.
  if (step === null) return [finished(state, [], 'done')];
  switch (input.type) {
    case 'LookedAt':
      return isAbout(step, input, [null]) ? lookedAt(state, step, input.answer, input.nowMs) : [];
    case 'SendDue':
      return isAbout(step, input, ['prepared']) ? sendDue(state, step, input.nowMs, input.isFrozen) : [];
    case 'Answered':
      return isAbout(step, input, ['sent']) && input.attempt === step.attempt
        ? answered(state, step, input.answer)
        : [];
    case 'Asked':
      return isAbout(step, input, ['sent']) ? asked(state, step, input.answer, input.nowMs) : [];
    case 'ReadBack':
      return isAbout(step, input, ['confirmed']) ? readBack(state, step, input.key, input.answer, input.nowMs) : [];
    case 'TimePassed':
      return timePassed(state, step, input.nowMs);
    case 'VerificationLooked':
      return [];
    default:
      return unreachable(input);
  }
}

function isAbout(
  step: StepProgress,
  input: { readonly step: string },
  states: readonly (AttemptState | null)[],
): boolean {
  return input.step === step.order.step && states.includes(step.state);
}

function lookedAt(
  state: Acting,
  step: StepProgress,
  answer: RunningAnswer,
  nowMs: InstantMs,
): readonly ActuationEvent[] {
  if (answer.kind === 'no-answer') return timePassed(state, step, nowMs);
  if (isSo(answer.components, step.order.to)) return applied(state, step, 'it was already so');
  if (isStill(answer.components, step.order.from))
    return isOver(state.order, nowMs) ? tooLate(state, step) : [changed(state, step, 'prepared')];
  const why =
    difference(step.order.target, answer.components, step.order.from) ?? 'something else runs than the order expects';
  return stopped(state, step, 'refused', 'failed', `not begun, since ${why}`);
}

function sendDue(state: Acting, step: StepProgress, nowMs: InstantMs, isFrozen: boolean): readonly ActuationEvent[] {
  if (isOver(state.order, nowMs)) return tooLate(state, step);
  return isFrozen ? [] : [changed(state, step, 'sent')];
}

function answered(state: Acting, step: StepProgress, answer: SendAnswer): readonly ActuationEvent[] {
  switch (answer.kind) {
    case 'taken':
      return [changed(state, step, 'confirmed', answer.detail)];
    case 'refused':
      return stopped(state, step, 'refused', 'failed', answer.detail);
    case 'unclear':
      // It stays `sent`: the target is asked by the key before anything else is done.
      return [];
    default:
      return unreachable(answer);
  }
}

function asked(state: Acting, step: StepProgress, answer: KeyAnswer, nowMs: InstantMs): readonly ActuationEvent[] {
  switch (answer.kind) {
    case 'unknown-key':
      return unknownKey(state, step, nowMs);
    case 'running':
    case 'done':
      return [changed(state, step, 'confirmed', `the target says ${answer.kind}`)];
    case 'failed':
      return stopped(state, step, 'refused', 'failed', answer.detail);
    case 'no-answer':
      return timePassed(state, step, nowMs);
    default:
      return unreachable(answer);
  }
}

function unknownKey(state: Acting, step: StepProgress, nowMs: InstantMs): readonly ActuationEvent[] {
  // The request may still be on its way: a step that must not happen twice is not sent twice.
  if (!step.order.isRepeatable)
    return stopped(state, step, 'unknown', 'unknown', 'sent once, and the target does not know of it');
  const again = { ...step, attempt: step.attempt + 1 };
  const prepared = changed(state, again, 'prepared', 'the target does not know of it');
  if (!isOver(state.order, nowMs)) return [prepared];
  return [
    prepared,
    finished(state, [{ ...again, state: 'prepared' }], 'failed', `not done before ${state.order.notAfter}`),
  ];
}

function readBack(
  state: Acting,
  step: StepProgress,
  key: KeyAnswer,
  answer: RunningAnswer,
  nowMs: InstantMs,
): readonly ActuationEvent[] {
  if (answer.kind === 'runs' && isSo(answer.components, step.order.to))
    return applied(state, step, `${step.order.target} runs it`);
  if (key.kind === 'failed') return stopped(state, step, 'refused', 'failed', key.detail);
  return timePassed(state, step, nowMs);
}

/** The end of what is allowed: nothing new after `notAfter`, and a while later nobody knows what became of what was sent. */
function timePassed(state: Acting, step: StepProgress, nowMs: InstantMs): readonly ActuationEvent[] {
  if (!isOver(state.order, nowMs)) return [];
  const wasSent = step.state === 'sent' || step.state === 'confirmed';
  if (!wasSent) return tooLate(state, step);
  const isWatchOver = nowMs >= notAfterMs(state.order) + WATCH_BEYOND_MS;
  return isWatchOver
    ? stopped(state, step, 'unknown', 'unknown', `${step.order.target} did not show it before ${state.order.notAfter}`)
    : [];
}

function applied(state: Acting, step: StepProgress, detail: string): readonly ActuationEvent[] {
  const event = changed(state, step, 'applied', detail);
  const steps = state.steps.map((s) => (s === step ? { ...s, state: 'applied' as const } : s));
  return currentStep(steps) === null ? [event, finished({ ...state, steps }, [], 'done')] : [event];
}

function tooLate(state: Acting, step: StepProgress): readonly ActuationEvent[] {
  const begun = step.state === null ? [] : [step];
  return [finished(state, begun, 'failed', `${step.order.target} was not told before ${state.order.notAfter}`)];
}

function stopped(
  state: Acting,
  step: StepProgress,
  to: 'refused' | 'unknown',
  outcome: 'failed' | 'unknown',
  reason: string,
): readonly ActuationEvent[] {
  return [changed(state, step, to, reason), finished(state, [{ ...step, state: to }], outcome, reason)];
}
