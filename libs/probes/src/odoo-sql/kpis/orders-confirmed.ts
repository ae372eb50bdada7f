import { countOf, numberOf } from '../samples.js';
import { ofCompany, type Statement } from '../statements.js';
import { noTails, type OdooKpi, rowOf } from './kpi.js';

/** odoo-kpis 3.4: orders confirmed in a time, by the web site and by people. */
export const ordersConfirmed: OdooKpi = {
  signals: ['odoo.order.confirmed'],
  settles: 'delay',
  needsOpenShop: false,
  tails: noTails,
  statements: () => [confirmed],
  samples: (facts) => {
    const row = rowOf(facts, 'orders_confirmed');
    if (row === null) return [];
    const { fromMs, toMs } = facts.window;
    const orders = numberOf(row, 'web') + numberOf(row, 'backend');
    return [facts.maker.of('odoo.order.confirmed', facts.window, countOf(orders, (toMs - fromMs) / 1000))];
  },
};

// `date_order` of a confirmed order is when it was confirmed: Odoo overwrites it then.
const confirmed: Statement = {
  name: 'orders_confirmed',
  needs: {
    sale_order: ['state', 'website_id', 'date_order', 'amount_total', 'company_id', 'partner_id', 'client_order_ref'],
  },
  text: `
SELECT count(*) FILTER (WHERE so.website_id IS NOT NULL) AS web,
       count(*) FILTER (WHERE so.website_id IS NULL) AS backend,
       coalesce(round(sum(so.amount_total)::numeric, 2), 0) AS amount
FROM sale_order so
WHERE so.state IN ('sale', 'done') AND so.date_order >= :from AND so.date_order < :to
  AND ${ofCompany('so.company_id')}
  AND NOT (so.partner_id = ANY (:test_partners))
  AND coalesce(so.client_order_ref, '') NOT LIKE :test_ref`,
};
