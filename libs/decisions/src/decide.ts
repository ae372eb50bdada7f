import { unreachable } from '@parapet/kernel';
import { answer, expire } from './answers.js';
import type { ControlEvent, ReleaseEvent } from './events.js';
import { follow } from './follow.js';
import { type DecisionInput, type Outcome, type RegisterRelease, refuse } from './inputs.js';
import { changePhase, judgeReadiness } from './phases.js';
import { evolve, initialState, type ReleaseState } from './state.js';

/** Every rule for the life of a release and of its proposals: what follows from an input, or why it is refused. */
export function decide(state: ReleaseState, input: DecisionInput): Outcome {
  switch (input.type) {
    case 'RegisterRelease':
      return register(state, input);
    case 'JudgeReadiness':
      return judgeReadiness(state, input);
    case 'ChangePhase':
      return changePhase(state, input);
    case 'Follow':
      return follow(state, input);
    case 'AnswerProposal':
      return answer(state, input);
    case 'ExpireProposal':
      return expire(state, input);
    default:
      return unreachable(input);
  }
}

function register(state: ReleaseState, input: RegisterRelease): Outcome {
  if (state.phase === 'unregistered')
    return [{ type: 'ReleaseRegistered', ...input.release }] satisfies readonly ControlEvent[];
  return refuse('name-taken', 409, `the name ${state.registered.name} is taken by another release`, {
    field: '/name',
    current: { name: state.registered.name, phase: state.phase },
  });
}

/** The decider of a release's stream, for `runtime` to run. */
export const decisions: {
  readonly initialState: ReleaseState;
  readonly decide: (state: ReleaseState, input: DecisionInput) => Outcome;
  readonly evolve: (state: ReleaseState, event: ReleaseEvent) => ReleaseState;
} = { initialState, decide, evolve };
