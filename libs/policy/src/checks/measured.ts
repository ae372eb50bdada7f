import { BUILT_IN_SIGNALS, type BuiltInSignal, canMeasure, doesMeasure } from '../built-in-signals/index.js';
import type { CheckedDocumentOf } from '../document.js';
import type { Path } from '../located.js';
import { type ConfigurationProblem, problemAt } from '../problem.js';
import type { Neighbourhood } from './names.js';

/** A built-in signal needs a probe that measures it in each workload that the policy judges, or it never comes. */
export function checkProbed(
  document: CheckedDocumentOf<'GuardrailPolicy'>,
  path: Path,
  name: string,
  near: Neighbourhood,
): ConfigurationProblem[] {
  const signal = BUILT_IN_SIGNALS.find((one) => one.name === name);
  if (signal === undefined) return [];
  return near
    .of('Workload')
    .filter(({ parsed }) => parsed.guardrailPolicy === document.name)
    .filter(({ parsed }) => !parsed.probes.some((probe) => doesMeasure(probe, signal)))
    .map((workload) => {
      const { text, allowed } = lackOf(signal, workload);
      return problemAt(document.where, path, text, allowed);
    });
}

function lackOf(signal: BuiltInSignal, { name: workload, parsed }: CheckedDocumentOf<'Workload'>) {
  const able = parsed.probes.filter((probe) => canMeasure(probe, signal)).map(({ name }) => `"${name}"`);
  const kinds = [signal.probe, ...(signal.alsoBy ?? [])].join(' or ');
  if (able.length === 0) {
    return {
      text: `"${signal.name}" is measured by a probe of kind ${kinds}, and Workload "${workload}" has none`,
      allowed: `a probe of kind ${kinds} in that Workload, or another signal`,
    };
  }
  const lacking = `"${signal.name}" is the KPI ${signal.kpi}, which ${able.length === 1 ? 'the probe' : 'each of the probes'}`;
  return {
    text: `${lacking} ${able.join(', ')} of Workload "${workload}" leaves out`,
    allowed: `${signal.kpi} among the kpis of a probe of kind ${signal.probe}, with the settings that it needs, or another signal`,
  };
}
