import { startAttribution } from './attribution/index.js';
import type { GuardrailReport, WatchEvent } from './events.js';
import { startGuardrail } from './observe.js';
import { planWatch, type WatchPlan } from './plan.js';
import { guiltyOf } from './recovery.js';
import { NOTHING_SAID, settle } from './settle.js';
import type { WatchState } from './state.js';
import { take } from './take.js';
import { reportsOf } from './verdict.js';
import { UNHEARD_VOLUME } from './volume.js';
import type { WatchInput, WatchSpec } from './watch-spec.js';

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

/** The guardrails whose recovery a watch waits for; empty where it waits for none. */
export function awaitedRecovery(spec: WatchSpec, state: WatchState): readonly string[] {
  return state.recovery === null ? [] : guiltyOf(spec, state).flatMap((i) => spec.guardrails[i]?.guardrail.name ?? []);
}
