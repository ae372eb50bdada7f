import type { CheckedDocumentOf } from '../document.js';
import type { Path } from '../located.js';
import { type ConfigurationProblem, problemAt } from '../problem.js';
import { ALERT_KINDS, sendsAlerts } from '../source-kinds.js';
import { didYouMean, listed } from '../suggest.js';
import { whereOf } from '../tests-of.js';
import { checkReach, probedEvery } from './guardrail-reach.js';
import { checkTest } from './guardrail-test.js';
import { type KnownSignal, knownSignals, unknownSignal } from './known-signals.js';
import { checkProbed } from './measured.js';
import { mustName, type Neighbourhood, repeated } from './names.js';

/** Every guardrail must be able to do its work: its signal is measured, and there is a value at which it is a breach. */
export function checkGuardrailPolicy(
  document: CheckedDocumentOf<'GuardrailPolicy'>,
  near: Neighbourhood,
): ConfigurationProblem[] {
  const { guardrails, watch } = document.parsed;
  const coverageProblem =
    watch.warmUp >= watch.duration
      ? [
          problemAt(
            document.where,
            ['spec', 'watch', 'warmUp'],
            'warmUp must be shorter than duration',
            'less than duration',
          ),
        ]
      : [];
  return [
    ...coverageProblem,
    ...(watch.volume === undefined ? [] : checkVolume(document, ['spec', 'watch', 'volume'], watch.volume, near)),
    ...repeated(document, guardrails, ['spec', 'guardrails'], (one) => one.name),
    ...guardrails.flatMap((one, i) => [
      ...(one.signal === undefined ? [] : checkSignal(document, i, one.signal, near)),
      ...(one.volume === undefined ? [] : checkVolume(document, ['spec', 'guardrails', i, 'volume'], one.volume, near)),
      ...(one.alerts === undefined ? [] : checkAlerts(document, i, near)),
      ...checkPatience(document, i),
    ]),
  ];
}

function checkSignal(
  document: CheckedDocumentOf<'GuardrailPolicy'>,
  i: number,
  name: string,
  near: Neighbourhood,
): ConfigurationProblem[] {
  const known = knownSignals(near);
  const signal = known.find((one) => one.name === name);
  if (signal === undefined) return unknownSignal(document, ['spec', 'guardrails', i, 'signal'], name, known);
  // A probe's schedule is that of the workloads that this policy judges.
  const timed = { ...signal, interval: signal.interval ?? probedEvery(document, name, near) };
  return [
    ...checkProbed(document, ['spec', 'guardrails', i, 'signal'], name, near),
    ...checkTest(document, i, signal),
    ...checkDimensions(document, i, signal),
    ...checkTiming(document, i, timed),
    ...checkReach(document, i, timed),
  ];
}

/** The dimensions of the released side and of the control are those of the signal, and the two sides are not the same samples. */
function checkDimensions(
  document: CheckedDocumentOf<'GuardrailPolicy'>,
  i: number,
  signal: KnownSignal,
): ConfigurationProblem[] {
  const guardrail = document.parsed.guardrails[i];
  const { test, where = {} } = guardrail ?? {};
  const control = test !== undefined && 'control' in test ? test.control : undefined;
  const allowed = [...signal.dimensions, 'store', 'arm'];
  const unknown = (path: Path, named: object) =>
    Object.keys(named)
      .filter((dimension) => !allowed.includes(dimension))
      .map((dimension) =>
        problemAt(
          document.where,
          [...path, dimension],
          `"${signal.name}" has no dimension "${dimension}"${didYouMean(dimension, allowed)}`,
          allowed.join(', '),
        ),
      );
  const path = ['spec', 'guardrails', i];
  return [
    ...unknown([...path, 'where'], where),
    ...(control === undefined ? [] : unknown([...path, 'test', 'control'], control)),
    ...(guardrail === undefined || control === undefined ? [] : checkArms(document, i, whereOf(guardrail), control)),
  ];
}

function checkArms(
  document: CheckedDocumentOf<'GuardrailPolicy'>,
  i: number,
  where: Readonly<Record<string, string>>,
  control: Readonly<Record<string, string>>,
): ConfigurationProblem[] {
  const differs = Object.keys(control).some(
    (dimension) => Object.hasOwn(where, dimension) && where[dimension] !== control[dimension],
  );
  if (differs) return [];
  const [dimension = 'arm', value = ''] = Object.entries(control)[0] ?? [];
  const text = `can never be breached: the control is among what is judged, since where does not say which ${dimension} got the release`;
  const allowed = `a where with another ${dimension} than ${value}`;
  return [problemAt(document.where, ['spec', 'guardrails', i, 'test', 'control'], text, allowed)];
}

