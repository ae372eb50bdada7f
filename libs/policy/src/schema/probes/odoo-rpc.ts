import { z } from 'zod';
import { duration, secretRef } from '../fields.js';
import { checkPlainHttp, httpUrl, reach } from './reachable.js';

/** What a probe of kind `odoo-rpc` measures for a user of the shop's own rights (odoo-kpis 3, 7). */
export const ODOO_RPC_KPIS = [
  'order-success',
  'payment-success',
  'paid-not-confirmed',
  'orders-confirmed',
  'backend-funnel',
  'checkout-duration',
  'pos-sync',
  'pos-broken',
  'pos-sessions',
  'pos-silence',
  'pos-duplicates',
  'stock-update',
  'reservation-latency',
  'reservation-backlog',
  'invoices',
] as const;

/** What only a user with the right `Settings` may read: measured where it is asked for. */
export const ODOO_RPC_SETTINGS_KPIS = ['mail-queue', 'cron-health', 'cron-failing'] as const;

const seconds = z.number().gt(0).meta({ description: 'seconds, above 0' });
const id = z.int().positive();
/** Odoo's API tells times in whole seconds. */
const wholeSeconds = duration.refine((ms) => ms % 1000 === 0, { error: 'must be whole seconds' });

/** Settings of a probe of kind `odoo-rpc`; the probe reads them through this schema too. */
export const odooRpcSettings = z
  .strictObject({
    url: httpUrl,
    ...reach,
    database: z.string().min(1).max(100).meta({ description: 'the name of the database on that server' }),
    login: z.string().min(1).max(200).meta({ description: 'the login of the user whose key it is' }),
    apiKey: secretRef.meta({ description: '{ env: NAME } or { file: PATH }: where an API key of that user is' }),
    protocol: z
      .enum(['auto', 'json-rpc', 'json-2'])
      .default('auto')
      .meta({ description: 'auto, json-rpc (/jsonrpc, 14 to 19) or json-2 (/json/2, from 19)' }),
    kpis: z
      .array(z.enum([...ODOO_RPC_KPIS, ...ODOO_RPC_SETTINGS_KPIS]))
      .min(1)
      .default([...ODOO_RPC_KPIS])
      .meta({ description: 'what to measure; absent: everything that needs no right of an administrator' }),
    company: id
      .nullable()
      .default(null)
      .meta({ description: 'the id of one company of the shop; absent: all the user may see' }),
    allowedCompanies: z
      .array(id)
      .min(1)
      .optional()
      .meta({ description: 'the ids of the companies that the user looks at; absent: its default company' }),
    testPartners: z.array(id).default([]).meta({ description: 'the ids of partners whose orders are tests' }),
    offlineProviders: z
      .array(z.string().min(1))
      .default(['transfer', 'custom'])
      .meta({ description: 'codes of providers whose payments rightly wait for days' }),
    grace: wholeSeconds.default(600_000).meta({ description: 'how long a payment may stay unfinished' }),
    delay: wholeSeconds
      .default(30_000)
      .meta({ description: 'how long after their end the other windows are measured' }),
    paidGrace: duration.default(900_000).meta({ description: 'how long a paid order may stay a quotation' }),
    reserveGrace: duration.default(900_000).meta({ description: 'how long a sold line may wait for its stock' }),
    mailGrace: duration.default(7_200_000).meta({ description: 'how long a mail may wait to be sent' }),
    cronGrace: duration.default(600_000).meta({ description: 'how late a scheduled job may be' }),
    watchedCrons: z
      .array(id)
      .default([])
      .meta({ description: 'the ids of scheduled jobs that must never be switched off' }),
    lateSeconds: seconds.default(300),
    skewSeconds: seconds.default(60),
    mismatch: z.number().min(0).default(0.05).meta({ description: 'an amount of money, 0 or more' }),
    samplesMin: id.default(10).meta({ description: 'the fewest orders that give a percentile, above 0' }),
    backfill: duration.default(1_800_000).meta({ description: 'how much of the past is measured at the first start' }),
    timeout: duration
      .refine((ms) => ms > 0, { error: 'must be longer than nothing' })
      .default(10_000)
      .meta({ description: 'how long one call may take' }),
    rowsMax: z
      .int()
      .min(100)
      .max(20_000)
      .default(2_000)
      .meta({ description: 'the most records of a model that one question may bring, 100 to 20000' }),
  })
  .superRefine(({ url, allowPrivate }, context) => checkPlainHttp(url, allowPrivate, context, 'url'));
