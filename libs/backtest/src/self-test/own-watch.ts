import {
  type Guardrail,
  type GuardrailPolicy,
  resolveGuardrail,
  type WatchedGuardrail,
  type WatchedSignal,
  type WatchSpec,
  type WindowedBaseline,
} from '@parapet/guardrails';
import { type InstantMs, unreachable } from '@parapet/kernel';
import {
  type Baseline,
  bucketsWindowOf,
  countsBaseline,
  countsWindowOf,
  histogramBaseline,
  type HistoryWindow,
  MINUTE_MS,
  type Period,
  type RollUp,
  valuesBaseline,
  valuesWindowOf,
} from '@parapet/signals';

/** A guardrail as its policy declares it, with what was measured of its signal. */
export interface OwnGuardrail {
  readonly policy: GuardrailPolicy;
  readonly guardrail: Guardrail;
  /** Null for an alert guardrail. */
  readonly signal: WatchedSignal | null;
  /** One a minute, summed over the series that it selects, oldest first, whole minutes only. */
  readonly rollUps: readonly RollUp[];
}

/** A watch of one guardrail alone, on its own history. */
export interface OwnWatch {
  readonly spec: WatchSpec;
  readonly watched: WatchedGuardrail;
  /** The minutes that the watch is made of, used again from the beginning where they do not fill it. */
  readonly minutes: readonly RollUp[];
  /** Time between two samples, and how many there are: a long watch of a fast signal is looked at less often. */
  readonly stepMs: number;
  readonly steps: number;
}

const WEEK_MS = 7 * 86_400_000;
const WEEKS = [1, 2, 3, 4] as const;
/** With so many samples a watch shows all that it can; more would only take longer. */
const STEPS_MAX = 1_000;
/** Before the watch there has to be this much, or all history is what it is compared with. */
const APART_MINUTES_MIN = 60;
/** The store that "got" the release where a control is the rest of the stores. */
const RELEASED = 'self-test';

/**
 * A watch as long as the policy plans it, of one guardrail with its own weight. The newest minutes are what is watched and the time
 * before is what they are compared with; where there is too little for both, the same minutes are both.
 */
export function ownWatch({ policy, guardrail, signal, rollUps }: OwnGuardrail): OwnWatch {
  const durationMs = policy.durationMs;
  const wanted = Math.max(1, Math.ceil(durationMs / MINUTE_MS));
  const isApart = rollUps.length >= wanted + APART_MINUTES_MIN;
  const minutes = rollUps.slice(-wanted);
  const startMs = isApart ? (minutes[0]?.minuteMs ?? 0) : (rollUps.at(-1)?.minuteMs ?? 0) + MINUTE_MS;
  const resolved = withControl(resolveGuardrail(guardrail, null));
  const watched: WatchedGuardrail = {
    guardrail: { ...resolved, isRequired: true },
    signal,
    baselines: signal === null ? [] : baselinesOf(resolved, signal, rollUps, startMs, policy),
  };
  const { guardrails, ...rest } = policy;
  const others = guardrails.filter((one) => one.name !== guardrail.name && one.mode !== 'observe');
  const stepMs = stepOf(signal?.intervalMs ?? durationMs / 40, durationMs);
  return {
    spec: {
      tenant: 'self-test',
      environment: 'self-test',
      workload: 'self-test',
      release: 'self-test',
      name: 'self-test',
      startMs,
      scope: null,
      policy: { ...rest, extendMs: 0 },
      guardrails: [watched, ...silent(others)],
      volumes: [],
    },
    watched,
    minutes,
    stepMs,
    steps: Math.max(1, Math.ceil(durationMs / stepMs)),
  };
}

function stepOf(intervalMs: number, durationMs: number): number {
  const least = Math.max(1, intervalMs);
  return least * Math.max(1, Math.ceil(durationMs / STEPS_MAX / least));
}

/** What the other guardrails take of the budget of false rollbacks: they hear nothing, and keep their weight. */
function silent(others: readonly Guardrail[]): readonly WatchedGuardrail[] {
  const weight = others
    .filter(({ test }) => test.kind !== 'threshold' && test.kind !== 'alerts' && test.kind !== 'burn-rate')
    .reduce((sum, one) => sum + one.weight, 0);
  if (weight === 0) return [];
  const guardrail: Guardrail = {
    name: 'all others',
    signal: 'all others',
    where: {},
    test: { kind: 'proportion', against: 'baseline', windows: ['before'], worseBy: 0.1, unacceptable: 3 },
    mode: 'act',
    weight,
    isRequired: false,
    staleAfterMs: 1,
  };
  return [{ guardrail, signal: null, baselines: [] }];
}

/** A control that is the rest of the stores needs one that is not the rest. */
function withControl(guardrail: Guardrail): Guardrail {
  const { test } = guardrail;
  if (!('against' in test) || test.against !== 'control' || test.control.kind !== 'rest') return guardrail;
  if (test.control.released.length > 0) return guardrail;
  return { ...guardrail, test: { ...test, control: { ...test.control, released: [RELEASED] } } };
}

function baselinesOf(
  { test }: Guardrail,
  signal: WatchedSignal,
  rollUps: readonly RollUp[],
  startMs: InstantMs,
  policy: GuardrailPolicy,
): readonly WindowedBaseline[] {
  if (!('against' in test)) return [];
  const windows = test.against === 'baseline' ? test.windows : (['before'] as const);
  const before: readonly Period[] = [{ fromMs: startMs - policy.baselineMs, toMs: startMs }];
  const weeks = WEEKS.map((n): readonly Period[] => [
    { fromMs: startMs - n * WEEK_MS, toMs: startMs - n * WEEK_MS + policy.durationMs },
  ]);
  return windows.map((window) => ({
    window,
    baseline: baselineFrom(test, signal, rollUps, window === 'before' ? [before] : weeks),
  }));
}

type Compared = Extract<Guardrail['test'], { against: unknown }>;

function baselineFrom(
  test: Compared,
  { badDirection, intervalMs }: WatchedSignal,
  rollUps: readonly RollUp[],
  periods: readonly (readonly Period[])[],
): Baseline {
  const windowsOf = <T>(read: (one: readonly Period[]) => HistoryWindow<T> | null) =>
    periods.map(read).filter((window) => window !== null);
  switch (test.kind) {
    case 'proportion':
    case 'rate':
      return countsBaseline(windowsOf((one) => countsWindowOf(test.kind, badDirection, rollUps, one)));
    case 'gauge': {
      const { transform } = test;
      return valuesBaseline(
        windowsOf((one) => valuesWindowOf(rollUps, one, { intervalMs, transform })),
        { transform },
      );
    }
    case 'histogram':
      return histogramBaseline(
        windowsOf((one) => bucketsWindowOf(rollUps, one)),
        { worseBy: test.worseBy },
      );
    default:
      return unreachable(test);
  }
}

/** The dimensions of a sample of what got the release, and of what did not; null where nothing is compared with an arm. */
export function armsOf({ guardrail: { test, where } }: WatchedGuardrail): {
  readonly watched: Readonly<Record<string, string>>;
  readonly control: Readonly<Record<string, string>> | null;
} {
  if (!('against' in test) || test.against !== 'control') return { watched: where, control: null };
  const { control } = test;
  switch (control.kind) {
    case 'where':
      return { watched: where, control: control.where };
    case 'rest':
      return {
        watched: { ...where, [control.dimension]: control.released[0] ?? RELEASED },
        control: { ...where, [control.dimension]: 'the rest' },
      };
    default:
      return unreachable(control);
  }
}
