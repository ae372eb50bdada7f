import type { InstantMs } from '@parapet/kernel';
import { resolveSecret } from '@parapet/policy';
import type { DeclaredProbe, Probe } from '../probe.js';
import { odooSqlSettings } from './config.js';
import { ReadOnlyDatabase } from '../sql/read-only-database.js';
import { OdooSqlProbe } from './probe.js';

/** Makes an Odoo probe of its declaration, or says every problem of its settings. */
export function makeOdooSqlProbe(
  declared: DeclaredProbe,
  nowMs: () => InstantMs,
): Probe | { readonly problems: readonly string[] } {
  const { probe, workload } = declared;
  const parsed = odooSqlSettings.safeParse(probe.settings);
  if (!parsed.success) {
    return {
      problems: parsed.error.issues.map(
        ({ path, message }) => `settings${path.map((p) => `.${String(p)}`).join('')}: ${message}`,
      ),
    };
  }
  const settings = parsed.data;
  const database = new ReadOnlyDatabase({
    url: () => resolveSecret(settings.connection),
    statementTimeoutMs: settings.statementTimeout,
    connectionsMax: probe.perTarget ?? 1,
  });
  return new OdooSqlProbe({
    name: `${workload}/${probe.name}`,
    everyMs: probe.everyMs,
    settings,
    database,
    // The reference, not the address: two probes that name one secret take turns at one database.
    target: JSON.stringify(settings.connection),
    nowMs,
  });
}
