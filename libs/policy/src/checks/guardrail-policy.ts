import { BUILT_IN_SIGNALS, type SignalForm } from '../built-in-signals.js';
import type { CheckedDocumentOf } from '../document.js';
import { type ConfigurationProblem, problemAt } from '../problem.js';
import { didYouMean } from '../suggest.js';
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
    ...repeated(document, guardrails, ['spec', 'guardrails'], (one) => one.name),
    ...guardrails.flatMap((one, i) => [
      ...(one.signal === undefined ? [] : checkSignal(document, i, one.signal, near)),
      ...(one.alerts === undefined ? [] : checkAlerts(document, i, near)),
      ...checkPatience(document, i),
    ]),
  ];
}

interface KnownSignal {
  readonly name: string;
  readonly badDirection: 'high' | 'low';
  readonly form?: SignalForm;
  readonly dimensions: readonly string[];
}

function checkSignal(
  document: CheckedDocumentOf<'GuardrailPolicy'>,
  i: number,
  name: string,
  near: Neighbourhood,
): ConfigurationProblem[] {
  const declared = near.of('SignalSource').flatMap((source) => source.parsed.signals as readonly KnownSignal[]);
  const known: readonly KnownSignal[] = [...BUILT_IN_SIGNALS, ...declared];
  const path = ['spec', 'guardrails', i, 'signal'];
  const signal = known.find((one) => one.name === name);
  if (signal === undefined) {
    const names = [...new Set(known.map((one) => one.name))];
    const text = `no SignalSource declares "${name}" and no probe measures it${didYouMean(name, names)}`;
    return [problemAt(document.where, path, text, names.join(', '))];
  }
  return [
    ...checkProbed(document, i, name, near),
    ...checkTest(document, i, signal),
    ...checkWhere(document, i, signal),
  ];
}

/** A built-in signal needs a probe in a workload that this policy judges, or nothing ever measures it. */
function checkProbed(
  document: CheckedDocumentOf<'GuardrailPolicy'>,
  i: number,
  name: string,
  near: Neighbourhood,
): ConfigurationProblem[] {
  const builtIn = BUILT_IN_SIGNALS.find((one) => one.name === name);
  if (builtIn === undefined) return [];
  const users = near.of('Workload').filter((workload) => workload.parsed.guardrailPolicy === document.name);
  return users
    .filter((workload) => !workload.parsed.probes.some((probe) => probe.kind === builtIn.probe))
    .map((workload) =>
      problemAt(
        document.where,
        ['spec', 'guardrails', i, 'signal'],
        `"${name}" is measured by a probe of kind ${builtIn.probe}, and Workload "${workload.name}" has none`,
        `a probe of kind ${builtIn.probe} in that Workload, or another signal`,
      ),
    );
}

function checkTest(
  document: CheckedDocumentOf<'GuardrailPolicy'>,
  i: number,
  signal: KnownSignal,
): ConfigurationProblem[] {
  const test = document.parsed.guardrails[i]?.test;
  if (test === undefined) return [];
  const at = (field: string, text: string, allowed: string) => [
    problemAt(document.where, ['spec', 'guardrails', i, 'test', field], text, allowed),
  ];
  if (test.kind !== 'threshold') {
    if (signal.form === 'gauge')
      return at(
        'kind',
        `"${signal.name}" is a value, not a count: there is nothing to take a ${test.kind} of`,
        'threshold',
      );
    if (signal.form === 'rate' && test.kind === 'proportion')
      return at('kind', `"${signal.name}" counts events of time, not bad of total`, 'rate, threshold');
    return [];
  }
  // Beyond the good side there is nothing to protect: such a threshold would fire when things get better, and never when worse.
  if (test.above !== undefined && signal.badDirection === 'low')
    return at('above', `"${signal.name}" gets worse downwards: above could never be a breach`, 'below');
  if (test.below !== undefined && signal.badDirection === 'high')
    return at('below', `"${signal.name}" gets worse upwards: below could never be a breach`, 'above');
  if (signal.form !== 'proportion') return [];
  if (test.above !== undefined && test.above >= 1)
    return at('above', 'can never be exceeded: bad of total is never more than 1', 'a number below 1');
  if (test.below !== undefined && test.below <= 0)
    return at('below', 'can never be undercut: good of total is never less than 0', 'a number above 0');
  return [];
}

function checkWhere(
  document: CheckedDocumentOf<'GuardrailPolicy'>,
  i: number,
  signal: KnownSignal,
): ConfigurationProblem[] {
  const allowed = [...signal.dimensions, 'store', 'arm'];
  const named = Object.keys(document.parsed.guardrails[i]?.where ?? {});
  return named
    .filter((dimension) => !allowed.includes(dimension))
    .map((dimension) =>
      problemAt(
        document.where,
        ['spec', 'guardrails', i, 'where', dimension],
        `"${signal.name}" has no dimension "${dimension}"${didYouMean(dimension, allowed)}`,
        allowed.join(', '),
      ),
    );
}

function checkAlerts(
  document: CheckedDocumentOf<'GuardrailPolicy'>,
  i: number,
  near: Neighbourhood,
): ConfigurationProblem[] {
  const senders = near.of('SignalSource').filter((source) => source.parsed.kind === 'alertmanager');
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
        'no SignalSource of kind alertmanager sends alerts',
        'a SignalSource of kind alertmanager',
      ),
    ];
  const sources = document.parsed.guardrails[i]?.alerts?.sources ?? [];
  return sources.flatMap((name, j) =>
    mustName(document, [...path, 'sources', j], name, 'SignalSource of kind alertmanager', names),
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
