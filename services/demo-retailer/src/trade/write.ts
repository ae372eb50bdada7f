import type { Queries } from '../shop/database.js';
import type { PosOrder, WebOrder } from './orders.js';

/** When the rows of a batch were created, milliseconds per order; null: now, by the database's own clock. */
export type CreatedAt = readonly number[] | null;

const CREATED = `coalesce(to_timestamp(at_ms / 1000.0), now()) AT TIME ZONE 'UTC'`;
/** A picking whose time has come is born done (history); the others wait for the warehouse. */
const PICKING_STATE = `CASE WHEN planned <= now() AT TIME ZONE 'UTC' THEN 'done' ELSE 'assigned' END`;
const PICKING_DONE = `CASE WHEN planned <= now() AT TIME ZONE 'UTC' THEN date_trunc('second', planned) END`;

const STOCK_MOVES = `
moves AS (
  INSERT INTO stock_move (company_id, product_id, product_uom, location_id, location_dest_id, picking_id, picking_type_id, state,
      origin, procure_method, product_qty, product_uom_qty, quantity, picked, is_out, date, create_date, write_date, sale_line_id)
  SELECT 1, product, 1, 5, 2, picking, picking_type, ${PICKING_STATE}, origin, 'make_to_stock', quantity, quantity, quantity,
      true, true, planned, created, created, sale_line
  FROM goods RETURNING id, picking_id, product_id, quantity, state, date, create_date
), move_lines AS (
  INSERT INTO stock_move_line (picking_id, move_id, company_id, product_id, product_uom_id, location_id, location_dest_id, state,
      quantity, quantity_product_uom, picked, date, create_date, write_date)
  SELECT picking_id, id, 1, product_id, 1, 5, 2, state, quantity, quantity, true, date, create_date, create_date FROM moves
)`;

const WRITE_WEB = `
WITH drawn AS MATERIALIZED (
  SELECT nextval('sale_order_id_seq')::int AS id, ${CREATED} AS created, u.*
  FROM (SELECT * FROM unnest($1::float8[], $2::text[], $3::int[], $4::int[], $5::int[], $6::numeric[], $7::float8[])
        WITH ORDINALITY AS t(at_ms, outcome, customer, product, quantity, amount, stock_delay_s, n) ORDER BY n) u
), orders AS (
  INSERT INTO sale_order (id, company_id, partner_id, partner_invoice_id, partner_shipping_id, pricelist_id, currency_id, team_id, name, state,
      invoice_status, amount_untaxed, amount_tax, amount_total, locked, create_date, date_order, write_date, warehouse_id, picking_policy, website_id)
  SELECT id, 1, customer, customer, customer, 2, 1, 1, 'S' || lpad(id::text, 7, '0'),
      CASE outcome WHEN 'success' THEN 'sale' ELSE 'draft' END, CASE outcome WHEN 'success' THEN 'to invoice' ELSE 'no' END,
      amount, 0, amount, false, created, date_trunc('second', created), created, 1, 'direct', 1
  FROM drawn
), lines AS (
  INSERT INTO sale_order_line (order_id, sequence, company_id, currency_id, order_partner_id, product_id, product_uom_id, state, qty_delivered_method,
      name, product_uom_qty, price_unit, discount, price_subtotal, price_total, create_date, write_date, warehouse_id)
  SELECT id, 10, 1, 1, customer, product, 1, CASE outcome WHEN 'success' THEN 'sale' ELSE 'draft' END, 'stock_move',
      'Product ' || product, quantity, amount / quantity, 0, amount, amount, created, created, 1
  FROM drawn RETURNING id, order_id
), payments AS (
  INSERT INTO payment_transaction (provider_id, company_id, payment_method_id, currency_id, partner_id, reference, state, operation, state_message,
      amount, is_live, is_post_processed, last_state_change, create_date, write_date)
  SELECT 1, 1, 1, 1, customer, 'S' || lpad(id::text, 7, '0') || '-1',
      CASE outcome WHEN 'success' THEN 'done' WHEN 'failed' THEN 'error' ELSE 'pending' END, 'online_direct',
      CASE outcome WHEN 'failed' THEN 'The payment was refused by the provider.' END,
      amount, true, outcome = 'success', date_trunc('second', created), created, created
  FROM drawn WHERE outcome <> 'abandoned' RETURNING id, reference
), paid AS (
  INSERT INTO sale_order_transaction_rel (transaction_id, sale_order_id)
  SELECT p.id, d.id FROM payments p JOIN drawn d ON p.reference = 'S' || lpad(d.id::text, 7, '0') || '-1'
), pickings AS (
  INSERT INTO stock_picking (location_id, location_dest_id, picking_type_id, partner_id, company_id, name, origin, move_type, state, priority,
      scheduled_date, date_done, create_date, write_date, sale_id, website_id)
  SELECT 5, 2, 2, customer, 1, 'WH/OUT/' || id, 'S' || lpad(id::text, 7, '0'), 'direct', ${PICKING_STATE}, '0', planned, ${PICKING_DONE},
      created, created, id, 1
  FROM (SELECT *, created + make_interval(secs => stock_delay_s) AS planned FROM drawn WHERE outcome = 'success') sold
  RETURNING id, sale_id, scheduled_date
), goods AS (
  SELECT d.product, d.quantity, k.id AS picking, 2 AS picking_type, 'S' || lpad(d.id::text, 7, '0') AS origin, k.scheduled_date AS planned, d.created,
      l.id AS sale_line
  FROM drawn d JOIN pickings k ON k.sale_id = d.id JOIN lines l ON l.order_id = d.id
), ${STOCK_MOVES}
SELECT count(*)::int AS written FROM drawn`;

