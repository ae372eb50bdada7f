import { z } from 'zod';
import { type Fault, isFault } from './trade/behaviour.js';
import type { Rates } from './trade/history.js';

export const CONFIG = Symbol('config');

/** What the shop was told when it started. */
export interface ShopConfig {
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: string;
  /** Standard Webhooks secret, `whsec_…`; also the bearer token of the shop's own CD. */
  readonly deploymentSecret: string;
  readonly rates: Rates;
  readonly historyMinutes: number;
  readonly keepMinutes: number;
  /** 0: deployments are answered when they are done; else they take this long and are answered 202 at once. */
  readonly deploySeconds: number;
  readonly target: string;
  readonly components: readonly string[];
  readonly version: string;
  readonly badVersions: Readonly<Record<string, Fault>>;
  readonly readerPassword: string | null;
  readonly seed: number | null;
}

/** The settings, as `--help` prints them. */
export const SETTINGS = `
  PORT                       port to listen on (3020)
  HOST                       address to listen on (127.0.0.1)
  SHOP_DATABASE_URL          PostgreSQL database of the shop, required; created tables stay there
  DEPLOYMENT_SECRET          signs deployments (whsec_ and base64 of 24 to 64 bytes), required
  SHOP_WEB_ORDERS_PER_SECOND web orders a second (10)
  SHOP_POS_ORDERS_PER_SECOND till orders a second, all tills together (10)
  SHOP_HISTORY_MINUTES       trade written backwards at the first start (120)
  SHOP_KEEP_MINUTES          older orders are removed (180)
  SHOP_DEPLOY_SECONDS        how long a deployment takes; 0 answers at once (0)
  SHOP_TARGET                name of the deployment target (shop)
  SHOP_COMPONENTS            its components (odoo-web,odoo-pos)
  SHOP_VERSION               version that runs in a new shop (2.4.0)
  SHOP_BAD_VERSIONS          what is wrong with which version (2.5.0=bad-pos,2.5.1=bad-checkout,2.5.2=slow-stock);
                             a version that ends in -bad-pos, -bad-checkout or -slow-stock is bad too
  SHOP_READER_PASSWORD       makes a role shop_reader that may only read, for measuring
  SHOP_SEED                  a number: the same trade every time
`;

const rate = z.coerce.number().min(0).max(200);
const minutes = z.coerce.number().int().min(0).max(1440);

const schema = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3020),
  SHOP_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  DEPLOYMENT_SECRET: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, 'must be whsec_ and base64 of 24 to 64 bytes'),
  SHOP_WEB_ORDERS_PER_SECOND: rate.default(10),
  SHOP_POS_ORDERS_PER_SECOND: rate.default(10),
  SHOP_HISTORY_MINUTES: minutes.default(120),
  SHOP_KEEP_MINUTES: minutes.min(10).default(180),
  SHOP_DEPLOY_SECONDS: z.coerce.number().min(0).max(600).default(0),
  SHOP_TARGET: z.string().min(1).max(100).default('shop'),
  SHOP_COMPONENTS: z
    .string()
    .default('odoo-web,odoo-pos')
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    ),
  SHOP_VERSION: z.string().min(1).max(200).default('2.4.0'),
  SHOP_BAD_VERSIONS: z
    .string()
    .default('2.5.0=bad-pos,2.5.1=bad-checkout,2.5.2=slow-stock')
    .transform((text, context) => {
      const pairs = text
        .split(',')
        .filter((part) => part.trim() !== '')
        .map((part) => part.split('=', 2).map((side) => side.trim()));
      const catalogue: Record<string, Fault> = {};
      for (const [version = '', fault = ''] of pairs) {
        if (isFault(fault) && version !== '') catalogue[version] = fault;
        else
          context.addIssue({
            code: 'custom',
            message: `${version}=${fault} is not VERSION=bad-pos, bad-checkout or slow-stock`,
          });
      }
      return catalogue;
    }),
  SHOP_READER_PASSWORD: z.string().min(1).optional(),
  SHOP_SEED: z.coerce.number().int().optional(),
});

/** Reads the settings; every problem at once, one a line. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): ShopConfig {
  const parsed = schema.safeParse(env);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`wrong settings:\n${problems.join('\n')}`);
  }
  const s = parsed.data;
  return {
    host: s.HOST,
    port: s.PORT,
    databaseUrl: s.SHOP_DATABASE_URL,
    deploymentSecret: s.DEPLOYMENT_SECRET,
    rates: { webPerSecond: s.SHOP_WEB_ORDERS_PER_SECOND, posPerSecond: s.SHOP_POS_ORDERS_PER_SECOND },
    historyMinutes: s.SHOP_HISTORY_MINUTES,
    keepMinutes: s.SHOP_KEEP_MINUTES,
    deploySeconds: s.SHOP_DEPLOY_SECONDS,
    target: s.SHOP_TARGET,
    components: s.SHOP_COMPONENTS,
    version: s.SHOP_VERSION,
    badVersions: s.SHOP_BAD_VERSIONS,
    readerPassword: s.SHOP_READER_PASSWORD ?? null,
    seed: s.SHOP_SEED ?? null,
  };
}
