import {
  type AlertView,
  type GuardrailReport,
  type InconclusiveReason,
  RunningWatch,
  type WatchInput,
} from '@parapet/guardrails';
import { type InstantMs, invariant } from '@parapet/kernel';
import type { Observation, RollUp, SampleValue } from '@parapet/signals';
import { faultsFor } from './faults.js';
import { armsOf, type OwnGuardrail, ownWatch, type OwnWatch } from './own-watch.js';
import { playHistory, type Played } from './played.js';

/** What a guardrail showed when it was tried on its own history. */
export interface SelfTest {
  /** `passed`: in breach with a fault injected, and not without. */
  readonly outcome: 'passed' | 'no-history' | 'no-breach' | 'breaches-without-fault';
  /** Whether the watch ends with a pass of it where nothing is wrong. */
  readonly canPass: boolean;
  /** What it lacked for a pass; null where it passed, or could not be tried. */
  readonly lacks: InconclusiveReason | null;
  /** The smallest injected fault that it saw, and how long after its beginning; null where it saw none. */
  readonly seen: { readonly fault: string; readonly afterMs: number } | null;
  /** The same in one sentence. */
  readonly words: string;
}

/** The end of a watch is judged after everything that came in its last interval. */
const AFTER_MS = 1;

/**
 * Tries a guardrail with the judge of production: on its own recent history as it was, where it must not be in breach, and on the
 * same history with a fault injected, where it must. Faults are tried from the smallest on; that of an outage is the last.
 */
export function selfTest(own: OwnGuardrail): SelfTest {
  const watch = ownWatch(own);
  if (own.guardrail.test.kind === 'alerts') return trial(watch, quietAlerts(watch), [alertFault(watch)]);
  const played = playHistory(watch);
  if (played.every((value) => value === null)) return untried('there is no history to try it on');
  const { baselines } = watch.watched;
  const isYoung = baselines.every(({ baseline }) => baseline.kind === 'unusable' && baseline.why === 'no-history');
  if (baselines.length > 0 && isYoung) return untried('there is no history yet of the times that it compares with');
  return trial(
    watch,
    inputsOf(watch, played, played),
    faultsFor(watch.watched).map((fault) => ({
      words: fault.words,
      inputs: inputsOf(watch, played, fault.inject(played)),
    })),
  );
}

function untried(words: string): SelfTest {
  return { outcome: 'no-history', canPass: false, lacks: null, seen: null, words };
}

/** What keeps a guardrail from ever passing, as far as its history shows. */
const NEVER: readonly InconclusiveReason[] = [
  'too-few-samples',
  'coverage',
  'no-baseline',
  'no-traffic',
  'no-telemetry',
  'not-comparable',
];

/**
 * What a guardrail lacks for a pass even in the busiest stretch of its history, with the whole extension of the watch; null where
 * it can pass, or was only suspect there. Without history nothing is known, which is null too.
 */
export function lacksForPass(own: OwnGuardrail): InconclusiveReason | null {
  if (own.rollUps.length === 0) return null;
  const durationMs = own.policy.durationMs + own.policy.extendMs;
  const watch = ownWatch({ ...own, policy: { ...own.policy, durationMs } });
  const minutes = busiest(own.rollUps, watch.minutes.length);
  const played = playHistory({ ...watch, minutes });
  const { report, breachAfterMs } = run(watch, inputsOf(watch, played, played));
  const lacks = report.verdict === 'pass' || breachAfterMs !== null ? null : (report.reason ?? null);
  return lacks !== null && NEVER.includes(lacks) ? lacks : null;
}

/** The stretch of so many minutes with the most traffic. */
function busiest(rollUps: readonly RollUp[], length: number): readonly RollUp[] {
  const trafficOf = ({ n, of, histogram }: RollUp) =>
    histogram === null ? (of > 0 ? of : n) : histogram.counts.reduce((sum, count) => sum + count, 0);
  let sum = rollUps.slice(0, length).reduce((total, one) => total + trafficOf(one), 0);
  let [most, at] = [sum, 0];
  for (let i = length; i < rollUps.length; i++) {
    sum += trafficOf(rollUps[i] as RollUp) - trafficOf(rollUps[i - length] as RollUp);
    if (sum > most) [most, at] = [sum, i - length + 1];
  }
  return rollUps.slice(at, at + length);
}

interface Tried {
  readonly words: string;
  readonly inputs: readonly WatchInput[];
}

