import type { CheckedDocumentOf } from '../document.js';
import type { ConfigurationProblem } from '../problem.js';
import { mustBeEnvironment, type Neighbourhood, repeated } from './names.js';

/** A calendar applies to environments that there are, and names each of its times once. */
export function checkTradingCalendar(
  document: CheckedDocumentOf<'TradingCalendar'>,
  near: Neighbourhood,
): ConfigurationProblem[] {
  const { environments, periods } = document.parsed;
  return [
    ...environments.flatMap((name, i) => mustBeEnvironment(document, ['spec', 'environments', i], name, near)),
    ...repeated(document, environments, ['spec', 'environments'], (name) => name),
    ...repeated(document, periods, ['spec', 'periods'], (one) => one.name),
  ];
}
