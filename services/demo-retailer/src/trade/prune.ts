import type { Queries } from '../shop/database.js';

const OLD = `now() AT TIME ZONE 'UTC' - make_interval(mins => $1)`;

/** Parents before their children would leave orphans behind a crash: children go first, oldest ids first. */
const STATEMENTS = [
  `WITH old AS (SELECT id FROM stock_picking WHERE id <= (SELECT coalesce(max(id), 0) FROM stock_picking WHERE scheduled_date < ${OLD} AND state = 'done')),
   lines AS (DELETE FROM stock_move_line USING old WHERE picking_id = old.id), moves AS (DELETE FROM stock_move USING old WHERE picking_id = old.id)
   DELETE FROM stock_picking USING old WHERE stock_picking.id = old.id`,
  `WITH old AS (SELECT id FROM sale_order WHERE create_date < ${OLD}),
   rel AS (DELETE FROM sale_order_transaction_rel r USING old WHERE r.sale_order_id = old.id RETURNING r.transaction_id),
   tx AS (DELETE FROM payment_transaction t USING rel WHERE t.id = rel.transaction_id),
   lines AS (DELETE FROM sale_order_line l USING old WHERE l.order_id = old.id)
   DELETE FROM sale_order USING old WHERE sale_order.id = old.id`,
  `WITH old AS (SELECT id FROM pos_order WHERE date_order < ${OLD}),
   payments AS (DELETE FROM pos_payment p USING old WHERE p.pos_order_id = old.id),
   lines AS (DELETE FROM pos_order_line l USING old WHERE l.order_id = old.id)
   DELETE FROM pos_order USING old WHERE pos_order.id = old.id`,
] as const;

/** Removes what is older than the shop keeps, so that its tables do not grow for ever. */
export async function prune(db: Queries, keepMinutes: number): Promise<void> {
  for (const statement of STATEMENTS) await db.query(statement, [keepMinutes]);
}
