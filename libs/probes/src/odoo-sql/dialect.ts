/** The columns that a table has, and those that the probe's role may read. */
export interface TableColumns {
  readonly found: ReadonlySet<string>;
  readonly readable: ReadonlySet<string>;
}

/** What of Odoo's tables is there, by table. */
export type Columns = ReadonlyMap<string, TableColumns>;

/** Tables that a statement reads, each with the columns it names. */
export type Needs = Readonly<Record<string, readonly string[]>>;

/** The fragments of SQL in which Odoo's versions differ, and what they need beyond the statement around them. */
export interface Dialect {
  /** Joins the provider `pv` of a transaction `tx`. */
  readonly providerJoin: string;
  readonly providerCode: string;
  readonly provider: Needs;
  /** The column by which a transaction names its provider. */
  readonly txProvider: string;
  /** Attempts to pay for an order, without refunds and card validations. */
  readonly txKind: string;
  /** The column of `txKind`. */
  readonly txKindColumn: string;
  /** The column that says when a transaction last changed its state. */
  readonly txWhen: string;
  /** When a POS order `p` reached the server. */
  readonly arrival: string;
  readonly arrivalNeeds: Needs;
  /** Whether a scheduled job `c` runs at all. */
  readonly cronCanRun: string;
  readonly cronColumns: readonly string[];
  /** Whether a rule `i` of a price list counts; begins with AND, or is empty. */
  readonly itemActive: string;
  readonly itemColumns: readonly string[];
  /** Leaves out moves `m` whose reservation is planned for later; begins with AND, or is empty. */
  readonly reservesAtOnce: string;
  readonly reservationNeeds: Needs;
}

/** What tells one version from the next, as far as statements differ. */
interface Features {
  /** 16 renamed acquirers to providers. */
  readonly hasProviders: boolean;
  /** 15 replaced `type` by `operation`. */
  readonly hasOperation: boolean;
  /** 15 renamed `date` of a transaction. */
  readonly hasLastStateChange: boolean;
  /** From 18 an order may be stored as a draft first; `uuid` on the order came with it. */
  readonly storesDrafts: boolean;
  /** Up to 17 a job could have a number of runs left. */
  readonly hasNumberCall: boolean;
  /** Up to 16 a rule of a price list could be switched off. */
  readonly hasInactiveItems: boolean;
  /** From 15 an operation type may reserve by hand or by date. */
  readonly hasReservationMethod: boolean;
}

/** The tables and columns whose presence chooses the fragments. */
export const TELLING: Needs = {
  payment_transaction: ['provider_id', 'operation', 'last_state_change'],
  pos_order: ['uuid'],
  ir_cron: ['numbercall'],
  product_pricelist_item: ['active'],
  stock_picking_type: ['reservation_method'],
};

/**
 * Chooses the fragments by the columns that exist, never by a version number: enterprise builds, upgraded databases and
 * custom modules vary.
 */
export function dialectOf(columns: Columns): Dialect {
  const has = (table: string, column: string) => columns.get(table)?.found.has(column) === true;
  return dialectFor({
    hasProviders: has('payment_transaction', 'provider_id'),
    hasOperation: has('payment_transaction', 'operation'),
    hasLastStateChange: has('payment_transaction', 'last_state_change'),
    storesDrafts: has('pos_order', 'uuid'),
    hasNumberCall: has('ir_cron', 'numbercall'),
    hasInactiveItems: has('product_pricelist_item', 'active'),
    hasReservationMethod: has('stock_picking_type', 'reservation_method'),
  });
}

/** The versions of Odoo that the statements are written for. */
export const VERSIONS = [14, 15, 16, 17, 18, 19] as const;
export type OdooVersion = (typeof VERSIONS)[number];

/** Whether a number is a version that the statements are written for. */
export function isOdooVersion(number: number): number is OdooVersion {
  return VERSIONS.some((version) => version === number);
}

/** The fragments of a version as it leaves the house: what grants are written for before anybody looked. */
export function dialectOfVersion(version: OdooVersion): Dialect {
  return dialectFor({
    hasProviders: version >= 16,
    hasOperation: version >= 15,
    hasLastStateChange: version >= 15,
    storesDrafts: version >= 18,
    hasNumberCall: version <= 17,
    hasInactiveItems: version <= 16,
    hasReservationMethod: version >= 15,
  });
}

