import { formatInstant, type InstantMs, unreachable } from '@parapet/kernel';
import type { Observation } from '@parapet/signals';
import { noticedOf } from './attribute.js';
import { isWitness, startAttribution, surround, witness } from './attribution/index.js';
import { adviceOn, doubtWords } from './doubts.js';
import type { GuardrailReport, InconclusiveReason, RecoveryJudged, VerdictChanged } from './events.js';
import { type Judged, reportOf, type Scene } from './judge.js';
import { armOf, observeGuardrail, observeView, startGuardrail } from './observe.js';
import { type PlannedGuardrail, planWatch, type WatchPlan } from './plan.js';
import { countForRecovery, guiltyOf, judgeRecovery, startRecovery } from './recovery.js';
import type { GuardrailState, WatchState } from './state.js';
import { judgeAll, latch, reportsOf, verdictOf } from './verdict.js';
import { hearVolume, isComparable, UNHEARD_VOLUME, type VolumeState } from './volume.js';
import type { WatchedVolume, WatchInput, WatchSpec } from './watch-spec.js';

/** What a watch says; where the evidence is kept is added by whoever keeps it. */
export type WatchEvent = Omit<VerdictChanged, 'evidence'> | RecoveryJudged;

/** A step of a watch: where it stands now, what it said, and how each guardrail stands, for whoever asks. */
export interface WatchStep {
  readonly state: WatchState;
  readonly said: readonly WatchEvent[];
  /** Worked out when asked for: most samples lead to no word. None once the watch is over. */
  reports(): readonly GuardrailReport[];
}

/**
 * A watch under way: it owns where it stands, and what changes with a sample is changed in place, so that of thousands of releases
 * nothing but that is touched.
 */
export class RunningWatch {
  readonly spec: WatchSpec;
  #state: WatchState;
  readonly #plan: WatchPlan;

  /** @param state where it goes on from; it is taken over, and nobody else may use it any more */
  constructor(spec: WatchSpec, state: WatchState = startWatch(spec)) {
    this.spec = spec;
    this.#state = state;
    this.#plan = planWatch(spec);
  }

  /** Where the watch stands; JSON, true until the next input. */
  get state(): WatchState {
    return this.#state;
  }

