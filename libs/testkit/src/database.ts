import { randomFillSync } from 'node:crypto';
import { idMaker, type MakeId } from '@parapet/kernel';
import type { ServiceName } from '@parapet/contracts';
import { Database, migrate, roleUrl, SERVICES } from '@parapet/postgres';
import { startPostgres } from './servers.js';

/** A fresh PostgreSQL with Parapet's tables and roles in it. */
export interface TestDatabase {
  readonly adminUrl: string;
  /** The address under which a service connects, with its own role. */
  url(service: ServiceName): string;
  /** A pool of a service; ended by `stop`. */
  connect(service: ServiceName, max?: number): Database;
  stop(): Promise<void>;
}

/** Starts a PostgreSQL and applies all migrations, or only those of a folder. */
export async function startDatabase(o: { readonly migrationsDir?: string } = {}): Promise<TestDatabase> {
  const server = await startPostgres();
  try {
    const passwords = Object.fromEntries(SERVICES.map((s) => [s, `password of ${s}`])) as Record<ServiceName, string>;
    await migrate({ adminUrl: server.adminUrl, passwords, ...o });
    const pools: Database[] = [];
    const url = (service: ServiceName) => roleUrl(server.adminUrl, service, passwords[service]);
    return {
      adminUrl: server.adminUrl,
      url,
      connect(service, max = 4) {
        const pool = Database.connect({ url: url(service), applicationName: `${service}-test`, max });
        pools.push(pool);
        return pool;
      },
      async stop() {
        await Promise.all(pools.map((pool) => pool.end()));
        await server.stop();
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Ids as in production, from the machine's clock and chance. */
export function testIds(): MakeId {
  return idMaker(Date.now, (bytes) => void randomFillSync(bytes));
}
