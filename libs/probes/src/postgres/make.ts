import { postgresSettings, resolveSecret, type SecretRef } from '@parapet/policy';
import { ReadOnlyDatabase } from '../sql/read-only-database.js';
import type { MakeProbe } from '../probe.js';
import { readSettings } from '../settings.js';
import { PostgresProbe } from './probe.js';

/** Makes a probe of PostgreSQL of its declaration, or says every problem of its settings. */
export const makePostgresProbe: MakeProbe = (declared, nowMs) => {
  const read = readSettings(declared, postgresSettings);
  if ('problems' in read) return read;
  const { settings } = read;
  const { workload, probe } = declared;
  const connection = settings.connection as SecretRef;
  return new PostgresProbe({
    name: `${workload}/${probe.name}`,
    instance: probe.name,
    everyMs: probe.everyMs,
    settings,
    database: new ReadOnlyDatabase({
      url: () => resolveSecret(connection),
      statementTimeoutMs: settings.statementTimeout,
      connectionsMax: probe.perTarget ?? 1,
    }),
    // The reference, not the address: two probes that name one secret take turns at one database.
    target: JSON.stringify(settings.connection),
    nowMs,
  });
};
