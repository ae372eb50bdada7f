import { resolveSecret, type SecretRef } from '@parapet/policy';
import { ReadOnlyDatabase } from '../sql/read-only-database.js';
import type { MakeProbe } from '../probe.js';
import { readSettings } from '../settings.js';
import { backupSettings } from './config.js';
import { BackupProbe } from './probe.js';

/** Makes a backup probe of its declaration, or says every problem of its settings. */
export const makeBackupProbe: MakeProbe = (declared, nowMs) => {
  const read = readSettings(declared, backupSettings);
  if ('problems' in read) return read;
  const { settings } = read;
  const { workload, probe } = declared;
  const { archiver } = settings;
  return new BackupProbe({
    name: `${workload}/${probe.name}`,
    instance: probe.name,
    everyMs: probe.everyMs,
    settings,
    database:
      archiver === undefined
        ? null
        : new ReadOnlyDatabase({
            url: () => resolveSecret(archiver.connection as SecretRef),
            statementTimeoutMs: archiver.statementTimeout,
          }),
    nowMs,
  });
};
