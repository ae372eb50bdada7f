import { parseDuration } from '@parapet/kernel';
import { ODOO_KPIS, queueSql, unmetOdooNeeds } from '@parapet/policy';
import { z } from 'zod';

/** What the probe can measure; each has its own windows. */
export const KPIS = ODOO_KPIS;
export type Kpi = (typeof KPIS)[number];

/** Whether a word names something that the probe can measure. */
export function isKpi(word: string): word is Kpi {
  return KPIS.some((kpi) => kpi === word);
}

const duration = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms !== null) return ms;
      context.addIssue({ code: 'custom', message: 'a duration such as 250ms, 30s, 10m or 2h' });
      return z.NEVER;
    });

const positive = (fallback: string) => duration(fallback).refine((ms) => ms > 0, 'longer than nothing');

const settings = z.strictObject({
  /** Where the URL of the shop's database is: a role that can only read, a replica if there is one. */
  connection: z.union([z.strictObject({ env: z.string().min(1) }), z.strictObject({ file: z.string().min(1) })]),
  /** Absent: everything that needs no other setting (`kpisOf`). */
  kpis: z.array(z.enum(KPIS)).min(1).optional(),
  /** One company of the shop; absent: all of them together. */
  company: z.int().positive().nullable().default(null),
  /** Partners whose orders are tests. */
  testPartners: z.array(z.int().positive()).default([]),
  /** Providers whose payments rightly wait for days. */
  offlineProviders: z.array(z.string().min(1)).default(['transfer', 'custom']),
  /** How long a payment may stay unfinished before it is stuck; windows of orders are judged this long after their end. */
  grace: duration('10m'),
  /** How long after their end the other windows are measured. */
  delay: duration('30s'),
  /** How long a paid order may stay a quotation: Odoo's own job finishes them every ten minutes. */
  paidGrace: duration('15m'),
  /** How long a sold line may wait for its stock. */
  reserveGrace: duration('15m'),
  /** How long a mail may wait to be sent; up to 14 the job runs hourly. */
  mailGrace: duration('2h'),
  /** How late a scheduled job may be. */
  cronGrace: duration('10m'),
  /** Scheduled jobs that must never be switched off; Odoo does so itself after a week of failures. */
  watchedCrons: z.array(z.int().positive()).default([]),
  /** Two price lists to compare: that of the stores and that of the web. */
  pricelists: z.tuple([z.int().positive(), z.int().positive()]).optional(),
  /** Prices that differ by more than this share are different. */
  priceTolerance: z.number().min(0).max(1).default(0.01),
  /** Queues that Odoo does not know, such as that of a marketplace's connector, each asked by a statement of the shop's own. */
  queues: z
    .array(z.strictObject({ name: z.string().min(1), sql: queueSql }))
    .min(1)
    .max(10)
    .optional(),
  /** An order that reached the server later than this after the sale is late. */
  lateSeconds: z.number().positive().default(300),
  /** A till whose clock is further ahead than this is a finding of its own. */
  skewSeconds: z.number().positive().default(60),
  /** Paid and due may differ by this much: tips, cash rounding. */
  mismatch: z.number().nonnegative().default(0.05),
  /** The fewest orders of a till that give a 95th percentile. */
  samplesMin: z.int().positive().default(10),
  /** The server runs with `--log-db`: refused orders are counted from its log, otherwise from holes in the row numbers. */
  logDb: z.boolean().default(false),
  /** How much of the past is measured at the first start, so that there is a baseline at once. */
  backfill: duration('2h'),
  /** A copy that is further behind is not asked: old rows look healthy. */
  replicaLagMax: duration('1m'),
  statementTimeout: positive('5s'),
  /** How many of a table's newest rows a measurement may read. */
  tail: z.int().min(100).max(1_000_000).default(20_000),
});

/** Settings of a probe of kind `odoo-sql`, in the words of its `Workload`. */
export const odooSqlSettings = settings.superRefine((given, context) => {
  for (const unmet of unmetOdooNeeds(given)) context.addIssue({ code: 'custom', ...unmet });
});

export type OdooSqlSettings = z.output<typeof odooSqlSettings>;

/** What a probe with these settings measures: the KPIs named, or all that need no other setting. */
export function kpisOf(settings: OdooSqlSettings): readonly Kpi[] {
  if (settings.kpis !== undefined) return settings.kpis;
  return KPIS.filter((kpi) => unmetOdooNeeds({ ...settings, kpis: [kpi] }).length === 0);
}
