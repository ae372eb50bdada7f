import { parseConfig, SETTINGS, type ShopConfig } from './config.js';
import { startShop } from './start.js';

const HELP = `demo-retailer: a small Odoo-shaped shop that trades, so that there is something to guard.

Settings come from the environment:
${SETTINGS}
Addresses: POST /deploy, POST and GET /deployments (signed), GET POST DELETE /faults, /metrics, /healthz, /readyz.
`;

/** Words for what usually goes wrong at the start. */
function explain(error: unknown, databaseUrl: string): string {
  const code = (error as { code?: unknown }).code;
  const where = new URL(databaseUrl);
  const place = `${where.hostname}:${where.port || '5432'}${where.pathname}`;
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND')
    return `no PostgreSQL answers at ${place}: start it, or set SHOP_DATABASE_URL`;
  if (code === '3D000') return `the database ${place} does not exist: create it (createdb), or set SHOP_DATABASE_URL`;
  if (code === '28P01') return `PostgreSQL at ${place} refuses the user or password of SHOP_DATABASE_URL`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function configOrExit(): ShopConfig {
  try {
    return parseConfig(process.env);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(2);
  }
}

if (process.argv.includes('--help') || process.argv.includes('-h')) {
  process.stdout.write(HELP);
} else {
  const config = configOrExit();
  try {
    const shop = await startShop(config);
    let isStopping = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (isStopping) return;
        isStopping = true;
        void shop.stop().then(() => process.exit(0));
      });
    }
  } catch (error) {
    process.stderr.write(`${explain(error, config.databaseUrl)}\n`);
    process.exit(1);
  }
}