/** A signal that comes too seldom for its patience is stale before it comes again; one that comes thrice at most proves nothing. */
function checkTiming(
  document: CheckedDocumentOf<'GuardrailPolicy'>,
  i: number,
  { name, interval }: KnownSignal,
): ConfigurationProblem[] {
  const guardrail = document.parsed.guardrails[i];
  const { duration, extend } = document.parsed.watch;
  const path = ['spec', 'guardrails', i];
  const problems: ConfigurationProblem[] = [];
  if (interval === null) return problems;
  if (guardrail?.staleAfter !== undefined && guardrail.staleAfter < interval) {
    const text = `can never pass: "${name}" comes every ${seconds(interval)}, and is stale before it comes again`;
    problems.push(problemAt(document.where, [...path, 'staleAfter'], text, `at least ${seconds(interval)}`));
  }
  // One interval may bring a third of the evidence at most (statistics 7).
  const isStatistical = guardrail?.test !== undefined && !['threshold', 'burn-rate'].includes(guardrail.test.kind);
  if (isStatistical && INTERVALS_MIN * interval > duration + extend) {
    const text = `can never be breached: evidence takes ${INTERVALS_MIN} samples, and "${name}" comes every ${seconds(interval)}`;
    problems.push(
      problemAt(document.where, [...path, 'signal'], text, 'a longer watch or a signal that comes more often'),
    );
  }
  return problems;
}

const INTERVALS_MIN = 3;
const seconds = (ms: number): string => `${ms / 1000} s`;

/** A volume is a signal that counts. */
function checkVolume(
  document: CheckedDocumentOf<'GuardrailPolicy'>,
  path: Path,
  name: string,
  near: Neighbourhood,
): ConfigurationProblem[] {
  const known = knownSignals(near);
  const signal = known.find((one) => one.name === name);
  if (signal === undefined) return unknownSignal(document, path, name, known);
  if (signal.form === 'gauge') {
    const counting = known.filter((one) => one.form !== 'gauge').map((one) => one.name);
    const text = `"${name}" is a value, not a count: it cannot tell how much traffic there is`;
    return [problemAt(document.where, path, text, listed(name, counting))];
  }
  return checkProbed(document, path, name, near);
}

function checkAlerts(
  document: CheckedDocumentOf<'GuardrailPolicy'>,
  i: number,
  near: Neighbourhood,
): ConfigurationProblem[] {
  const senders = near.of('SignalSource').filter((source) => sendsAlerts(source.parsed));
  const broken = near
    .names('SignalSource')
    .filter((name) => !near.of('SignalSource').some((source) => source.name === name));
  const names = [...senders.map((source) => source.name), ...broken];
  const path = ['spec', 'guardrails', i, 'alerts'];
  if (names.length === 0)
    return [
      problemAt(
        document.where,
        path,
        'no SignalSource sends alerts',
        `a SignalSource of kind ${ALERT_KINDS.join(', ')}`,
      ),
    ];
  const sources = document.parsed.guardrails[i]?.alerts?.sources ?? [];
  return sources.flatMap((name, j) =>
    mustName(document, [...path, 'sources', j], name, 'SignalSource that sends alerts', names),
  );
}

/** Patience as long as the watch leaves no moment at which the guardrail could fire. */
function checkPatience(document: CheckedDocumentOf<'GuardrailPolicy'>, i: number): ConfigurationProblem[] {
  const guardrail = document.parsed.guardrails[i];
  const { duration, extend } = document.parsed.watch;
  const inTest = guardrail?.test?.kind === 'threshold' ? guardrail.test.for : null;
  const patience = inTest ?? guardrail?.alerts?.for ?? null;
  if (patience === null || patience < duration + extend) return [];
  const path = ['spec', 'guardrails', i, inTest === null ? 'alerts' : 'test', 'for'];
  return [
    problemAt(
      document.where,
      path,
      'is as long as the watch: it could never be a breach',
      'less than watch.duration and watch.extend together',
    ),
  ];
}
