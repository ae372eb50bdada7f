import { BUILT_IN_SIGNALS } from '../built-in-signals/index.js';
import type { CheckedDocumentOf } from '../document.js';
import { type ConfigurationProblem, problemAt } from '../problem.js';
import type { Spec } from '../schema/kinds.js';
import { mustBeEnvironment, mustName, type Neighbourhood, repeated } from './names.js';
import { checkOutsideSeries } from './outside-series.js';
import { checkQuery } from './queries.js';

/** A source names environments and a pair that there are, and declares each signal once and alike. */
export function checkSignalSource(
  document: CheckedDocumentOf<'SignalSource'>,
  near: Neighbourhood,
): ConfigurationProblem[] {
  const { environments, signals, pairedWith } = document.parsed;
  return [
    ...environments.flatMap((name, i) => mustBeEnvironment(document, ['spec', 'environments', i], name, near)),
    ...repeated(document, signals, ['spec', 'signals'], (one) => one.name),
    ...signals.flatMap((one, i) => checkDeclaration(document, i, one.name, near)),
    ...signals.flatMap((_, i) => checkOutsideSeries(document, i)),
    ...signals.flatMap((_, i) => checkQuery(document, i)),
    ...(pairedWith === undefined ? [] : checkPair(document, pairedWith, near)),
  ];
}

function checkDeclaration(
  document: CheckedDocumentOf<'SignalSource'>,
  i: number,
  name: string,
  near: Neighbourhood,
): ConfigurationProblem[] {
  const path = ['spec', 'signals', i, 'name'];
  if (BUILT_IN_SIGNALS.some((signal) => signal.name === name)) {
    return [
      problemAt(
        document.where,
        path,
        `"${name}" is built in with a probe and must not be declared again`,
        'another name',
      ),
    ];
  }
  const mine = document.parsed.signals[i];
  const other = near
    .of('SignalSource')
    .find(
      (one) =>
        one.name !== document.name &&
        one.parsed.signals.some((signal) => signal.name === name && !sameMeaning(signal, mine)),
    );
  if (other === undefined) return [];
  return [
    problemAt(
      document.where,
      path,
      `"${name}" is declared otherwise by SignalSource "${other.name}"`,
      'the same unit, badDirection, form and temporality',
    ),
  ];
}

function sameMeaning(
  a: Spec<'SignalSource'>['signals'][number],
  b: Spec<'SignalSource'>['signals'][number] | undefined,
): boolean {
  return (
    a.unit === b?.unit &&
    a.badDirection === b.badDirection &&
    a.temporality === b.temporality &&
    (a.form ?? b.form) === (b.form ?? a.form)
  );
}

function checkPair(
  document: CheckedDocumentOf<'SignalSource'>,
  pairedWith: string,
  near: Neighbourhood,
): ConfigurationProblem[] {
  const path = ['spec', 'pairedWith'];
  if (pairedWith === document.name)
    return [problemAt(document.where, path, 'a source cannot be its own pair', 'another SignalSource')];
  const missing = mustName(document, path, pairedWith, 'SignalSource', near.names('SignalSource'));
  if (missing.length > 0) return missing;
  const other = near.of('SignalSource').find((one) => one.name === pairedWith);
  if (other === undefined || other.parsed.pairedWith === document.name) return [];
  return [
    problemAt(
      document.where,
      path,
      `"${pairedWith}" does not name "${document.name}" in return`,
      `pairedWith: ${document.name} there`,
    ),
  ];
}
