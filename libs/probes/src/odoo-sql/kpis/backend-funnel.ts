import { ofCompany, type Statement } from '../statements.js';
import { gaugesOf, named, noTails, type OdooKpi } from './kpi.js';

const PREFIX = 'odoo.backend_funnel';
const COLUMNS = ['created', 'confirmed', 'sent', 'cancelled', 'confirmed_of_submitted'];

/** odoo-kpis 3.4: how far the orders got that people made. */
export const backendFunnel: OdooKpi = {
  signals: named(PREFIX, COLUMNS),
  settles: 'delay',
  needsOpenShop: false,
  tails: noTails,
  statements: () => [funnel],
  samples: (facts) => gaugesOf(facts, 'backend_funnel', PREFIX, COLUMNS),
};

const funnel: Statement = {
  name: 'backend_funnel',
  needs: { sale_order: ['state', 'website_id', 'create_date', 'company_id', 'partner_id', 'client_order_ref'] },
  text: `
SELECT count(*) AS created,
       count(*) FILTER (WHERE so.state IN ('sale', 'done')) AS confirmed,
       count(*) FILTER (WHERE so.state = 'sent') AS sent,
       count(*) FILTER (WHERE so.state = 'cancel') AS cancelled,
       round(count(*) FILTER (WHERE so.state IN ('sale', 'done'))::numeric
             / nullif(count(*) FILTER (WHERE so.state <> 'draft'), 0), 6) AS confirmed_of_submitted
FROM sale_order so
WHERE so.website_id IS NULL AND so.create_date >= :from AND so.create_date < :to
  AND ${ofCompany('so.company_id')}
  AND NOT (so.partner_id = ANY (:test_partners))
  AND coalesce(so.client_order_ref, '') NOT LIKE :test_ref`,
};
