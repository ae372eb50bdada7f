import { type Dialect, joinNeeds } from '../dialect.js';
import { countOf, numberOf } from '../samples.js';
import { ofCompany, type Statement } from '../statements.js';
import { noTails, type OdooKpi, rowOf } from './kpi.js';

/** odoo-kpis 3.1: of the shoppers who tried to pay, how many got a confirmed order? */
export const orderSuccess: OdooKpi = {
  signals: ['odoo.order.success'],
  // An order is judged once every payment begun in its window had the time to end.
  settles: 'grace',
  needsOpenShop: false,
  tails: noTails,
  statements: (dialect) => [webCheckout(dialect)],
  samples: (facts) => {
    const row = rowOf(facts, 'web_checkout');
    if (row === null) return [];
    const success = numberOf(row, 'success');
    const of = success + numberOf(row, 'failed') + numberOf(row, 'stuck');
    return [facts.maker.of('odoo.order.success', facts.window, countOf(success, of))];
  },
};

function webCheckout(dialect: Dialect): Statement {
  return {
    name: 'web_checkout',
    needs: joinNeeds(
      {
        sale_order: ['id', 'state', 'website_id', 'create_date', 'company_id', 'partner_id', 'client_order_ref'],
        sale_order_transaction_rel: ['sale_order_id', 'transaction_id'],
        payment_transaction: ['id', 'state', 'create_date', dialect.txKindColumn, dialect.txProvider],
      },
      dialect.provider,
    ),
    text: `
WITH attempt AS (
  SELECT so.id, so.state AS so_state, lt.state AS tx_state, lt.create_date AS tx_created, lt.code
  FROM sale_order so
  LEFT JOIN LATERAL (
    SELECT tx.state, tx.create_date, ${dialect.providerCode} AS code
    FROM sale_order_transaction_rel r
    JOIN payment_transaction tx ON tx.id = r.transaction_id
    ${dialect.providerJoin}
    WHERE r.sale_order_id = so.id AND ${dialect.txKind}
    ORDER BY tx.id DESC LIMIT 1
  ) lt ON true
  WHERE so.website_id IS NOT NULL
    AND so.create_date >= :from AND so.create_date < :to
    AND ${ofCompany('so.company_id')}
    AND NOT (so.partner_id = ANY (:test_partners))
    AND coalesce(so.client_order_ref, '') NOT LIKE :test_ref
), outcome AS (
  SELECT CASE
      WHEN so_state IN ('sale', 'done') THEN 'success'
      WHEN tx_state IS NULL THEN 'no_attempt'
      WHEN so_state = 'cancel' THEN 'cancelled'
      WHEN tx_state IN ('error', 'cancel') THEN 'failed'
      WHEN tx_state = 'pending' AND code = ANY (:offline_providers) THEN 'awaiting_offline'
      WHEN tx_created < CAST(:as_of AS timestamp) - make_interval(secs => :grace_s) THEN 'stuck'
      ELSE 'in_flight' END AS o
  FROM attempt
)
SELECT count(*) FILTER (WHERE o = 'success') AS success,
       count(*) FILTER (WHERE o = 'failed') AS failed,
       count(*) FILTER (WHERE o = 'stuck') AS stuck,
       count(*) FILTER (WHERE o = 'cancelled') AS cancelled,
       count(*) FILTER (WHERE o = 'no_attempt') AS no_attempt,
       count(*) FILTER (WHERE o = 'awaiting_offline') AS awaiting_offline,
       count(*) FILTER (WHERE o = 'in_flight') AS in_flight,
       round(count(*) FILTER (WHERE o = 'success')::numeric
             / nullif(count(*) FILTER (WHERE o IN ('success', 'failed', 'stuck')), 0), 6) AS rate
FROM outcome`,
  };
}
