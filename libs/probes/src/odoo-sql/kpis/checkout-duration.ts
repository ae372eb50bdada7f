import { percentileOf } from '../samples.js';
import { ofCompany, percentile, type Statement } from '../statements.js';
import { gaugesOf, named, noTails, type OdooKpi } from './kpi.js';

const PREFIX = 'odoo.checkout_duration';
const PERCENTILES = ['p50_s', 'p95_s'];

/** odoo-kpis 3.14: from the first attempt to pay to the confirmed order. */
export const checkoutDuration: OdooKpi = {
  signals: named(PREFIX, ['n', ...PERCENTILES]),
  settles: 'delay',
  needsOpenShop: false,
  tails: noTails,
  statements: () => [duration],
  samples: (facts) => [
    ...gaugesOf(facts, 'checkout_duration', PREFIX, ['n']),
    ...gaugesOf(facts, 'checkout_duration', PREFIX, PERCENTILES, (row, column) =>
      percentileOf(row, column, facts.settings.samplesMin),
    ),
  ],
};

const duration: Statement = {
  name: 'checkout_duration',
  needs: {
    sale_order: ['id', 'state', 'website_id', 'date_order', 'company_id', 'partner_id', 'client_order_ref'],
    sale_order_transaction_rel: ['sale_order_id', 'transaction_id'],
    payment_transaction: ['id', 'create_date'],
  },
  text: `
SELECT count(*) AS n, ${percentile(0.5, 's')} AS p50_s, ${percentile(0.95, 's')} AS p95_s
FROM (
  SELECT greatest(extract(epoch FROM so.date_order - min(tx.create_date)), 0) AS s
  FROM sale_order so
  JOIN sale_order_transaction_rel r ON r.sale_order_id = so.id
  JOIN payment_transaction tx ON tx.id = r.transaction_id
  WHERE so.website_id IS NOT NULL AND so.state IN ('sale', 'done')
    AND so.date_order >= :from AND so.date_order < :to
    AND ${ofCompany('so.company_id')}
    AND NOT (so.partner_id = ANY (:test_partners))
    AND coalesce(so.client_order_ref, '') NOT LIKE :test_ref
  GROUP BY so.id, so.date_order
) d`,
};
