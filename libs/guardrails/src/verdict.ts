import type { InstantMs } from '@parapet/kernel';
import { combine, weightOf } from './combine.js';
import type { InconclusiveReason, VerdictKind } from './events.js';
import type { Mode } from './guardrail.js';
import { judge, type Judged } from './judge.js';
import type { Failure, GuardrailState, WatchState } from './state.js';
import type { WatchSpec } from './watch-spec.js';

/** Every guardrail as it stands. */
export function judgeAll(spec: WatchSpec, state: WatchState, clockMs: InstantMs): readonly Judged[] {
  return spec.guardrails.map((watched, i) =>
    judge(
      spec,
      watched,
      state.guardrails[i] as GuardrailState,
      clockMs,
      state.failure?.leader === watched.guardrail.name,
    ),
  );
}

/** The failure with what is added to it: once there, it stays; it may come to support more, and more guardrails may break. */
export function latch(
  spec: WatchSpec,
  state: WatchState,
  judged: readonly Judged[],
  clockMs: InstantMs,
): Failure | null {
  const isWatched = state.phase === 'deploying' || state.phase === 'live' || state.phase === 'failed';
  // What is final is said once; nothing is added to it.
  if (!isWatched || state.isFinal) return state.failure;
  const contributions = spec.guardrails.map((watched, i) => {
    const { evidence, isFiring } = judged[i] as Judged;
    const weighed = evidence === null ? null : evidence + Math.log(weightOf(spec, watched));
    return { name: watched.guardrail.name, mode: watched.guardrail.mode, weighed, isFiring };
  });
  const degraded = combine(contributions, spec.policy.falseRollbackRate);
  const inBreach = judged
    .filter((j) => j.report.verdict === 'breach' && j.report.mode !== 'observe')
    .map((j) => j.report.name);
  const { failure } = state;
  if (failure === null) {
    if (degraded === null) return null;
    return {
      sinceMs: clockMs,
      mode: degraded.mode,
      leader: degraded.leader,
      breached: [...new Set([degraded.leader, ...inBreach])],
    };
  }
  const mode = failure.mode === 'act' || degraded?.mode === 'act' ? 'act' : 'propose';
  const breached = [...new Set([...failure.breached, ...inBreach])];
  const isSame = mode === failure.mode && breached.length === failure.breached.length;
  return isSame ? failure : { ...failure, mode, breached };
}

/** What is to be said of a release at an instant. */
export interface Verdict {
  readonly to: VerdictKind;
  readonly mode: Mode;
  readonly reason: InconclusiveReason | null;
  readonly isFinal: boolean;
  /** The time to earn a pass is over. */
  readonly isEnd: boolean;
}

/** What all judgements together say of the release: a pass is earned, a failure stays, and the rest is a reason. */
export function verdictOf(spec: WatchSpec, state: WatchState, judged: readonly Judged[], clockMs: InstantMs): Verdict {
  const endsAtMs = state.liveAtMs === null ? null : state.liveAtMs + spec.policy.durationMs;
  const isEnd = endsAtMs !== null && clockMs >= endsAtMs;
  const isEnded = state.phase === 'superseded' || state.phase === 'rolled-back' || state.phase === 'finished';
  if (state.failure !== null) {
    return { to: 'fail', mode: state.failure.mode, reason: null, isFinal: isEnd || isEnded, isEnd };
  }
  const required = judged.filter((_, i) => spec.guardrails[i]?.guardrail.isRequired);
  const doubt = required.find((j) => j.report.verdict === 'inconclusive')?.lacks ?? null;
  if (isEnded) return { to: 'inconclusive', mode: 'observe', reason: doubt ?? 'coverage', isFinal: true, isEnd: true };
  if (isEnd) {
    // Every required guardrail has to have earned it, and none may show signs of a degradation.
    const lacking = required.find((j) => j.lacks !== null)?.lacks ?? null;
    const suspect = judged.some((j) => j.lacks === 'suspect' && j.report.mode !== 'observe') ? 'suspect' : null;
    const obstacle = lacking ?? suspect ?? (state.phase === 'live' ? null : 'coverage');
    if (obstacle === null) return { to: 'pass', mode: 'observe', reason: null, isFinal: true, isEnd };
    const isExtensionOver = clockMs >= (endsAtMs as number) + spec.policy.extendMs;
    return { to: 'inconclusive', mode: 'observe', reason: obstacle, isFinal: isExtensionOver, isEnd };
  }
  if (doubt !== null) return { to: 'inconclusive', mode: 'observe', reason: doubt, isFinal: false, isEnd };
  return { to: 'pending', mode: 'observe', reason: null, isFinal: false, isEnd };
}
