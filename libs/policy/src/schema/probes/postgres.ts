import { z } from 'zod';
import { duration, EACH_ONCE, isDistinct, secretRef } from '../fields.js';

/** What a probe of kind `postgres` can measure; each is measured, and fails, for itself (odoo-kpis 4). */
export const POSTGRES_KPIS = [
  'locks',
  'transactions',
  'counters',
  'connections',
  'replication',
  'vacuum',
  'statements',
] as const;

/** Settings of a probe of kind `postgres`; the probe reads them through this schema too. */
export const postgresSettings = z.strictObject({
  connection: secretRef.meta({
    description: '{ env: NAME } or { file: PATH }: where the URL of the database is; the primary, not a replica',
  }),
  kpis: z
    .array(z.enum(POSTGRES_KPIS))
    .min(1)
    .refine(isDistinct(), EACH_ONCE)
    .default([...POSTGRES_KPIS]),
  standbys: z
    .array(z.string().min(1).max(63))
    .default([])
    .meta({ description: 'the application_name of every standby that must be there; one that is not is a gap' }),
  slow: duration
    .default(500)
    .meta({ description: 'the mean execution time above which the calls of a statement count as slow' }),
  statementsMax: z
    .int()
    .min(100)
    .max(20_000)
    .default(5_000)
    .meta({ description: 'how many rows of pg_stat_statements may be read: at least its pg_stat_statements.max' }),
  deadRatio: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.2)
    .meta({ description: 'the share of dead rows above which autovacuum is behind on a table' }),
  tableRows: z.int().min(1).default(100_000).meta({ description: 'tables with fewer rows do not count as behind' }),
  statementTimeout: duration.default(5_000),
});
