import { earlier, IN_SPAN, inStates, isCut, ofCompany, type Statement, tail } from '../statements.js';
import { gaugesOf, named, type OdooKpi } from './kpi.js';

const PREFIX = 'odoo.pos_broken';
const PRESENT = ['paid_drafts', 'failed_pickings'];

/** odoo-kpis 3.6: orders that arrived broken, and sales whose stock did not move. */
export const posBroken: OdooKpi = {
  signals: named(PREFIX, [...PRESENT, 'payment_mismatch']),
  settles: 'delay',
  needsOpenShop: false,
  tails: () => ['pos_order'],
  statements: () => [brokenOrders, paymentMismatch],
  samples: (facts) => [
    ...gaugesOf(facts, 'pos_broken', PREFIX, PRESENT),
    ...gaugesOf(facts, 'payment_mismatch', PREFIX, ['payment_mismatch']),
  ],
};

/** Orders stored as paid whose payments do not add up. */
export const paymentMismatch = ((): Statement => {
  const needs = { pos_order: ['id', 'state', 'amount_paid', 'amount_total', 'create_date', 'company_id'] };
  return {
    name: 'payment_mismatch',
    needs,
    text: `
WITH orders ${tail('pos_order', needs, IN_SPAN)}
SELECT count(*) AS payment_mismatch
FROM orders p
WHERE p.state IN ('paid', 'done', 'invoiced') AND abs(p.amount_paid - p.amount_total) > :mismatch_eps
  AND p.create_date >= :from AND p.create_date < :to
  AND ${ofCompany('p.company_id')}`,
  };
})();

// Up to 17 an order whose payments do not add up is stored as a draft although its stock moves. A picking can have a
// `date_done` and yet not be done: its state alone counts.
const brokenOrders = ((): Statement => {
  const needs = {
    pos_order: ['id', 'state', 'amount_paid', 'create_date', 'company_id'],
    stock_picking: ['id', 'state', 'create_date', 'pos_session_id', 'company_id'],
  };
  return {
    name: 'pos_broken',
    needs,
    isPresent: true,
    text: `
WITH orders ${tail('pos_order', needs, "WHERE state = 'draft'")},
     open_pickings ${inStates('stock_picking', needs, ['waiting', 'confirmed', 'assigned'])}
SELECT
  (SELECT count(*) FROM orders p
    WHERE p.amount_paid <> 0 AND p.create_date < ${earlier(':grace_s')} AND ${ofCompany('p.company_id')}) AS paid_drafts,
  (SELECT count(*) FROM open_pickings k
    WHERE k.pos_session_id IS NOT NULL AND k.create_date < ${earlier(':grace_s')}
      AND ${ofCompany('k.company_id')}) AS failed_pickings,
  ${isCut('open_pickings')}`,
  };
})();
