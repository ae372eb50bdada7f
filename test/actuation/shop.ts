import { startPostgres } from '@parapet/testkit';
import pg from 'pg';
import { parseConfig } from '../../services/demo-retailer/src/config.js';
import { type Shop, startShop } from '../../services/demo-retailer/src/start.js';

export const DEPLOYMENT_SECRET = `whsec_${Buffer.from('the shop and its actuator share it').subarray(0, 32).toString('base64')}`;

/** The demo retailer with next to no trade, for tests of what deploys it. */
export interface TestShop extends Shop {
  /** Where it takes signed deployments. */
  readonly deployments: string;
  readonly databaseUrl: string;
  deploy(version: string): Promise<void>;
  trouble(troubles: readonly string[]): Promise<void>;
  /** What really changed what runs, oldest first. */
  changes(): Promise<readonly { by: string; version: string }[]>;
}

/** A PostgreSQL whose databases are made anew for each shop. */
export interface ShopGround {
  open(settings?: Readonly<Record<string, string>>): Promise<TestShop>;
  stop(): Promise<void>;
}

/** Starts the server that shops live on. */
export async function shopGround(adminUrl?: string): Promise<ShopGround> {
  const server = adminUrl === undefined ? await startPostgres() : null;
  const admin = new pg.Pool({ connectionString: adminUrl ?? server?.adminUrl, max: 1 });
  // pg-pool ends before its sockets are closed, so the server's own end may still be heard.
  admin.on('error', () => {});
  let shops = 0;
  return {
    async open(settings = {}) {
      shops += 1;
      const name = `shop_${process.pid}_${shops}`;
      await admin.query(`CREATE DATABASE ${name}`);
      const url = new URL(adminUrl ?? (server as { adminUrl: string }).adminUrl);
      url.pathname = `/${name}`;
      const shop = await startShop(
        parseConfig({
          SHOP_DATABASE_URL: url.href,
          DEPLOYMENT_SECRET,
          PORT: '0',
          SHOP_VERSION: '1',
          SHOP_HISTORY_MINUTES: '0',
          SHOP_WEB_ORDERS_PER_SECOND: '0',
          SHOP_POS_ORDERS_PER_SECOND: '0',
          SHOP_BAD_VERSIONS: '',
          ...settings,
        }),
      );
      const rows = new pg.Pool({ connectionString: url.href, max: 1 });
      rows.on('error', () => {});
      const post = async (path: string, body: unknown) => {
        const answer = await fetch(`${shop.url}${path}`, {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { authorization: `Bearer ${DEPLOYMENT_SECRET}`, 'content-type': 'application/json' },
        });
        if (!answer.ok) throw new Error(`${path} answered ${answer.status} ${await answer.text()}`);
      };
      return {
        ...shop,
        deployments: `${shop.url}/deployments`,
        databaseUrl: url.href,
        deploy: (version) => post('/deploy', { version }),
        trouble: (troubles) => post('/faults', { deployments: troubles }),
        changes: async () =>
          (
            await rows.query<{ by: string; version: string }>(
              `SELECT by, wanted #>> '{components,0,version}' AS version FROM shop.change ORDER BY id OFFSET 1`,
            )
          ).rows,
        stop: async () => {
          await shop.stop();
          await rows.end();
        },
      };
    },
    async stop() {
      await admin.end();
      await server?.stop();
    },
  };
}
