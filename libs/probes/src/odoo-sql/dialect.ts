/** The columns that the probe's role can see, by table. */
export type Columns = ReadonlyMap<string, ReadonlySet<string>>;

/** The fragments of SQL in which Odoo's versions differ. */
export interface Dialect {
  readonly providerJoin: string;
  readonly providerCode: string;
  /** Attempts to pay for an order, without refunds and card validations. */
  readonly txKind: string;
  /** When a POS order reached the server. */
  readonly arrival: string;
}

/**
 * Chooses the fragments by the columns that exist, never by a version number: enterprise builds, upgraded databases and
 * custom modules vary.
 */
export function dialectOf(columns: Columns): Dialect {
  const has = (table: string, column: string) => columns.get(table)?.has(column) === true;
  // 16 renamed acquirers to providers.
  const provider = has('payment_transaction', 'provider_id')
    ? { providerJoin: 'JOIN payment_provider pv ON pv.id = tx.provider_id', providerCode: 'pv.code' }
    : { providerJoin: 'JOIN payment_acquirer pv ON pv.id = tx.acquirer_id', providerCode: 'pv.provider' };
  // 15 replaced `type` by `operation`.
  const txKind = has('payment_transaction', 'operation')
    ? "coalesce(tx.operation, '') NOT IN ('refund', 'validation')"
    : "tx.type <> 'validation'";
  // From 18 an order may be stored as a draft first; `uuid` on the order came with it.
  const arrival = has('pos_order', 'uuid')
    ? 'greatest(p.create_date, (SELECT max(pp.create_date) FROM pos_payment pp WHERE pp.pos_order_id = p.id))'
    : 'p.create_date';
  return { ...provider, txKind, arrival };
}

/** Tables that a measurement reads, each with the columns it names. */
export type Needs = Readonly<Record<string, readonly string[]>>;

/** What is not there (or not readable), as `table` or `table.column`. */
export function missingFrom(columns: Columns, needs: Needs): readonly string[] {
  return Object.entries(needs).flatMap(([table, names]) => {
    const found = columns.get(table);
    if (found === undefined) return [table];
    return names.filter((name) => !found.has(name)).map((name) => `${table}.${name}`);
  });
}

/** Reads the columns of the tables on the search path; a table that the role may not read does not show. */
export const COLUMNS_SQL = `
SELECT table_name AS "table", array_agg(column_name::text) AS columns
FROM information_schema.columns
WHERE table_schema = ANY (current_schemas(false)) AND table_name = ANY (:tables)
GROUP BY table_name`;
