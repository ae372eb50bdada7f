import { z } from 'zod';
import { duration, slug } from '../fields.js';
import { backupSettings } from './backup.js';
import { driftSettings } from './drift.js';
import { httpJourneySettings } from './http-journey.js';
import { kubernetesSettings } from './kubernetes.js';
import { objectStorageSettings } from './object-storage.js';
import { odooRpcSettings } from './odoo-rpc.js';
import { odooSqlSettings } from './odoo-sql.js';
import { postgresSettings } from './postgres.js';
import { redisSettings } from './redis.js';
import { traefikSettings } from './traefik.js';

/** Every kind of probe with the schema of its settings; the next one is a file beside these and a line here. */
const SETTINGS = {
  backup: backupSettings,
  drift: driftSettings,
  'http-journey': httpJourneySettings,
  kubernetes: kubernetesSettings,
  'object-storage': objectStorageSettings,
  'odoo-rpc': odooRpcSettings,
  'odoo-sql': odooSqlSettings,
  postgres: postgresSettings,
  redis: redisSettings,
  traefik: traefikSettings,
} as const;

/** A kind of probe that a Workload may declare. */
export type ProbeKind = keyof typeof SETTINGS;

const base = {
  name: slug,
  environment: slug,
  every: duration.default(60_000),
  perTarget: z
    .int()
    .min(1)
    .max(8)
    .default(1)
    .meta({ description: 'how many measurements may reach the target at once, 1 to 8' }),
};

/** One scheduled measurement of a Workload. */
export const probe = z.discriminatedUnion('kind', [
  z.strictObject({ ...base, kind: z.literal('backup'), settings: SETTINGS.backup }),
  z.strictObject({ ...base, kind: z.literal('drift'), settings: SETTINGS.drift }),
  z.strictObject({ ...base, kind: z.literal('http-journey'), settings: SETTINGS['http-journey'] }),
  z.strictObject({ ...base, kind: z.literal('kubernetes'), settings: SETTINGS.kubernetes }),
  z.strictObject({ ...base, kind: z.literal('object-storage'), settings: SETTINGS['object-storage'] }),
  z.strictObject({ ...base, kind: z.literal('odoo-rpc'), settings: SETTINGS['odoo-rpc'] }),
  z.strictObject({ ...base, kind: z.literal('odoo-sql'), settings: SETTINGS['odoo-sql'] }),
  z.strictObject({ ...base, kind: z.literal('postgres'), settings: SETTINGS.postgres }),
  z.strictObject({ ...base, kind: z.literal('redis'), settings: SETTINGS.redis }),
  z.strictObject({ ...base, kind: z.literal('traefik'), settings: SETTINGS.traefik }),
]);
