import { odooRpcSettingsSchema } from '@parapet/policy';
import type { z } from 'zod';

/** Settings of a probe of kind `odoo-rpc`, with their defaults and in milliseconds. */
export type OdooRpcSettings = z.output<typeof odooRpcSettingsSchema>;
export type RpcKpiName = OdooRpcSettings['kpis'][number];

/** Reads settings as they are written in a Workload, or says every problem of them. */
export function readSettings(
  written: unknown,
): { readonly settings: OdooRpcSettings } | { readonly problems: readonly string[] } {
  const parsed = odooRpcSettingsSchema.safeParse(written);
  if (parsed.success) return { settings: parsed.data };
  return {
    problems: parsed.error.issues.map(
      ({ path, message }) => `settings${path.map((step) => `.${String(step)}`).join('')}: ${message}`,
    ),
  };
}
