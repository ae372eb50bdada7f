import { z } from 'zod';
import { duration, secretRef, slug } from '../fields.js';

const seconds = z.number().gt(0).meta({ description: 'seconds, above 0' });

/** What a probe of kind `odoo-sql` can measure (odoo-kpis 3); each has its own windows. */
export const ODOO_KPIS = [
  'order-success',
  'payment-success',
  'paid-not-confirmed',
  'orders-confirmed',
  'backend-funnel',
  'checkout-duration',
  'pos-sync',
  'pos-broken',
  'pos-sessions',
  'pos-sequence-gaps',
  'pos-silence',
  'pos-duplicates',
  'stock-update',
  'stock-sanity',
  'reservation-latency',
  'reservation-backlog',
  'price-config',
  'price-sold',
  'zero-price',
  'queue-job',
  'queues',
  'mail-queue',
  'cron-health',
  'cron-failing',
  'logged-errors',
  'invoices',
] as const;

/** One statement that may stand in brackets; `:as_of` is the only parameter there is. */
const ONE_QUERY = /^(?:[^;:]|::|:as_of\b|:(?![a-z_]))+$/;

/** The SQL of a queue that Odoo does not know, such as that of a marketplace's connector. */
export const queueSql = z
  .string()
  .max(4_000)
  .regex(ONE_QUERY)
  .meta({ description: 'one SELECT with the columns depth and oldest_s, without a semicolon; it may use :as_of' });

const settings = z.strictObject({
  connection: secretRef.meta({
    description: "{ env: NAME } or { file: PATH }: where the URL of the shop's database is",
  }),
  kpis: z
    .array(z.enum(ODOO_KPIS))
    .min(1)
    .optional()
    .meta({ description: 'what to measure; absent: everything that needs no other setting' }),
  company: z.int().positive().nullable().optional().meta({ description: 'the id of a company of the shop' }),
  testPartners: z.array(z.int().positive()).optional(),
  offlineProviders: z.array(z.string().min(1)).optional(),
  grace: duration.optional(),
  delay: duration.optional(),
  paidGrace: duration.optional().meta({ description: 'how long a paid order may stay a quotation' }),
  reserveGrace: duration.optional().meta({ description: 'how long a sold line may wait for its stock' }),
  mailGrace: duration.optional().meta({ description: 'how long a mail may wait to be sent' }),
  cronGrace: duration.optional().meta({ description: 'how late a scheduled job may be' }),
  watchedCrons: z
    .array(z.int().positive())
    .optional()
    .meta({ description: 'the ids of scheduled jobs that must never be switched off' }),
  pricelists: z
    .tuple([z.int().positive(), z.int().positive()])
    .optional()
    .meta({ description: 'the ids of two price lists to compare, such as [2, 3]' }),
  priceTolerance: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .meta({ description: 'prices differ by more than this share, from 0 to 1' }),
  queues: z
    .array(z.strictObject({ name: slug, sql: queueSql }))
    .min(1)
    .max(10)
    .optional()
    .meta({ description: 'queues of your own, each asked by SQL; the role needs the right to read them' }),
  lateSeconds: seconds.optional(),
  skewSeconds: seconds.optional(),
  mismatch: z.number().min(0).optional().meta({ description: 'an amount of money, 0 or more' }),
  samplesMin: z.int().positive().optional().meta({ description: 'a whole number above 0' }),
  logDb: z.boolean().optional(),
  backfill: duration.optional(),
  replicaLagMax: duration.optional().meta({ description: 'how far a copy may be behind and still be asked' }),
  statementTimeout: duration.optional(),
  tail: z.int().min(100).max(1_000_000).optional().meta({ description: 'a whole number from 100 to 1000000' }),
});

/** KPIs that say nothing without another setting, and what that is. */
const NEEDED = [
  ['price-config', 'pricelists', 'the two price lists to compare, such as [2, 3]'],
  ['queues', 'queues', 'the SQL of at least one queue'],
  ['logged-errors', 'logDb', 'true, of a server that runs with --log-db'],
] as const;

/** The settings that are needed for the KPIs that are asked for, and are not given. */
export function unmetOdooNeeds(given: {
  readonly kpis?: readonly string[] | undefined;
  readonly pricelists?: unknown;
  readonly queues?: unknown;
  readonly logDb?: unknown;
}): readonly { readonly path: string[]; readonly message: string }[] {
  return NEEDED.filter(([kpi, setting]) => {
    const isGiven = given[setting] !== undefined && given[setting] !== false;
    return given.kpis?.includes(kpi) === true && !isGiven;
  }).map(([kpi, setting, meaning]) => ({ path: [setting], message: `is needed for the KPI ${kpi}: ${meaning}` }));
}

/** Settings of a probe of kind `odoo-sql`; their numbers are explained in the probe. Checked here too, so that `apply` finds a mistake. */
export const odooSqlSettings = settings.superRefine((given, context) => {
  for (const unmet of unmetOdooNeeds(given)) context.addIssue({ code: 'custom', ...unmet });
});
