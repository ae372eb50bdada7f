import { ofCompany, type Statement } from '../statements.js';
import { gaugesOf, named, noTails, type OdooKpi } from './kpi.js';

const PREFIX = 'odoo.stock_sanity';
const COLUMNS = ['negative_quants', 'negative_qty', 'over_reserved'];

/** odoo-kpis 3.10: stock below zero and reserved beyond what is there; only their increase tells something. */
export const stockSanity: OdooKpi = {
  signals: named(PREFIX, COLUMNS),
  settles: 'delay',
  needsOpenShop: false,
  tails: noTails,
  statements: () => [sanity],
  samples: (facts) => gaugesOf(facts, 'stock_sanity', PREFIX, COLUMNS),
};

// Customer, supplier and loss locations are negative by design. Quantities are double precision up to 14.
const sanity: Statement = {
  name: 'stock_sanity',
  needs: {
    stock_quant: ['location_id', 'company_id', 'quantity', 'reserved_quantity'],
    stock_location: ['id', 'usage'],
  },
  isPresent: true,
  text: `
WITH internal AS MATERIALIZED (SELECT l.id FROM stock_location l WHERE l.usage = 'internal' LIMIT :open_cap),
     quants AS MATERIALIZED (
  SELECT q.company_id, q.quantity, q.reserved_quantity
  FROM internal l
  CROSS JOIN LATERAL (
    SELECT company_id, quantity, reserved_quantity FROM stock_quant WHERE location_id = l.id LIMIT :open_cap) q
  LIMIT :open_cap
)
SELECT count(*) FILTER (WHERE q.quantity < 0) AS negative_quants,
       coalesce(round(sum(q.quantity) FILTER (WHERE q.quantity < 0)::numeric, 2), 0) AS negative_qty,
       count(*) FILTER (WHERE q.reserved_quantity > q.quantity AND q.quantity >= 0) AS over_reserved,
       (SELECT count(*) FROM quants) >= :open_cap AS cut
FROM quants q
WHERE ${ofCompany('q.company_id')}`,
};
