import type { Query } from '../sql/read-only-database.js';
import { COLUMNS_SQL, columnsOf, joinNeeds, TELLING, unreadableIn, type Columns, type Needs } from './dialect.js';

/** What is known of a shop before anything is measured. */
export interface OdooShop {
  /** The series such as `17.0`; null where the role may not read the list of modules, or `base` is not in it. */
  readonly series: string | null;
  /** Null where the role may not read the list of modules. */
  readonly edition: 'enterprise' | 'community' | null;
  readonly columns: Columns;
}

/** What tells series and edition apart; measuring goes without, a message is poorer then. */
export const MODULE_NEEDS: Needs = { ir_module_module: ['name', 'state', 'latest_version'] };

const MODULES_SQL = `
SELECT (SELECT m.latest_version FROM ir_module_module m WHERE m.name = 'base' LIMIT 1) AS base,
       EXISTS (SELECT FROM ir_module_module m WHERE m.name = 'web_enterprise' AND m.state IN ('installed', 'to upgrade')) AS is_enterprise`;

/** Looks which of the needed tables and columns are there, and which Odoo this is. */
export async function detectShop(query: Query, needs: Needs): Promise<OdooShop> {
  const tables = Object.keys(joinNeeds(needs, TELLING, MODULE_NEEDS));
  const columns = columnsOf(await query(COLUMNS_SQL, { tables }));
  if (unreadableIn(columns, MODULE_NEEDS).length > 0) return { series: null, edition: null, columns };
  const [row] = await query(MODULES_SQL, {});
  return {
    series: seriesOf(row?.base),
    edition: row?.is_enterprise === true ? 'enterprise' : 'community',
    columns,
  };
}

/** `17.0.1.3` of the module `base` is a database of series `17.0`; enterprise's own builds begin with `saas~`. */
function seriesOf(version: unknown): string | null {
  return /^(?:saas~)?\d+\.\d+/.exec(String(version ?? ''))?.[0] ?? null;
}

/** A shop in words, such as `this Odoo 17.0 (community)`. */
export function describeShop({ series, edition }: Pick<OdooShop, 'series' | 'edition'>): string {
  if (series === null || edition === null) return 'this Odoo';
  return `this Odoo ${series} (${edition})`;
}