/** Writes web orders with their lines, payments, pickings and moves: one statement, whatever their number. */
export async function writeWebOrders(db: Queries, orders: readonly WebOrder[], createdAt: CreatedAt): Promise<void> {
  if (orders.length === 0) return;
  await db.query(WRITE_WEB, [
    createdAt ?? orders.map(() => null),
    orders.map((order) => order.outcome),
    orders.map((order) => order.customer),
    orders.map((order) => order.product),
    orders.map((order) => order.quantity),
    orders.map((order) => order.amount),
    orders.map((order) => order.stockDelayMs / 1000),
  ]);
}

/** A refused order takes its id and leaves no row: exactly the hole that a rolled-back insert leaves in Odoo. */
const WRITE_POS = `
WITH drawn AS MATERIALIZED (
  SELECT nextval('pos_order_id_seq')::int AS id, ${CREATED} AS created, u.*
  FROM (SELECT * FROM unnest($1::float8[], $2::text[], $3::int[], $4::int[], $5::int[], $6::numeric[], $7::float8[], $8::float8[])
        WITH ORDINALITY AS t(at_ms, outcome, till, product, quantity, amount, sync_delay_s, stock_delay_s, n) ORDER BY n) u
), kept AS MATERIALIZED (
  SELECT d.*, s.id AS session, date_trunc('second', d.created - make_interval(secs => d.sync_delay_s)) AS paid_at,
      CASE d.outcome WHEN 'mismatch' THEN d.amount - 1.5 ELSE d.amount END AS paid,
      'T' || d.till || '-' || lpad(d.id::text, 7, '0') AS ticket
  FROM drawn d JOIN pos_session s ON s.config_id = d.till AND s.state = 'opened' AND s.rescue IS NOT TRUE
  WHERE d.outcome <> 'refused'
), orders AS (
  INSERT INTO pos_order (id, company_id, pricelist_id, session_id, config_id, name, state, pos_reference, uuid, source, amount_difference, amount_tax,
      amount_total, amount_paid, amount_return, currency_rate, is_refund, date_order, create_date, write_date)
  SELECT id, 1, 1, session, till, ticket, 'paid', ticket, gen_random_uuid()::text, 'pos', amount - paid, 0, amount, paid, 0, 1, false,
      paid_at, created, created
  FROM kept
), lines AS (
  INSERT INTO pos_order_line (company_id, product_id, order_id, name, full_product_name, uuid, price_unit, qty, price_subtotal, price_subtotal_incl,
      discount, create_date, write_date)
  SELECT 1, product, id, 'line 1', 'Product ' || product, gen_random_uuid()::text, amount / quantity, quantity, amount, amount, 0, created, created
  FROM kept
), payments AS (
  INSERT INTO pos_payment (pos_order_id, payment_method_id, session_id, company_id, name, uuid, amount, is_change, payment_date, create_date, write_date)
  SELECT id, 1, session, 1, ticket, gen_random_uuid()::text, paid, false, paid_at, created, created FROM kept
), pickings AS (
  INSERT INTO stock_picking (location_id, location_dest_id, picking_type_id, company_id, name, origin, move_type, state, priority,
      scheduled_date, date_done, create_date, write_date, pos_session_id, pos_order_id)
  SELECT 5, 2, 3, 1, 'WH/POS/' || id, ticket, 'direct', ${PICKING_STATE}, '0', planned, ${PICKING_DONE}, created, created, session, id
  FROM (SELECT *, created + make_interval(secs => stock_delay_s) AS planned FROM kept) sold
  RETURNING id, pos_order_id, scheduled_date
), goods AS (
  SELECT d.product, d.quantity, k.id AS picking, 3 AS picking_type, d.ticket AS origin, k.scheduled_date AS planned, d.created, NULL::int AS sale_line
  FROM kept d JOIN pickings k ON k.pos_order_id = d.id
), ${STOCK_MOVES}
SELECT count(*)::int AS written FROM kept`;