function dialectFor(features: Features): Dialect {
  return {
    ...(features.hasProviders
      ? {
          providerJoin: 'JOIN payment_provider pv ON pv.id = tx.provider_id',
          providerCode: 'pv.code',
          provider: { payment_provider: ['id', 'code', 'company_id'] },
          txProvider: 'provider_id',
        }
      : {
          providerJoin: 'JOIN payment_acquirer pv ON pv.id = tx.acquirer_id',
          providerCode: 'pv.provider',
          provider: { payment_acquirer: ['id', 'provider', 'company_id'] },
          txProvider: 'acquirer_id',
        }),
    ...(features.hasOperation
      ? { txKind: "coalesce(tx.operation, '') NOT IN ('refund', 'validation')", txKindColumn: 'operation' }
      : { txKind: "tx.type <> 'validation'", txKindColumn: 'type' }),
    txWhen: features.hasLastStateChange ? 'last_state_change' : 'date',
    ...(features.storesDrafts
      ? {
          arrival:
            'greatest(p.create_date, (SELECT max(pp.create_date) FROM pos_payment pp WHERE pp.pos_order_id = p.id))',
          arrivalNeeds: { pos_payment: ['pos_order_id', 'create_date'] },
        }
      : { arrival: 'p.create_date', arrivalNeeds: {} }),
    ...(features.hasNumberCall
      ? { cronCanRun: 'c.active AND c.numbercall <> 0', cronColumns: ['active', 'numbercall'] }
      : { cronCanRun: 'c.active', cronColumns: ['active'] }),
    ...(features.hasInactiveItems
      ? { itemActive: 'AND i.active', itemColumns: ['active'] }
      : { itemActive: '', itemColumns: [] }),
    ...(features.hasReservationMethod
      ? {
          reservesAtOnce: `AND NOT EXISTS (SELECT FROM stock_picking_type pt
            WHERE pt.id = m.picking_type_id AND pt.reservation_method IN ('manual', 'by_date'))`,
          reservationNeeds: { stock_move: ['picking_type_id'], stock_picking_type: ['id', 'reservation_method'] },
        }
      : { reservesAtOnce: '', reservationNeeds: {} }),
  };
}

/** Joins what several statements or fragments need, each column once. */
export function joinNeeds(...all: readonly Needs[]): Needs {
  const joined = new Map<string, Set<string>>();
  for (const [table, columns] of all.flatMap((needs) => Object.entries(needs))) {
    const known = joined.get(table) ?? new Set();
    for (const column of columns) known.add(column);
    joined.set(table, known);
  }
  return Object.fromEntries([...joined].map(([table, columns]) => [table, [...columns]]));
}

/** What is not there, as `table` or `table.column`. */
export function missingFrom(columns: Columns, needs: Needs): readonly string[] {
  return lacking(columns, needs, 'found');
}

/** What is there and may not be read, as `table` or `table.column`. */
export function unreadableIn(columns: Columns, needs: Needs): readonly string[] {
  return lacking(columns, needs, 'readable');
}

function lacking(columns: Columns, needs: Needs, kind: keyof TableColumns): readonly string[] {
  return Object.entries(needs).flatMap(([table, names]) => {
    const known = columns.get(table)?.[kind] ?? new Set();
    const lacks = names.filter((name) => !known.has(name));
    // A table without a single one of them is named once, not column by column.
    return lacks.length === names.length ? [table] : lacks.map((name) => `${table}.${name}`);
  });
}

/**
 * Reads what columns the tables on the search path have, and which of them the role may read. The catalog shows both to
 * everybody, so that a forgotten grant is told from a column that a version does not have.
 */
export const COLUMNS_SQL = `
SELECT wanted.name AS "table",
       array_agg(a.attname::text) AS found,
       coalesce(array_agg(a.attname::text) FILTER (WHERE has_column_privilege(a.attrelid, a.attnum, 'SELECT')), '{}') AS readable
FROM unnest(CAST(:tables AS text[])) AS wanted(name)
JOIN pg_catalog.pg_attribute a ON a.attrelid = to_regclass(quote_ident(wanted.name))
WHERE a.attnum > 0 AND NOT a.attisdropped
GROUP BY wanted.name`;

/** The answer to COLUMNS_SQL. */
export function columnsOf(rows: readonly Readonly<Record<string, unknown>>[]): Columns {
  return new Map(
    rows.map((row) => [
      String(row.table),
      { found: new Set(row.found as string[]), readable: new Set(row.readable as string[]) },
    ]),
  );
}
