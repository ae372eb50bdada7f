import { formatInstant, type InstantMs } from '@parapet/kernel';
import { noticedOf } from './attribute.js';
import { adviceOn, doubtWords } from './doubts.js';
import type { GuardrailReport, InconclusiveReason, RecoveryJudged, VerdictChanged, WatchEvent } from './events.js';
import { type Judged, reportOf, type Scene } from './judge.js';
import type { WatchPlan } from './plan.js';
import { judgeRecovery, startRecovery } from './recovery.js';
import type { WatchState } from './state.js';
import { judgeAll, latch, verdictOf } from './verdict.js';
import type { WatchSpec } from './watch-spec.js';

/** What most inputs lead to. */
export const NOTHING_SAID: readonly WatchEvent[] = [];

/** A failed release that nobody decides on is not watched for ever. */
const UNATTENDED_MS = 7 * 24 * 3_600_000;

/** Judges everything as it stands and says what changed. */
export function settle(
  spec: WatchSpec,
  plan: WatchPlan,
  taken: WatchState,
  clockMs: InstantMs,
): { readonly state: WatchState; readonly said: readonly WatchEvent[] } {
  const before: Scene = { spec, plan, state: taken, clockMs };
  const first = judgeAll(before);
  const { failure, refusal } = latch(before, first);
  const isSame = failure === taken.failure && refusal === taken.refusal;
  const state: WatchState = isSame ? taken : { ...taken, failure, refusal };
  const scene: Scene = isSame ? before : { ...before, state };
  const judged = isSame ? first : judgeAll(scene);
  const verdict = verdictOf(scene, judged);

  let said = NOTHING_SAID;
  let next = state;
  if (!state.isFinal) {
    const blamed = (state.failure?.attribution ?? state.refusal)?.blamed ?? null;
    const hasChanged = verdict.to !== state.verdict || verdict.mode !== state.mode || verdict.isFinal;
    if (hasChanged || isOtherDoubt(state, verdict.reason, blamed)) {
      const sinceMs = verdict.to === state.verdict ? state.sinceMs : clockMs;
      const { to, mode, reason, isFinal } = verdict;
      next = { ...state, verdict: to, mode, reason, blamed, isFinal, sinceMs };
      const reports = judged.map((one, i) => reportOf(scene, i, one, verdict.isEnd));
      said = [changed({ ...scene, state: next }, state, reports)];
    }
  }
  const recovered = recover({ ...scene, state: next }, judged);
  if (recovered.said.length > 0) said = [...said, ...recovered.said];
  const over = isOver(spec, recovered.state, clockMs);
  const last = over ? { ...recovered.state, isOver: over } : recovered.state;
  return { state: last, said };
}

/** Whether what was said is unknown for another reason now, or somebody else is to blame; who waits for a verdict wants to know. */
function isOtherDoubt(said: WatchState, reason: InconclusiveReason | null, blamed: string | null): boolean {
  if (reason !== said.reason) return true;
  return reason === 'not-attributed' && blamed !== null && blamed !== said.blamed;
}

function changed(scene: Scene, before: WatchState, guardrails: readonly GuardrailReport[]): WatchEvent {
  const { spec, state: after } = scene;
  const required = guardrails.filter((_, i) => spec.guardrails[i]?.guardrail.isRequired);
  return {
    type: 'VerdictChanged',
    from: before.verdict,
    to: after.verdict,
    final: after.isFinal,
    ...(after.reason === null ? {} : unknownOf(after, after.reason, guardrails)),
    mode: after.mode,
    since: formatInstant(after.sinceMs),
    coverage: {
      judged: required.filter((r) => r.verdict === 'pass' || r.verdict === 'breach').length,
      required: required.length,
    },
    guardrails,
    ...attributionOf(scene),
  };
}

/** Why nothing can be said, and what to do about it: by whoever was looked for elsewhere, or by the first guardrail that cannot tell. */
function unknownOf(
  { refusal }: WatchState,
  reason: InconclusiveReason,
  guardrails: readonly GuardrailReport[],
): Pick<VerdictChanged, 'reason' | 'words' | 'advice'> {
  const told = reason === 'not-attributed' ? refusal?.words : guardrails.find((one) => one.reason === reason)?.words;
  return { reason, words: told ?? doubtWords(reason), advice: adviceOn(reason) };
}

/** Whose doing it is, once something is worse and somebody looked. */
function attributionOf(scene: Scene): Pick<VerdictChanged, 'attribution'> {
  const { failure, refusal } = scene.state;
  const attribution = failure?.attribution ?? refusal ?? noticedOf(scene);
  return attribution === null ? {} : { attribution };
}

/** Looks for a recovery: after a rollback, or while a failed release waits for somebody to decide. */
function recover(
  scene: Scene,
  judged: readonly Judged[],
): { readonly state: WatchState; readonly said: readonly RecoveryJudged[] } {
  const { plan, state, clockMs } = scene;
  if (state.recovery === null) {
    const isWaiting =
      state.failure !== null &&
      state.phase !== 'rolled-back' &&
      state.phase !== 'superseded' &&
      state.phase !== 'finished';
    if (!isWaiting) return { state, said: [] };
    const recovery = startRecovery(plan, { actuation: null, isAfterRollback: false, sinceMs: clockMs, clockMs });
    return { state: { ...state, recovery }, said: [] };
  }
  const { recovery, said } = judgeRecovery(scene, state.recovery, judged);
  return { state: recovery === state.recovery ? state : { ...state, recovery }, said };
}

function isOver(spec: WatchSpec, state: WatchState, clockMs: InstantMs): boolean {
  if (state.phase === 'superseded' || state.phase === 'finished') return true;
  if (state.phase === 'rolled-back') return state.recovery === null;
  if (state.verdict !== 'fail') return state.isFinal;
  return clockMs >= (state.liveAtMs ?? spec.startMs) + spec.policy.durationMs + spec.policy.extendMs + UNATTENDED_MS;
}
