import type { InstantMs } from '@parapet/kernel';
import { utcTextOf } from './utc-text.js';
import type { Query, Row } from '../sql/read-only-database.js';
import { type Columns, missingFrom, type Needs, unreadableIn } from '../odoo-sql/dialect.js';

/** Something of a shop with a name. */
export interface Named {
  readonly id: number;
  readonly name: string;
  /** The id of its company; null where it is one, or belongs to none. */
  readonly company: number | null;
}

/** What a shop consists of; null where the role may not read it, or it is not there. */
export interface ShopParts {
  readonly modules: readonly { readonly name: string; readonly version: string }[] | null;
  readonly companies: readonly Named[] | null;
  readonly tills: readonly Named[] | null;
  readonly webSites: readonly Named[] | null;
  /** Partners whose orders carry the mark of our own checks. */
  readonly testPartners: readonly number[];
  /** Whether the server writes its log into the database (`--log-db`). */
  readonly logsIntoDatabase: boolean;
}

/** What is read of a shop besides what is measured. */
export const SHOP_NEEDS: Needs = {
  ir_module_module: ['name', 'state', 'latest_version'],
  res_company: ['id', 'name'],
  pos_config: ['id', 'name', 'company_id', 'active'],
  website: ['id', 'name', 'company_id'],
  sale_order: ['id', 'partner_id', 'client_order_ref'],
  ir_logging: ['id', 'type', 'create_date'],
};

/** The newest orders in which the mark of our checks is looked for, and the newest lines of the log. */
const NEWEST = 20_000;
const DAY_MS = 86_400_000;

/** Reads what a shop consists of; what cannot be read is left out and never guessed. */
export async function readShop(query: Query, columns: Columns, atMs: InstantMs): Promise<ShopParts> {
  const canRead = (table: string): boolean => {
    const needs = { [table]: SHOP_NEEDS[table] ?? [] };
    return missingFrom(columns, needs).length === 0 && unreadableIn(columns, needs).length === 0;
  };
  const rowsOf = async (table: string, text: string, parameters: Readonly<Record<string, unknown>> = {}) =>
    canRead(table) ? await query(text, parameters) : null;
  const modules = await rowsOf(
    'ir_module_module',
    `SELECT name, latest_version FROM ir_module_module WHERE state IN ('installed', 'to upgrade', 'to remove') ORDER BY name`,
  );
  const tests = await rowsOf(
    'sale_order',
    `SELECT DISTINCT partner_id FROM (SELECT partner_id, client_order_ref FROM sale_order ORDER BY id DESC LIMIT :newest) o
     WHERE client_order_ref LIKE :mark AND partner_id IS NOT NULL ORDER BY partner_id`,
    { newest: NEWEST, mark: 'rg-probe:%' },
  );
  const logged = await rowsOf(
    'ir_logging',
    `SELECT EXISTS (SELECT FROM (SELECT type, create_date FROM ir_logging ORDER BY id DESC LIMIT 1000) l
     WHERE type = 'server' AND create_date >= :since AND create_date < :until) AS is_logging`,
    { since: utcTextOf(atMs - DAY_MS), until: utcTextOf(atMs) },
  );
  return {
    modules:
      modules?.map(({ name, latest_version }) => ({ name: String(name), version: String(latest_version ?? '') })) ??
      null,
    companies: named(await rowsOf('res_company', 'SELECT id, name, NULL AS company_id FROM res_company ORDER BY id')),
    tills: named(await rowsOf('pos_config', 'SELECT id, name, company_id FROM pos_config WHERE active ORDER BY id')),
    webSites: named(await rowsOf('website', 'SELECT id, name, company_id FROM website ORDER BY id')),
    testPartners: (tests ?? []).map(({ partner_id }) => Number(partner_id)),
    logsIntoDatabase: logged?.[0]?.is_logging === true,
  };
}

function named(rows: readonly Row[] | null): readonly Named[] | null {
  if (rows === null) return null;
  return rows.map(({ id, name, company_id }) => ({
    id: Number(id),
    name: textOf(name),
    company: company_id === null ? null : Number(company_id),
  }));
}

/** Names are translated in some versions: any language will do. */
function textOf(name: unknown): string {
  if (typeof name !== 'object' || name === null) return String(name ?? '');
  const texts = name as Readonly<Record<string, unknown>>;
  return String(texts.en_US ?? Object.values(texts)[0] ?? '');
}
