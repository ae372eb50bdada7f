import { earlier, IN_SPAN, ofCompany, type Statement, tail } from '../statements.js';
import { gaugesOf, named, type OdooKpi } from './kpi.js';

const PREFIX = 'odoo.invoices';
const COLUMNS = ['n', 'posted', 'overdue_drafts'];
const needs = { account_move: ['id', 'state', 'move_type', 'create_date', 'company_id'] };

/** odoo-kpis 3.15: customer invoices made, posted, and left as drafts. A draft may wait on purpose. */
export const invoices: OdooKpi = {
  signals: named(PREFIX, COLUMNS),
  settles: 'grace',
  needsOpenShop: false,
  tails: () => ['account_move'],
  statements: () => [made],
  samples: (facts) => gaugesOf(facts, 'invoices', PREFIX, COLUMNS),
};

const made: Statement = {
  name: 'invoices',
  needs,
  text: `
WITH moves ${tail('account_move', needs, IN_SPAN)}
SELECT count(*) AS n,
       count(*) FILTER (WHERE m.state = 'posted') AS posted,
       count(*) FILTER (WHERE m.state = 'draft' AND m.create_date < ${earlier(':grace_s')}) AS overdue_drafts
FROM moves m
WHERE m.move_type IN ('out_invoice', 'out_refund', 'out_receipt') AND m.state <> 'cancel'
  AND m.create_date >= :from AND m.create_date < :to
  AND ${ofCompany('m.company_id')}`,
};
