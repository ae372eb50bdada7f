import { BUILT_IN_SIGNALS, doesMeasure } from '../built-in-signals/index.js';
import type { CheckedDocumentOf } from '../document.js';
import type { Path } from '../located.js';
import { type ConfigurationProblem, problemAt } from '../problem.js';
import type { KnownSignal } from './known-signals.js';
import type { Neighbourhood } from './names.js';

type Policy = CheckedDocumentOf<'GuardrailPolicy'>;
type Test = NonNullable<Policy['parsed']['guardrails'][number]['test']>;

/** A value of every interval that has to be there before history is one (statistics 4.2), and before evidence is enough (7). */
const VALUES_MIN = 30;
const INTERVALS_MIN = 3;

/** How often the probes bring a built-in signal where this policy judges: the slowest of them; null where none does. */
export function probedEvery(document: Policy, name: string, near: Neighbourhood): number | null {
  const builtIn = BUILT_IN_SIGNALS.find((one) => one.name === name);
  const users = near.of('Workload').filter((workload) => workload.parsed.guardrailPolicy === document.name);
  const every = users.flatMap((workload) =>
    workload.parsed.probes
      .filter((probe) => builtIn !== undefined && doesMeasure(probe, builtIn))
      .map((probe) => probe.every),
  );
  return every.length === 0 ? null : Math.max(...every);
}

/** A guardrail whose patience, warm-up and history do not fit how often its signal comes can never be a breach. */
export function checkReach(document: Policy, i: number, { name, interval }: KnownSignal): ConfigurationProblem[] {
  const guardrail = document.parsed.guardrails[i];
  const test = guardrail?.test;
  if (test === undefined || interval === null) return [];
  const path: Path = ['spec', 'guardrails', i];
  return [
    ...checkGap(document, [...path, 'test', 'maxGap'], test, { name, interval }),
    ...checkHistory(document, [...path, 'test'], test, { name, interval }),
    ...checkAfterWarmUp(document, [...path, 'signal'], test, { name, interval }),
  ];
}

interface Timed {
  readonly name: string;
  readonly interval: number;
}

/** A gap longer than `maxGap` begins the patience anew (statistics 10.1). */
function checkGap(document: Policy, path: Path, test: Test, { name, interval }: Timed): ConfigurationProblem[] {
  if (test.kind !== 'threshold' || test.for === 0 || test.maxGap >= interval) return [];
  return [
    problemAt(
      document.where,
      path,
      `can never be breached: "${name}" comes every ${seconds(interval)}, and its patience begins anew with each`,
      `at least ${seconds(interval)}`,
    ),
  ];
}

/** With less history than that a comparison abstains, in every watch. */
function checkHistory(document: Policy, path: Path, test: Test, { name, interval }: Timed): ConfigurationProblem[] {
  if (test.kind !== 'gauge' || (test.against !== 'baseline' && test.against !== 'auto')) return [];
  const windows = test.windows ?? ['before'];
  const { baseline } = document.parsed.watch;
  if (windows.includes('same-hours') || baseline >= VALUES_MIN * interval) return [];
  return [
    problemAt(
      document.where,
      path,
      `can never be breached: it takes ${VALUES_MIN} values of history, and in watch.baseline (${seconds(baseline)}) "${name}" comes ${Math.floor(baseline / interval)} times`,
      `a watch.baseline of ${seconds(VALUES_MIN * interval)} or more`,
    ),
  ];
}

/** Latency and values of the first minutes are left out; what remains must be enough to say something. */
function checkAfterWarmUp(document: Policy, path: Path, test: Test, { name, interval }: Timed): ConfigurationProblem[] {
  if (test.kind !== 'gauge' && test.kind !== 'histogram') return [];
  const { warmUp, duration, extend } = document.parsed.watch;
  // Without the warm-up it is too short already, and that is said elsewhere; a warm-up as long as the watch too.
  if (INTERVALS_MIN * interval > duration + extend || warmUp >= duration) return [];
  if (INTERVALS_MIN * interval <= duration + extend - warmUp) return [];
  return [
    problemAt(
      document.where,
      path,
      `can never be breached: after watch.warmUp fewer than ${INTERVALS_MIN} samples of "${name}" are left`,
      'a longer watch, a shorter warmUp or a signal that comes more often',
    ),
  ];
}

const seconds = (ms: number): string => `${ms / 1000} s`;
