import type { SignalDeclaration } from '@parapet/signals';

/** What the samples of a signal are: bad of total, events of exposure, a value, or requests per bucket. */
export type SignalForm = 'proportion' | 'rate' | 'gauge' | 'histogram';

/** A signal that a probe brings along: declared by us, form included. */
export interface BuiltInSignal extends SignalDeclaration {
  readonly probe: 'odoo-sql';
  readonly form: SignalForm;
}

/** The nominal time between two runs of a probe, unless it says otherwise. */
const EVERY_MS = 60_000;

function odoo(
  name: string,
  form: SignalForm,
  badDirection: SignalDeclaration['badDirection'],
  unit: string,
  dimensions: readonly string[],
): BuiltInSignal {
  const timing = { temporality: 'delta', intervalMs: EVERY_MS, latenessMs: 4 * EVERY_MS } as const;
  return { name, form, badDirection, unit, dimensions, probe: 'odoo-sql', ...timing };
}

/** Everything the probes measure without being told; `environment`, `store` and `arm` may always be dimensions. */
export const BUILT_IN_SIGNALS: readonly BuiltInSignal[] = [
  odoo('odoo.order.success', 'proportion', 'low', 'orders', ['company']),
  odoo('odoo.pos.sync.errors', 'proportion', 'high', 'orders', ['company']),
  odoo('odoo.pos.sync.delay', 'gauge', 'high', 'seconds', ['company', 'till']),
  odoo('odoo.pos.orders', 'rate', 'low', 'orders', ['company']),
  odoo('odoo.stock.update.delay', 'gauge', 'high', 'seconds', ['company', 'mode']),
];
