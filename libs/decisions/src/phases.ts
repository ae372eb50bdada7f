import { canonicalJson, formatInstant, parseInstant } from '@parapet/kernel';
import type { ControlEvent, ReleasePhase, ReleasePhaseChanged } from './events.js';
import { type ChangePhase, type JudgeReadiness, type Outcome, refuse } from './inputs.js';
import { endProposal } from './proposal.js';
import { type KnownRelease, openProposal, type ReleaseState } from './state.js';

/** From where each phase may be entered. */
const ALLOWED_FROM: Readonly<Record<ReleasePhase, readonly ReleasePhase[]>> = {
  registered: [],
  refused: ['registered'],
  deploying: ['registered', 'refused', 'deploying', 'live'],
  live: ['deploying'],
  failed: ['deploying'],
  superseded: ['live'],
  'rolled-back': ['deploying', 'live', 'failed'],
  finished: ['live'],
};

/** Why an open proposal ends with a phase; the phases that are not here leave it open. */
const ENDS_PROPOSAL: Readonly<Partial<Record<ReleasePhase, string>>> = {
  superseded: 'another release of the workload went live',
  'rolled-back': 'the release was rolled back elsewhere',
  finished: 'the observation of the release ended',
};

export function changePhase(state: ReleaseState, input: ChangePhase): Outcome {
  if (state.phase === 'unregistered') return refuse('unknown-release', 404, 'there is no such release');
  if (isRepeat(state, input) || isOvertaken(state, input)) return [];
  if (!ALLOWED_FROM[input.phase].includes(state.phase)) {
    return refuse('phase', 409, `a release cannot become ${input.phase} while it is ${state.phase}`, {
      field: '/phase',
      current: { phase: state.phase },
    });
  }
  const reason = input.reason ?? (state.phase === 'refused' ? `deployed although refused: ${state.reason}` : undefined);
  return enterPhase(state, input.phase, {
    at: input.at,
    by: input.by,
    ...(input.scope === undefined ? {} : { scope: input.scope }),
    ...(reason === undefined ? {} : { reason }),
  });
}

/** The phase's event, and the end of an open proposal that loses its object. */
export function enterPhase(
  state: KnownRelease,
  to: ReleasePhase,
  said: Pick<ReleasePhaseChanged, 'at' | 'by' | 'scope' | 'reason'>,
): readonly ControlEvent[] {
  const moved: ReleasePhaseChanged = { type: 'ReleasePhaseChanged', from: state.phase, to, ...said };
  const why = ENDS_PROPOSAL[to];
  const open = openProposal(state);
  if (why === undefined || open === null) return [moved];
  return [moved, endProposal(open, 'cancelled', [], why)];
}

/** The same phase and scope again is harmless; a sender's repeat without a scope means the scope it had. */
function isRepeat(state: KnownRelease, input: ChangePhase): boolean {
  if (state.phase !== input.phase) return false;
  const scope = 'scope' in state ? state.scope : null;
  return input.scope === undefined || canonicalJson(input.scope) === canonicalJson(scope);
}

/** A late copy of the word that began the deployment: the release is live by now, and must not fall back to `deploying`. */
function isOvertaken(state: KnownRelease, input: ChangePhase): boolean {
  if (state.phase !== 'live' || input.phase !== 'deploying') return false;
  const saidAtMs = parseInstant(input.at);
  const liveAtMs = parseInstant(state.liveAt);
  return saidAtMs !== null && liveAtMs !== null && saidAtMs < liveAtMs;
}

export function judgeReadiness(state: ReleaseState, input: JudgeReadiness): readonly ControlEvent[] {
  if (state.phase !== 'registered' || input.isReady) return [];
  return enterPhase(state, 'refused', { at: formatInstant(input.nowMs), by: input.by, reason: input.reason });
}
