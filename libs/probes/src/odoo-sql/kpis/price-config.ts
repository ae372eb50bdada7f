import { type Dialect, joinNeeds } from '../dialect.js';
import { ofCompany, type Statement } from '../statements.js';
import { gaugesOf, named, noTails, type OdooKpi } from './kpi.js';

const PREFIX = 'odoo.price_config_diff';
const COLUMNS = ['products', 'not_comparable', 'differ', 'zero_price'];

/** odoo-kpis 3.11: what two price lists say of the same products now. Needs `pricelists`. */
export const priceConfig: OdooKpi = {
  signals: named(PREFIX, COLUMNS),
  settles: 'delay',
  needsOpenShop: false,
  tails: noTails,
  statements: (dialect) => [configured(dialect)],
  samples: (facts) => gaugesOf(facts, 'price_config_diff', PREFIX, COLUMNS),
  ids: { differing_templates: 'products whose prices differ (product_template)' },
};

// Fixed prices and list prices alone: percentages, formulas, categories and variants need Odoo's own engine, and what
// begins with such a rule is said to be not comparable.
function configured(dialect: Dialect): Statement {
  const templates = ['id', 'list_price', 'active', 'sale_ok', 'available_in_pos', 'company_id'];
  const items = [
    'id',
    'pricelist_id',
    'product_tmpl_id',
    'applied_on',
    'compute_price',
    'fixed_price',
    'min_quantity',
    'date_start',
    'date_end',
    ...dialect.itemColumns,
  ];
  return {
    name: 'price_config_diff',
    needs: joinNeeds({ product_template: templates, product_pricelist_item: items }),
    isPresent: true,
    text: `
WITH catalogue AS MATERIALIZED (
  SELECT ${templates.join(', ')} FROM product_template ORDER BY id DESC LIMIT :open_cap
), rules AS MATERIALIZED (
  SELECT ${items.join(', ')} FROM product_pricelist_item
  WHERE pricelist_id IN (CAST(:pl_a AS int), CAST(:pl_b AS int)) LIMIT :open_cap
), tmpl AS (
  SELECT t.id, t.list_price::numeric AS list_price
  FROM catalogue t
  WHERE t.active AND t.sale_ok AND t.available_in_pos
    AND (t.company_id IS NULL OR ${ofCompany('t.company_id')})
), valid AS MATERIALIZED (
  SELECT i.* FROM rules i
  WHERE coalesce(i.min_quantity, 0) <= 1 ${dialect.itemActive}
    AND (i.date_start IS NULL OR i.date_start <= CAST(:as_of AS timestamp))
    AND (i.date_end IS NULL OR i.date_end >= CAST(:as_of AS timestamp))
), matched AS (
  SELECT i.*, t.id AS tmpl_id FROM tmpl t JOIN valid i ON i.product_tmpl_id = t.id AND i.applied_on = '1_product'
  UNION ALL
  SELECT i.*, t.id AS tmpl_id FROM valid i CROSS JOIN tmpl t WHERE i.applied_on IN ('2_product_category', '3_global')
), rule AS (
  SELECT DISTINCT ON (i.pricelist_id, i.tmpl_id)
         i.pricelist_id, i.tmpl_id, i.compute_price, i.fixed_price::numeric AS fixed_price
  FROM matched i
  ORDER BY i.pricelist_id, i.tmpl_id, i.applied_on, i.min_quantity DESC, i.id DESC
), pair AS (
  SELECT t.id,
         CASE WHEN a.tmpl_id IS NULL THEN t.list_price WHEN a.compute_price = 'fixed' THEN a.fixed_price END AS pa,
         CASE WHEN b.tmpl_id IS NULL THEN t.list_price WHEN b.compute_price = 'fixed' THEN b.fixed_price END AS pb
  FROM tmpl t
  LEFT JOIN rule a ON a.tmpl_id = t.id AND a.pricelist_id = CAST(:pl_a AS int)
  LEFT JOIN rule b ON b.tmpl_id = t.id AND b.pricelist_id = CAST(:pl_b AS int)
)
SELECT count(*) AS products,
       count(*) FILTER (WHERE pa IS NULL OR pb IS NULL) AS not_comparable,
       count(*) FILTER (WHERE abs(pa - pb) / nullif(greatest(pa, pb), 0) > :price_tol) AS differ,
       count(*) FILTER (WHERE least(pa, pb) <= 0) AS zero_price,
       coalesce(array_agg(id ORDER BY id)
                FILTER (WHERE abs(pa - pb) / nullif(greatest(pa, pb), 0) > :price_tol), '{}') AS differing_templates,
       (SELECT count(*) FROM catalogue) >= :open_cap OR (SELECT count(*) FROM rules) >= :open_cap AS cut
FROM pair`,
  };
}
