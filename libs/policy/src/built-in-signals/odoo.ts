import type { SignalDeclaration } from '@parapet/signals';
import type { BuiltInSignal, SignalForm } from './built-in-signal.js';

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

/** What probes of Odoo measure. */
export const ODOO_SIGNALS: readonly BuiltInSignal[] = [
  odoo('odoo.order.success', 'proportion', 'low', 'orders', ['company']),
  odoo('odoo.pos.sync.errors', 'proportion', 'high', 'orders', ['company']),
  odoo('odoo.pos.sync.delay', 'gauge', 'high', 'seconds', ['company', 'till']),
  odoo('odoo.pos.orders', 'rate', 'low', 'orders', ['company']),
  odoo('odoo.stock.update.delay', 'gauge', 'high', 'seconds', ['company', 'mode']),
];
