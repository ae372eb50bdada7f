import { measuredBy } from './measured-by.js';

const age = { form: 'gauge', badDirection: 'high', unit: 'seconds' } as const;

/** What probes of backups measure: how old the newest of each is, and how long no WAL has left. */
export const BACKUP_SIGNALS = measuredBy('backup', [
  { name: 'backup.restorable.age', ...age },
  { name: 'backup.full.age', ...age },
  { name: 'backup.archiver.failing', ...age },
  { name: 'backup.restore.age', ...age },
]);
