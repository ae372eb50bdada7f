import { parseDuration } from '@parapet/kernel';
import { z } from 'zod';

/** What the probe can measure; each has its own windows. */
export const KPIS = ['order-success', 'pos-sync', 'stock-update'] as const;
export type Kpi = (typeof KPIS)[number];

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

/** Settings of a probe of kind `odoo-sql`, in the words of its `Workload`. */
export const odooSqlSettings = z.strictObject({
  /** Where the URL of the shop's database is: a role that can only read, a replica if there is one. */
  connection: z.union([z.strictObject({ env: z.string().min(1) }), z.strictObject({ file: z.string().min(1) })]),
  kpis: z
    .array(z.enum(KPIS))
    .min(1)
    .default([...KPIS]),
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
  statementTimeout: positive('5s'),
  /** How many of a table's newest rows a measurement may read. */
  tail: z.int().min(100).max(1_000_000).default(20_000),
});

export type OdooSqlSettings = z.output<typeof odooSqlSettings>;
