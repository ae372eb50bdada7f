import { type Dialect, joinNeeds } from '../dialect.js';
import { earlier, ofCompany, secondsSince, type Statement, tail } from '../statements.js';
import { gaugesOf, named, noTails, type OdooKpi } from './kpi.js';

const PREFIX = 'odoo.paid_not_confirmed';
const COLUMNS = ['orders', 'oldest_s'];

/** odoo-kpis 3.3: money taken and the order still a quotation. */
export const paidNotConfirmed: OdooKpi = {
  signals: named(PREFIX, COLUMNS),
  settles: 'delay',
  needsOpenShop: false,
  tails: noTails,
  statements: (dialect) => [paidQuotations(dialect)],
  samples: (facts) => gaugesOf(facts, 'paid_not_confirmed', PREFIX, COLUMNS),
};

function paidQuotations(dialect: Dialect): Statement {
  const needs = joinNeeds({
    payment_transaction: ['id', 'state', 'create_date', dialect.txWhen, dialect.txKindColumn],
    sale_order_transaction_rel: ['sale_order_id', 'transaction_id'],
    sale_order: ['id', 'state', 'company_id', 'partner_id'],
  });
  return {
    name: 'paid_not_confirmed',
    needs,
    isPresent: true,
    text: `
WITH attempts ${tail('payment_transaction', needs, "WHERE state IN ('done', 'authorized')")}
SELECT count(DISTINCT so.id) AS orders,
       coalesce(${secondsSince(`min(tx.${dialect.txWhen})`)}, 0) AS oldest_s
FROM attempts tx
JOIN sale_order_transaction_rel r ON r.transaction_id = tx.id
JOIN sale_order so ON so.id = r.sale_order_id
WHERE ${dialect.txKind}
  AND so.state IN ('draft', 'sent')
  AND tx.create_date >= CAST(:as_of AS timestamp) - interval '7 days'
  AND tx.${dialect.txWhen} < ${earlier(':paid_grace_s')}
  AND ${ofCompany('so.company_id')}
  AND NOT (so.partner_id = ANY (:test_partners))`,
  };
}