/** Writes till orders with their lines, payments, pickings and moves. */
export async function writePosOrders(db: Queries, orders: readonly PosOrder[], createdAt: CreatedAt): Promise<void> {
  if (orders.length === 0) return;
  await db.query(WRITE_POS, [
    createdAt ?? orders.map(() => null),
    orders.map((order) => order.outcome),
    orders.map((order) => order.till),
    orders.map((order) => order.product),
    orders.map((order) => order.quantity),
    orders.map((order) => order.amount),
    orders.map((order) => order.syncDelayMs / 1000),
    orders.map((order) => order.stockDelayMs / 1000),
  ]);
}

/** Finishes the pickings whose time has come and takes their goods out of stock; a low shelf is filled up. */
const FINISH_PICKINGS = `
WITH due AS (
  UPDATE stock_picking SET state = 'done', date_done = date_trunc('second', CASE WHEN $1 THEN scheduled_date ELSE now() AT TIME ZONE 'UTC' END), write_date = now() AT TIME ZONE 'UTC'
  WHERE state = 'assigned' AND scheduled_date <= now() AT TIME ZONE 'UTC'
  RETURNING id, extract(epoch FROM now() AT TIME ZONE 'UTC' - create_date)::float8 AS delay_s
), moved AS (
  UPDATE stock_move m SET state = 'done', write_date = now() AT TIME ZONE 'UTC' FROM due WHERE m.picking_id = due.id
  RETURNING m.product_id, m.quantity
), lines AS (
  UPDATE stock_move_line l SET state = 'done', write_date = now() AT TIME ZONE 'UTC' FROM due WHERE l.picking_id = due.id
), sold AS (SELECT product_id, sum(quantity) AS quantity FROM moved GROUP BY product_id),
shelves AS (
  UPDATE stock_quant q SET write_date = now() AT TIME ZONE 'UTC',
      quantity = q.quantity - sold.quantity + CASE WHEN q.quantity - sold.quantity < 500 THEN 5000 ELSE 0 END
  FROM sold WHERE q.product_id = sold.product_id AND q.location_id = 5
)
SELECT delay_s FROM due`;

/**
 * Lets the warehouse do what is due; answers how long each picking took.
 * @param doneAt `planned` while the past is written: nobody was late, the rows only come now
 */
export async function finishPickings(db: Queries, doneAt: 'now' | 'planned'): Promise<readonly number[]> {
  const rows = await db.query<{ delay_s: number }>(FINISH_PICKINGS, [doneAt === 'planned']);
  return rows.map((row) => row.delay_s);
}
