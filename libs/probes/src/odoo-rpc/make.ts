import { readFileSync } from 'node:fs';
import { resolveSecret, type SecretRef } from '@parapet/policy';
import type { MakeProbe } from '../probe.js';
import { type OdooRpcSettings, readSettings } from './config.js';
import { OdooConnection } from './odoo.js';
import { OdooRpcProbe } from './probe.js';

/** Makes an Odoo probe by API of its declaration, or says every problem of its settings. */
export const makeOdooRpcProbe: MakeProbe = ({ probe, workload }, nowMs) => {
  const read = readSettings(probe.settings);
  if ('problems' in read) return read;
  // Odoo tells times in whole seconds: a window that begins between two would count an order in two windows or in none.
  if (probe.everyMs % 1000 !== 0) return { problems: ['every: must be whole seconds for Odoo’s API'] };
  const { settings } = read;
  const ca = caOf(settings);
  if ('problems' in ca) return ca;
  const place = {
    url: new URL(settings.url),
    database: settings.database,
    login: settings.login,
    apiKey: () => resolveSecret(settings.apiKey as SecretRef),
    companies: settings.allowedCompanies ?? null,
    timeoutMs: settings.timeout,
    allowPrivate: settings.allowPrivate,
    ca: ca.pem,
  };
  return new OdooRpcProbe({
    name: `${workload}/${probe.name}`,
    everyMs: probe.everyMs,
    settings,
    connection: new OdooConnection(place, settings.protocol, nowMs),
    target: `odoo ${place.url.origin} ${settings.database}`,
    nowMs,
  });
};

function caOf({ ca }: OdooRpcSettings): { readonly pem: string | null } | { readonly problems: readonly string[] } {
  if (ca === undefined) return { pem: null };
  try {
    return { pem: readFileSync(ca, 'utf8') };
  } catch (error) {
    return { problems: [`settings.ca: cannot read ${ca}: ${(error as NodeJS.ErrnoException).code}`] };
  }
}
