import type { SignalDeclaration } from '@parapet/signals';
import type { ProbeKind } from '../schema/probes/index.js';

/** What the samples of a signal are: bad of total, events of exposure, a value, or requests per bucket. */
export type SignalForm = 'proportion' | 'rate' | 'gauge' | 'histogram';

/** A signal that a probe brings along: declared by us, form included. */
export interface BuiltInSignal extends SignalDeclaration {
  /** The kinds of probe that measure it. */
  readonly probe: ProbeKind;
  /** Other kinds that measure the very same. */
  readonly alsoBy?: readonly ProbeKind[];
  /** The name that `kpis` of the probe's settings has for it; absent where a probe of that kind always measures it. */
  readonly kpi?: string;
  readonly form: SignalForm;
}
