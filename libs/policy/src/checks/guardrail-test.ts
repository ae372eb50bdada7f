import { unreachable } from '@parapet/kernel';
import type { SignalForm } from '../built-in-signals/index.js';
import type { CheckedDocumentOf } from '../document.js';
import { type ConfigurationProblem, problemAt } from '../problem.js';
import type { Spec } from '../schema/kinds.js';
import type { KnownSignal } from './known-signals.js';

type TestSpec = NonNullable<Spec<'GuardrailPolicy'>['guardrails'][number]['test']>;

/** Which tests can read samples of a form, and what such samples are, in words. */
const FORMS: Readonly<Record<SignalForm, { readonly what: string; readonly tests: readonly TestSpec['kind'][] }>> = {
  proportion: { what: 'counts bad of total', tests: ['proportion', 'rate', 'burn-rate', 'threshold'] },
  rate: { what: 'counts events of exposure, not bad of total', tests: ['rate', 'threshold'] },
  gauge: { what: 'is a value, not a count', tests: ['gauge', 'threshold'] },
  histogram: { what: 'counts requests per bucket', tests: ['histogram'] },
};

/** A test must be able to read the samples of its signal, and there must be a value at which it is a breach. */
export function checkTest(
  document: CheckedDocumentOf<'GuardrailPolicy'>,
  i: number,
  signal: KnownSignal,
): ConfigurationProblem[] {
  const test = document.parsed.guardrails[i]?.test;
  if (test === undefined) return [];
  const at: At = (field, text, allowed) => [
    problemAt(document.where, ['spec', 'guardrails', i, 'test', field], text, allowed),
  ];
  const form = signal.form === null ? null : FORMS[signal.form];
  if (form !== null && !form.tests.includes(test.kind))
    return at(
      'kind',
      `"${signal.name}" ${form.what}: there is nothing for ${test.kind} to read`,
      form.tests.join(', '),
    );
  switch (test.kind) {
    case 'proportion':
    case 'rate':
    case 'gauge':
      return [];
    case 'histogram':
      return signal.badDirection === 'high'
        ? []
        : at(
            'kind',
            `can never be breached: a histogram is worse when slower, and "${signal.name}" is not`,
            'a signal with badDirection: high',
          );
    case 'burn-rate':
      return checkWindows(document, i, test);
    case 'threshold':
      return checkBound(test, signal, at);
    default:
      return unreachable(test);
  }
}

type At = (field: string, text: string, allowed: string) => ConfigurationProblem[];

/** Windows of a release begin with it: what is not filled before its watch is over never speaks. */
function checkWindows(
  document: CheckedDocumentOf<'GuardrailPolicy'>,
  i: number,
  test: Extract<TestSpec, { kind: 'burn-rate' }>,
): ConfigurationProblem[] {
  const { duration, extend } = document.parsed.watch;
  if (test.scope !== 'release') return [];
  return test.rows.flatMap(({ long, short }, row) => {
    if ((short ?? long / 12) < duration + extend) return [];
    const path = ['spec', 'guardrails', i, 'test', 'rows', row, short === undefined ? 'long' : 'short'];
    const text = 'can never be breached: its short window is not filled before the watch is over';
    return [problemAt(document.where, path, text, 'less than watch.duration and watch.extend together')];
  });
}

/** Beyond the good side there is nothing to protect: such a threshold would fire when things get better, and never when worse. */
function checkBound(
  test: Extract<TestSpec, { kind: 'threshold' }>,
  signal: KnownSignal,
  at: At,
): ConfigurationProblem[] {
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
