import { BUILT_IN_SIGNALS, type SignalForm } from '../built-in-signals/index.js';
import type { CheckedDocumentOf } from '../document.js';
import type { Path } from '../located.js';
import { type ConfigurationProblem, problemAt } from '../problem.js';
import { askedEveryMs } from '../asked-prometheus.js';
import { ASKED_KIND } from '../source-kinds.js';
import { didYouMean, listed } from '../suggest.js';
import type { Neighbourhood } from './names.js';

/** What guardrails have to know of a signal that somebody measures. */
export interface KnownSignal {
  readonly name: string;
  readonly badDirection: 'high' | 'low';
  readonly form: SignalForm | null;
  readonly dimensions: readonly string[];
  /** Milliseconds; null where it is not known here, since a probe's schedule decides. */
  readonly interval: number | null;
}

/** Every signal that a source of the tenant declares or a probe brings along. */
export function knownSignals(near: Neighbourhood): readonly KnownSignal[] {
  const declared = near.of('SignalSource').flatMap(({ parsed }) => {
    if (parsed.kind !== ASKED_KIND) return parsed.signals;
    return parsed.signals.map((one) => ({ ...one, interval: askedEveryMs(parsed) }));
  });
  return [
    ...BUILT_IN_SIGNALS.map(({ intervalMs: _, ...one }) => ({ ...one, interval: null })),
    ...declared.map((one) => ({ ...one, form: one.form ?? null })),
  ];
}

/** A name that no source declares and no probe measures. */
export function unknownSignal(
  document: CheckedDocumentOf<'GuardrailPolicy'>,
  path: Path,
  name: string,
  known: readonly KnownSignal[],
): ConfigurationProblem[] {
  const names = [...new Set(known.map((one) => one.name))];
  const text = `no SignalSource declares "${name}" and no probe measures it${didYouMean(name, names)}`;
  return [problemAt(document.where, path, text, listed(name, names))];
}
