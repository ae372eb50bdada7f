import { z } from 'zod';
import { duration, secretRef } from '../fields.js';

const seconds = z.number().gt(0).meta({ description: 'seconds, above 0' });

/** Settings of a probe of kind `odoo-sql`; their numbers are explained in the probe. Checked here too, so that `apply` finds a mistake. */
export const odooSqlSettings = z.strictObject({
  connection: secretRef.meta({
    description: "{ env: NAME } or { file: PATH }: where the URL of the shop's database is",
  }),
  kpis: z
    .array(z.enum(['order-success', 'pos-sync', 'stock-update']))
    .min(1)
    .optional(),
  company: z.int().positive().nullable().optional().meta({ description: 'the id of a company of the shop' }),
  testPartners: z.array(z.int().positive()).optional(),
  offlineProviders: z.array(z.string().min(1)).optional(),
  grace: duration.optional(),
  delay: duration.optional(),
  lateSeconds: seconds.optional(),
  skewSeconds: seconds.optional(),
  mismatch: z.number().min(0).optional().meta({ description: 'an amount of money, 0 or more' }),
  samplesMin: z.int().positive().optional().meta({ description: 'a whole number above 0' }),
  logDb: z.boolean().optional(),
  backfill: duration.optional(),
  statementTimeout: duration.optional(),
  tail: z.int().min(100).max(1_000_000).optional().meta({ description: 'a whole number from 100 to 1000000' }),
});