function trial(watch: OwnWatch, quiet: readonly WatchInput[], faulty: readonly Tried[]): SelfTest {
  const calm = run(watch, quiet);
  const lacks = calm.report.verdict === 'pass' ? null : (calm.report.reason ?? null);
  const told = { canPass: calm.report.verdict === 'pass', lacks };
  if (calm.breachAfterMs !== null)
    return {
      ...told,
      outcome: 'breaches-without-fault',
      seen: null,
      words: `it is in breach without any fault: ${calm.report.words}`,
    };
  for (const { words, inputs } of faulty) {
    const { breachAfterMs } = run(watch, inputs);
    if (breachAfterMs === null) continue;
    const seen = { fault: words, afterMs: breachAfterMs };
    return {
      ...told,
      outcome: 'passed',
      seen,
      words: `saw ${words} after ${lengthOf(breachAfterMs)}, and nothing without a fault`,
    };
  }
  const last = faulty.at(-1)?.words ?? 'any fault';
  return {
    ...told,
    outcome: 'no-breach',
    seen: null,
    words: `did not see ${last} within the watch of ${lengthOf(watch.spec.policy.durationMs)}`,
  };
}

/** Judges a watch to its end; when the guardrail was first in breach, and how it stood then or at the end. */
export function run(
  { spec }: OwnWatch,
  inputs: Iterable<WatchInput>,
): { readonly breachAfterMs: number | null; readonly report: GuardrailReport } {
  const clockMs = spec.startMs + AFTER_MS;
  const watch = new RunningWatch(spec);
  watch.take({ kind: 'phase', clockMs, phase: 'live', atMs: spec.startMs });
  let report: GuardrailReport | undefined;
  for (const input of inputs) {
    const said = watch.take(input);
    if (input.kind !== 'tick') continue;
    const end = said.findLast((event) => event.type === 'VerdictChanged');
    report = (end?.guardrails ?? watch.reports())[0] ?? report;
    if (report?.verdict === 'breach') return { breachAfterMs: input.clockMs - spec.startMs, report };
  }
  invariant(report !== undefined, 'a watch ends with a tick');
  return { breachAfterMs: null, report };
}

/** The inputs of a watch: what the control says, where there is one, and what is said of the release. */
function inputsOf(watch: OwnWatch, control: readonly Played[], released: readonly Played[]): readonly WatchInput[] {
  const arms = armsOf(watch.watched);
  const inputs: WatchInput[] = [];
  released.forEach((value, i) => {
    const atMs = watch.spec.startMs + (i + 1) * watch.stepMs;
    const beside = control[i] ?? null;
    if (beside !== null && arms.control !== null) inputs.push(observed(watch, atMs, beside, arms.control));
    if (value !== null) inputs.push(observed(watch, atMs, value, arms.watched));
    inputs.push({ kind: 'tick', clockMs: atMs + (i === released.length - 1 ? 2 * AFTER_MS : 0) });
  });
  return inputs;
}

/** One sample of the guardrail's signal, as it would arrive at once. */
export function observed(
  { watched, stepMs }: OwnWatch,
  atMs: InstantMs,
  value: SampleValue,
  dimensions: Readonly<Record<string, string>>,
): WatchInput {
  const signal = watched.guardrail.signal ?? '';
  const observation: Observation = { signal, dimensions, fromMs: atMs - stepMs, atMs, value };
  return { kind: 'observation', clockMs: atMs, observation };
}

const QUIET: AlertView = { episodes: [], isIncomplete: false, sources: 'alive', isHeardSinceStart: true };

function quietAlerts(watch: OwnWatch): readonly WatchInput[] {
  return alertInputs(watch, () => QUIET);
}

/** An alert that begins to fire with the release and goes on. */
function alertFault(watch: OwnWatch): Tried {
  const sinceMs = watch.spec.startMs + watch.stepMs;
  const episode = {
    alert: 'self-test',
    name: 'an injected alert',
    summary: null,
    state: 'firing',
    startsAtMs: sinceMs,
    openedAtMs: sinceMs,
    firingSinceMs: sinceMs,
    abandonedFrom: null,
  } as const;
  return {
    words: 'an alert that its matchers select',
    inputs: alertInputs(watch, (atMs) => (atMs > sinceMs ? { ...QUIET, episodes: [episode] } : QUIET)),
  };
}

function alertInputs(
  { spec, watched, stepMs, steps }: OwnWatch,
  viewAt: (atMs: InstantMs) => AlertView,
): readonly WatchInput[] {
  return Array.from({ length: steps }, (_, i): readonly WatchInput[] => {
    const atMs = spec.startMs + (i + 1) * stepMs;
    const clockMs = atMs + (i === steps - 1 ? 2 * AFTER_MS : 0);
    return [
      { kind: 'alerts', clockMs: atMs, views: { [watched.guardrail.name]: viewAt(atMs) } },
      { kind: 'tick', clockMs },
    ];
  }).flat();
}

/** A length of time in the unit that fits it. */
export function lengthOf(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(ms / 60_000);
  return minutes < 120 ? `${minutes} min` : `${Math.round(ms / 3_600_000)} h`;
}
