import { BUILT_IN_SIGNALS } from '../built-in-signals/index.js';
import type { CheckedDocumentOf } from '../document.js';
import { type ConfigurationProblem, problemAt } from '../problem.js';
import type { Neighbourhood } from './names.js';

/** Kinds whose samples carry the name of their probe. */
const NAMED_KINDS: ReadonlySet<string> = new Set(
  BUILT_IN_SIGNALS.filter(({ dimensions }) => dimensions.includes('instance')).map(({ probe }) => probe),
);

/**
 * The name of a probe is the dimension `instance` of its samples: those of two probes of one kind and name in one environment would
 * be one series, and one's counters would be taken for the other's.
 */
export function checkInstances(document: CheckedDocumentOf<'Workload'>, near: Neighbourhood): ConfigurationProblem[] {
  const others = near.of('Workload').filter(({ name }) => name !== document.name);
  return document.parsed.probes.flatMap(({ name, kind, environment }, i) => {
    if (!NAMED_KINDS.has(kind)) return [];
    const other = others.find(({ parsed }) =>
      parsed.probes.some((probe) => probe.name === name && probe.kind === kind && probe.environment === environment),
    );
    if (other === undefined) return [];
    const text = `Workload "${other.name}" has a probe "${name}" of kind ${kind} in ${environment} too: their samples could not be told apart`;
    return [problemAt(document.where, ['spec', 'probes', i, 'name'], text, 'another name')];
  });
}
