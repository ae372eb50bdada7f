import { readFile } from 'node:fs/promises';
import { CUSTOMERS, PRODUCTS, priceOf, TILLS } from '../trade/orders.js';
import type { Queries } from './database.js';

const folder = new URL('../../schema/', import.meta.url);

/** Tables whose rows are numbered by a sequence, as in Odoo. */
const NUMBERED = [
  'sale_order',
  'sale_order_line',
  'payment_transaction',
  'pos_order',
  'pos_order_line',
  'pos_payment',
  'pos_session',
  'stock_picking',
  'stock_move',
  'stock_move_line',
] as const;

/** Whether the shop's tables are there already. */
export async function hasSchema(db: Queries): Promise<boolean> {
  const [row] = await db.query<{ there: boolean }>(`SELECT to_regclass('shop.running') IS NOT NULL AS there`);
  return row?.there === true;
}

/** Creates the tables without their indexes; answers the indexes, to be made once the history is in. */
export async function createTables(db: Queries): Promise<readonly string[]> {
  const odoo = await readFile(new URL('odoo-19.sql', folder), 'utf8');
  const statements = odoo
    .split(/;\n/)
    .map((text) => text.replace(/^--.*\n/gm, '').trim())
    .filter((text) => text !== '');
  const isIndex = (text: string) => text.startsWith('CREATE INDEX');
  await db.query(statements.filter((text) => !isIndex(text)).join(';\n'));
  for (const table of NUMBERED) {
    await db.query(`CREATE SEQUENCE ${table}_id_seq; ALTER TABLE ${table} ALTER COLUMN id SET DEFAULT nextval('${table}_id_seq');
      ALTER SEQUENCE ${table}_id_seq OWNED BY ${table}.id`);
  }
  await db.query(await readFile(new URL('deployments.sql', folder), 'utf8'));
  return statements.filter(isIndex);
}

/** One company, one web site, six tills, twelve products on the shelf. */
export async function createShop(db: Queries): Promise<void> {
  const now = `now() AT TIME ZONE 'UTC'`;
  await db.query(`
    INSERT INTO res_company (id, name, currency_id, anglo_saxon_accounting, point_of_sale_update_stock_quantities) VALUES (1, 'Acme Retail', 1, true, 'real');
    INSERT INTO website (id, company_id, name, domain) VALUES (1, 1, 'Acme Shop', 'https://shop.acme.example');
    INSERT INTO ir_module_module (name, state, latest_version) VALUES
      ('base', 'installed', '19.0.1.3'), ('sale', 'installed', '19.0.1.2'), ('website_sale', 'installed', '19.0.1.1'),
      ('point_of_sale', 'installed', '19.0.1.0.2'), ('stock', 'installed', '19.0.1.1'), ('payment', 'installed', '19.0.2.0');
    INSERT INTO payment_provider (id, sequence, company_id, code, state, name, is_published) VALUES
      (1, 1, 1, 'adyen', 'enabled', '{"en_US": "Adyen"}', true), (2, 2, 1, 'custom', 'enabled', '{"en_US": "Wire Transfer"}', true);
    INSERT INTO stock_location (id, company_id, name, complete_name, usage, active) VALUES
      (1, NULL, 'Vendors', 'Vendors', 'supplier', true), (2, NULL, 'Customers', 'Customers', 'customer', true), (5, 1, 'Stock', 'WH/Stock', 'internal', true);
    INSERT INTO stock_picking_type (id, warehouse_id, company_id, sequence_code, code, name, active) VALUES
      (1, 1, 1, 'IN', 'incoming', '{"en_US": "Receipts"}', true), (2, 1, 1, 'OUT', 'outgoing', '{"en_US": "Delivery Orders"}', true),
      (3, 1, 1, 'POS', 'outgoing', '{"en_US": "PoS Orders"}', true)`);
  await db.query(
    `INSERT INTO pos_config (id, picking_type_id, pricelist_id, company_id, name, active, use_pricelist, create_date, write_date)
     SELECT n, 3, 1, 1, name, true, true, ${now}, ${now} FROM unnest($1::text[]) WITH ORDINALITY AS t(name, n)`,
    [[...TILLS]],
  );
  const products = Array.from({ length: PRODUCTS }, (_, i) => i + 1);
  await db.query(
    `WITH p AS (SELECT * FROM unnest($1::int[], $2::numeric[]) AS t(id, price)), templates AS (
       INSERT INTO product_template (id, type, default_code, name, list_price, sale_ok, active, create_date, write_date, tracking, is_storable,
           available_in_pos, is_published)
       SELECT id, 'consu', 'P' || id, jsonb_build_object('en_US', 'Product ' || id), price, true, true, ${now}, ${now}, 'none', true, true, true FROM p
     ), variants AS (
       INSERT INTO product_product (id, product_tmpl_id, default_code, active, create_date, write_date) SELECT id, id, 'P' || id, true, ${now}, ${now} FROM p
     )
     INSERT INTO stock_quant (id, product_id, company_id, location_id, quantity, reserved_quantity, in_date, create_date, write_date)
     SELECT id, id, 1, 5, 5000, 0, ${now}, ${now}, ${now} FROM p`,
    [products, products.map(priceOf)],
  );
  await db.query(
    `INSERT INTO product_pricelist (id, sequence, currency_id, company_id, name, active, create_date, write_date) VALUES
       (1, 1, 1, 1, '{"en_US": "Stores"}', true, ${now}, ${now}), (2, 2, 1, 1, '{"en_US": "Web"}', true, ${now}, ${now})`,
  );
  // Customers have no table here: Odoo's res_partner holds people, and nothing that is measured reads it.
  await db.query(`COMMENT ON COLUMN sale_order.partner_id IS 'one of ${CUSTOMERS} customers'`);
}

/** Sessions older than this are closed and opened anew, as shops do at the end of a shift. */
const SHIFT_HOURS = 8;

/** Closes sessions whose shift is over and opens one for every till that has none. */
export async function openTills(db: Queries, openedAtMs: number | null): Promise<void> {
  await db.query(
    `UPDATE pos_session SET state = 'closed', stop_at = date_trunc('second', now() AT TIME ZONE 'UTC'), write_date = now() AT TIME ZONE 'UTC'
     WHERE state = 'opened' AND start_at < now() AT TIME ZONE 'UTC' - make_interval(hours => $1)`,
    [SHIFT_HOURS],
  );
  await db.query(
    `INSERT INTO pos_session (config_id, user_id, name, state, rescue, update_stock_at_closing, start_at, create_date, write_date)
     SELECT c.id, 2, c.name, 'opened', false, false, date_trunc('second', o.at), o.at, o.at
     FROM pos_config c, (SELECT coalesce(to_timestamp($1::float8 / 1000.0), now()) AT TIME ZONE 'UTC' AS at) o
     WHERE NOT EXISTS (SELECT FROM pos_session s WHERE s.config_id = c.id AND s.state = 'opened') ORDER BY c.id`,
    [openedAtMs],
  );
}

/** Lets a role that exists or not read the tables that are measured, and nothing else. */
export async function createReader(db: Queries, password: string): Promise<void> {
  const [row] = await db.query<{ literal: string; there: boolean }>(
    `SELECT quote_literal($1) AS literal, EXISTS (SELECT FROM pg_roles WHERE rolname = 'shop_reader') AS there`,
    [password],
  );
  const verb = row?.there === true ? 'ALTER' : 'CREATE';
  await db.query(`${verb} ROLE shop_reader LOGIN PASSWORD ${row?.literal ?? ''}`);
  await db.query(await readFile(new URL('reader.sql', folder), 'utf8'));
}