  /** Takes one input and says what follows. Only inputs decide: the same ones in the same order give the same words, always. */
  take(input: WatchInput): readonly WatchEvent[] {
    const before = this.#state;
    if (before.isOver) return NOTHING_SAID;
    const clockMs = Math.max(before.clockMs, input.clockMs);
    const { state, said } = settle(this.spec, this.#plan, take(this.spec, this.#plan, before, input, clockMs), clockMs);
    this.#state = state;
    return said;
  }

  /** How each guardrail stands now, in words: worked out when asked for, since most samples lead to no word. */
  reports(): readonly GuardrailReport[] {
    const state = this.#state;
    return reportsOf({ spec: this.spec, plan: this.#plan, state, clockMs: state.clockMs });
  }
}

const NOTHING_SAID: readonly WatchEvent[] = [];

/** A failed release that nobody decides on is not watched for ever. */
const UNATTENDED_MS = 7 * 24 * 3_600_000;

/** A watch as it begins: the release starts to change something. */
export function startWatch(spec: WatchSpec): WatchState {
  return {
    clockMs: spec.startMs,
    phase: 'deploying',
    liveAtMs: null,
    guardrails: planWatch(spec).guardrails.map(startGuardrail),
    volumes: spec.volumes.map(() => UNHEARD_VOLUME),
    attribution: startAttribution(spec),
    failure: null,
    refusal: null,
    verdict: 'pending',
    sinceMs: spec.startMs,
    mode: 'observe',
    reason: null,
    blamed: null,
    isFinal: false,
    recovery: null,
    isOver: false,
  };
}

/** The same for one input alone, which leaves the state before as it was: for whoever wants to compare them. */
export function step(spec: WatchSpec, state: WatchState, input: WatchInput): WatchStep {
  if (state.isOver) return { state, said: [], reports: () => [] };
  const watch = new RunningWatch(spec, JSON.parse(JSON.stringify(state)) as WatchState);
  const said = watch.take(input);
  return { state: watch.state, said, reports: () => watch.reports() };
}

/** Whether an input can change anything of this watch; those that cannot need not be kept as evidence. */
export function isConcerned(spec: WatchSpec, input: WatchInput): boolean {
  if (input.kind !== 'observation') return true;
  const { observation } = input;
  const plan = planWatch(spec);
  const route = plan.routes.get(observation.signal);
  if (route === undefined || observation.atMs <= spec.startMs) return false;
  return (
    route.volumes.length > 0 ||
    route.guardrails.some((i) => {
      const planned = plan.guardrails[i] as PlannedGuardrail;
      return armOf(spec, planned, observation) !== null || isWitness(planned.scrutiny, observation);
    })
  );
}

/** The state after an input, its clock included, before anything is judged; the one before is taken over. */
function take(spec: WatchSpec, plan: WatchPlan, before: WatchState, input: WatchInput, clockMs: InstantMs): WatchState {
  if (input.kind === 'observation') return observe(spec, plan, before, input.observation, clockMs);
  const state: WatchState = { ...before, clockMs };
  switch (input.kind) {
    case 'alerts': {
      const guardrails = state.guardrails.map((own, i) => {
        const planned = plan.guardrails[i] as PlannedGuardrail;
        const { name } = planned.watched.guardrail;
        const view = Object.hasOwn(input.views, name) ? input.views[name] : undefined;
        return view === undefined ? own : observeView(spec, planned, own, view, clockMs);
      });
      return { ...state, guardrails };
    }
    case 'phase':
      return takePhase(plan, state, input, clockMs);
    case 'rollback-done': {
      const recovery = startRecovery(plan, {
        actuation: input.actuation,
        isAfterRollback: true,
        sinceMs: Math.min(input.atMs, clockMs),
        clockMs,
      });
      return { ...state, phase: 'rolled-back', recovery };
    }
    case 'surroundings':
      return { ...state, attribution: surround(spec, state.attribution, input.releases) };
    case 'tick':
      return state;
    default:
      return unreachable(input);
  }
}

/** Takes an observation into the volumes and guardrails that it concerns, in place. */
function observe(
  spec: WatchSpec,
  plan: WatchPlan,
  state: WatchState,
  observation: Observation,
  clockMs: InstantMs,
): WatchState {
  const route = plan.routes.get(observation.signal);
  state.clockMs = clockMs;
  if (route === undefined || observation.atMs <= spec.startMs) return state;
  if (route.volumes.length > 0) {
    state.volumes = state.volumes.map((volume, i) =>
      route.volumes.includes(i) ? hearVolume(spec.volumes[i] as WatchedVolume, volume, observation, clockMs) : volume,
    );
  }
  for (const i of route.guardrails) {
    const planned = plan.guardrails[i] as PlannedGuardrail;
    witness(planned.scrutiny, state.attribution, i, observation);
    const own = state.guardrails[i] as GuardrailState;
    const arm = armOf(spec, planned, observation);
    if (arm === null || own.kind !== 'tested') continue;
    const isLikeBefore = isLoadComparable(spec, planned, state.volumes, clockMs);
    observeGuardrail(planned, own, arm, observation, clockMs, isLikeBefore);
    if (state.recovery !== null) {
      state.recovery = countForRecovery(planned, i, state.recovery, own, arm, observation, isLikeBefore);
    }
  }
  return state;
}

function isLoadComparable(
  spec: WatchSpec,
  planned: PlannedGuardrail,
  volumes: readonly VolumeState[],
  clockMs: InstantMs,
): boolean {
  const { volume, usual } = planned;
  if (volume === null || usual.length === 0) return true;
  const own = spec.volumes[volume] as WatchedVolume;
  return isComparable(own, volumes[volume] as VolumeState, usual, spec.startMs, clockMs);
}

function takePhase(
  plan: WatchPlan,
  state: WatchState,
  input: Extract<WatchInput, { kind: 'phase' }>,
  clockMs: InstantMs,
): WatchState {
  const { phase } = input;
  switch (phase) {
    case 'deploying':
      return state.phase === 'rolled-back' ? state : { ...state, phase };
    case 'live':
      return { ...state, phase, liveAtMs: state.liveAtMs ?? clockMs };
    case 'failed':
      // What was half deployed is watched as long as what was deployed, and never passes.
      return { ...state, phase, liveAtMs: state.liveAtMs ?? clockMs };
    case 'superseded':
    case 'finished':
      return { ...state, phase };
    case 'rolled-back': {
      // An actuation of ours has already begun the recovery; a rollback from outside begins it here.
      if (state.recovery?.isAfterRollback === true) return { ...state, phase };
      const sinceMs = Math.min(input.atMs, clockMs);
      return {
        ...state,
        phase,
        recovery: startRecovery(plan, { actuation: null, isAfterRollback: true, sinceMs, clockMs }),
      };
    }
    default:
      return unreachable(phase);
  }
}

/** Judges everything as it stands and says what changed. */
function settle(
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

/** The guardrails whose recovery a watch waits for; empty where it waits for none. */
export function awaitedRecovery(spec: WatchSpec, state: WatchState): readonly string[] {
  return state.recovery === null ? [] : guiltyOf(spec, state).flatMap((i) => spec.guardrails[i]?.guardrail.name ?? []);
}
