import type { ProbeKind } from '../schema/probes/index.js';
import type { BuiltInSignal } from './built-in-signal.js';

/** The nominal time between two runs of a probe, unless it says otherwise. */
const EVERY_MS = 60_000;

/** What differs from signal to signal of one kind of probe. */
export type Declared = Pick<BuiltInSignal, 'name' | 'form' | 'badDirection' | 'unit'> &
  Partial<Pick<BuiltInSignal, 'dimensions' | 'temporality' | 'kpi'>>;

/** Signals of one kind of probe; `instance`, the probe's name, is a dimension of them all. */
export function measuredBy(probe: ProbeKind, signals: readonly Declared[]): readonly BuiltInSignal[] {
  const timing = { intervalMs: EVERY_MS, latenessMs: 4 * EVERY_MS };
  return signals.map(({ dimensions = [], temporality = 'delta', ...own }) => ({
    ...own,
    ...timing,
    probe,
    temporality,
    dimensions: ['instance', ...dimensions],
  }));
}
