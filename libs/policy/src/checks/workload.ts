import type { CheckedDocumentOf } from '../document.js';
import type { ConfigurationProblem } from '../problem.js';
import { mustBeEnvironment, mustName, type Neighbourhood, repeated } from './names.js';
import { checkInstances } from './probe-instances.js';

/** A workload names policies, targets and environments that there are. */
export function checkWorkload(document: CheckedDocumentOf<'Workload'>, near: Neighbourhood): ConfigurationProblem[] {
  const { components, targets, probes } = document.parsed;
  const targetNames = targets.map((target) => target.name);
  return [
    ...mustName(
      document,
      ['spec', 'guardrailPolicy'],
      document.parsed.guardrailPolicy,
      'GuardrailPolicy',
      near.names('GuardrailPolicy'),
    ),
    ...mustName(
      document,
      ['spec', 'decisionPolicy'],
      document.parsed.decisionPolicy,
      'DecisionPolicy',
      near.names('DecisionPolicy'),
    ),
    ...repeated(document, components, ['spec', 'components'], (one) => one.name),
    ...repeated(
      document,
      targets,
      ['spec', 'targets'],
      (one) => `${one.name}${one.environment === undefined ? '' : ` in ${one.environment}`}`,
    ),
    ...repeated(document, probes, ['spec', 'probes'], (one) => one.name),
    ...checkInstances(document, near),
    ...components.flatMap((one, i) =>
      mustName(document, ['spec', 'components', i, 'target'], one.target, 'target', targetNames),
    ),
    ...targets.flatMap((one, i) =>
      one.environment === undefined
        ? []
        : mustBeEnvironment(document, ['spec', 'targets', i, 'environment'], one.environment, near),
    ),
    ...probes.flatMap((one, i) =>
      mustBeEnvironment(document, ['spec', 'probes', i, 'environment'], one.environment, near),
    ),
  ];
}
