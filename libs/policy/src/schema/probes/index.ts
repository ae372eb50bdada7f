import { z } from 'zod';
import { duration, slug } from '../fields.js';
import { odooSqlSettings } from './odoo-sql.js';

/** Every kind of probe with the schema of its settings; the next one is a file beside these and a line here. */
const SETTINGS = {
  'odoo-sql': odooSqlSettings,
} as const;

/** A kind of probe that a Workload may declare. */
export type ProbeKind = keyof typeof SETTINGS;

const base = { name: slug, environment: slug, every: duration.default(60_000) };

/** One scheduled measurement of a Workload. */
export const probe = z.discriminatedUnion('kind', [
  z.strictObject({ ...base, kind: z.literal('odoo-sql'), settings: SETTINGS['odoo-sql'] }),
]);
