import type { ActuationEvent } from './events.js';
import type { ActuationInput, KeyAnswer } from './inputs.js';
import { changed, type Finished } from './made.js';
import { difference, isSo, type RunningAnswer, type RunningComponent } from './running.js';

/** What follows once an actuation has ended: proof that it worked, or late news of a step that nobody knew of. */
export function decideFinished(state: Finished, input: ActuationInput): readonly ActuationEvent[] {
  if (state.outcome === 'unknown' && input.type === 'ReadBack')
    return settleUnknown(state, input.step, input.key, input.answer);
  if (state.outcome !== 'done' || input.type !== 'VerificationLooked') return [];
  const running = input.targets.flatMap(({ answer }) => (answer.kind === 'runs' ? answer.components : []));
  for (const step of state.order.steps) {
    const answer = input.targets.find(({ target }) => target === step.target)?.answer;
    if (answer?.kind !== 'runs') {
      const why = `${step.target} could not be asked what runs`;
      return input.nowMs >= input.untilMs ? [verified(state, 'not-verified', running, why)] : [];
    }
    const why = difference(step.target, answer.components, step.to);
    if (why !== null) return [verified(state, 'not-verified', running, why)];
  }
  if (state.recovery?.outcome === 'recovered') return [verified(state, 'verified', running)];
  if (state.recovery?.outcome === 'not-recovered')
    return [verified(state, 'not-verified', running, 'the guardrails have not recovered')];
  return input.nowMs >= input.untilMs
    ? [verified(state, 'not-verified', running, 'recovery was not shown in time')]
    : [];
}

/** A late clear answer about a step that nobody knew of: written down, and nothing more is done. */
function settleUnknown(
  state: Finished,
  name: string,
  key: KeyAnswer,
  answer: RunningAnswer,
): readonly ActuationEvent[] {
  const step = state.steps.find((s) => s.order.step === name && s.state === 'unknown');
  if (step === undefined) return [];
  if (answer.kind === 'runs' && isSo(answer.components, step.order.to))
    return [changed(state, step, 'applied', `${step.order.target} runs it, seen late`)];
  return key.kind === 'failed' ? [changed(state, step, 'refused', key.detail)] : [];
}

function verified(
  state: Finished,
  outcome: 'verified' | 'not-verified',
  running: readonly RunningComponent[],
  reason?: string,
): ActuationEvent {
  const guardrails = (state.recovery?.guardrails ?? []).map(({ name, verdict }) => ({ name, verdict }));
  const shown = running.map(({ by: _, ...component }) => component);
  return {
    type: 'RollbackVerified',
    actuation: state.order.actuation,
    outcome,
    running: shown,
    guardrails,
    ...(reason === undefined ? {} : { reason }),
  };
}
