import { backupSettingsSchema } from '@parapet/policy';
import type { z } from 'zod';

/** Settings of a probe of kind `backup`, in the words of its `Workload`. */
export const backupSettings = backupSettingsSchema;

export type BackupSettings = z.output<typeof backupSettings>;

/** What the probe can measure; each only where its part of the settings is there. */
export type BackupKpi = 'backups' | 'restorable' | 'archiver' | 'restore-test';

/** The signals of each KPI. */
export const SIGNALS = {
  backups: ['backup.full.age'],
  restorable: ['backup.restorable.age'],
  archiver: ['backup.archiver.failing'],
  'restore-test': ['backup.restore.age'],
} as const satisfies Record<BackupKpi, readonly string[]>;
