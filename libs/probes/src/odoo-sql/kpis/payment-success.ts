import { type Dialect, joinNeeds } from '../dialect.js';
import { countOf, numberOf } from '../samples.js';
import { earlier, IN_SPAN, ofCompany, type Statement, tail } from '../statements.js';
import { type OdooKpi, rowOf } from './kpi.js';

/** odoo-kpis 3.2: of the attempts to pay, how many ended well? Shows the trouble that retries hide. */
export const paymentSuccess: OdooKpi = {
  signals: ['odoo.payment.success'],
  settles: 'grace',
  needsOpenShop: false,
  tails: () => ['payment_transaction'],
  statements: (dialect) => [paymentOutcome(dialect)],
  samples: (facts) => {
    const row = rowOf(facts, 'payment_outcome');
    if (row === null) return [];
    const success = numberOf(row, 'success');
    const of = success + numberOf(row, 'failed') + numberOf(row, 'stuck');
    return [facts.maker.of('odoo.payment.success', facts.window, countOf(success, of))];
  },
};

function paymentOutcome(dialect: Dialect): Statement {
  const columns = ['id', 'state', 'create_date', 'partner_id', dialect.txKindColumn, dialect.txProvider];
  const needs = joinNeeds({ payment_transaction: columns }, dialect.provider);
  return {
    name: 'payment_outcome',
    needs,
    text: `
WITH attempts ${tail('payment_transaction', needs, IN_SPAN)}, t AS (
  SELECT CASE
      WHEN tx.state IN ('done', 'authorized') THEN 'success'
      WHEN tx.state = 'error' THEN 'failed'
      WHEN tx.state = 'cancel' THEN 'cancelled'
      WHEN tx.state = 'pending' AND ${dialect.providerCode} = ANY (:offline_providers) THEN 'awaiting_offline'
      WHEN tx.create_date < ${earlier(':grace_s')} THEN 'stuck'
      ELSE 'in_flight' END AS o
  FROM attempts tx
  ${dialect.providerJoin}
  WHERE tx.create_date >= :from AND tx.create_date < :to AND ${dialect.txKind}
    AND ${ofCompany('pv.company_id')}
    AND NOT (coalesce(tx.partner_id, 0) = ANY (:test_partners))
)
SELECT count(*) FILTER (WHERE o = 'success') AS success,
       count(*) FILTER (WHERE o = 'failed') AS failed,
       count(*) FILTER (WHERE o = 'stuck') AS stuck,
       count(*) FILTER (WHERE o = 'cancelled') AS cancelled,
       count(*) FILTER (WHERE o = 'awaiting_offline') AS awaiting_offline,
       count(*) FILTER (WHERE o = 'in_flight') AS in_flight,
       round(count(*) FILTER (WHERE o = 'success')::numeric
             / nullif(count(*) FILTER (WHERE o IN ('success', 'failed', 'stuck')), 0), 6) AS rate
FROM t`,
  };
}
