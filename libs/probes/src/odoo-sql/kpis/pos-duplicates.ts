import { IN_SPAN, ofCompany, type Statement, tail } from '../statements.js';
import { gaugesOf, named, type OdooKpi } from './kpi.js';

const PREFIX = 'odoo.pos_duplicates';
const COLUMNS = ['groups', 'extra'];
const needs = {
  pos_order: ['id', 'session_id', 'state', 'date_order', 'amount_total', 'partner_id', 'create_date', 'company_id'],
};

/** odoo-kpis 3.8: orders that look sent twice; a hint, since two real orders can share a second and an amount. */
export const posDuplicates: OdooKpi = {
  signals: named(PREFIX, COLUMNS),
  settles: 'delay',
  needsOpenShop: false,
  tails: () => ['pos_order'],
  statements: () => [duplicates],
  samples: (facts) => gaugesOf(facts, 'pos_duplicates', PREFIX, COLUMNS),
};

const duplicates: Statement = {
  name: 'pos_duplicates',
  needs,
  text: `
WITH orders ${tail('pos_order', needs, IN_SPAN)}
SELECT count(*) AS groups, coalesce(sum(k - 1), 0) AS extra
FROM (
  SELECT count(*) AS k
  FROM orders p
  WHERE p.create_date >= :from AND p.create_date < :to AND p.state <> 'cancel'
    AND ${ofCompany('p.company_id')}
  GROUP BY p.session_id, p.date_order, p.amount_total, p.partner_id
  HAVING count(*) > 1
) d`,
};
