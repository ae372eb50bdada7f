import { IN_SPAN, ofCompany, type Statement, tail } from '../statements.js';
import { gaugesOf, named, type OdooKpi } from './kpi.js';

const SOLD = 'odoo.price_sold_diff';
const SOLD_COLUMNS = ['products', 'differ'];
const ZERO = 'odoo.zero_price_lines';
const ZERO_COLUMNS = ['sale_lines', 'pos_lines'];

/** What a line was charged for, after its discount. */
const CHARGED = 'l.price_unit * (1 - coalesce(l.discount, 0) / 100.0)';
const POS_NEEDS = {
  pos_order: ['id', 'state', 'create_date', 'company_id'],
  pos_order_line: ['id', 'order_id', 'product_id', 'qty', 'price_unit', 'discount'],
};
// Up to 14 lines have no index by order: both newest parts are read and joined, whatever the version.
const POS_LINES = `orders ${tail('pos_order', POS_NEEDS, IN_SPAN)}, newest_lines ${tail('pos_order_line', POS_NEEDS)}, pos_lines AS MATERIALIZED (
  SELECT l.product_id, ${CHARGED} AS charged, p.create_date, p.company_id
  FROM orders p JOIN newest_lines l ON l.order_id = p.id
  WHERE p.state <> 'cancel' AND l.qty > 0
)`;

/** odoo-kpis 3.11: what the web site and the tills charged for the same products. */
export const priceSold: OdooKpi = {
  signals: named(SOLD, SOLD_COLUMNS),
  settles: 'delay',
  needsOpenShop: false,
  tails: () => ['pos_order', 'pos_order_line'],
  statements: () => [soldDifference],
  samples: (facts) => gaugesOf(facts, 'price_sold_diff', SOLD, SOLD_COLUMNS),
  ids: { differing_products: 'products sold at other prices (product_product)' },
};

/** odoo-kpis 3.11: lines sold for nothing of products that have a price. */
export const zeroPrice: OdooKpi = {
  signals: named(ZERO, ZERO_COLUMNS),
  settles: 'delay',
  needsOpenShop: false,
  tails: () => ['pos_order', 'pos_order_line'],
  statements: () => [zeroPriceLines],
  samples: (facts) => gaugesOf(facts, 'zero_price_lines', ZERO, ZERO_COLUMNS),
};

const soldDifference: Statement = {
  name: 'price_sold_diff',
  needs: {
    ...POS_NEEDS,
    sale_order: ['id', 'state', 'website_id', 'create_date', 'company_id', 'partner_id'],
    sale_order_line: ['order_id', 'product_id', 'product_uom_qty', 'price_unit', 'discount'],
  },
  text: `
WITH ${POS_LINES}, web AS (
  SELECT l.product_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY ${CHARGED}) AS med
  FROM sale_order so JOIN sale_order_line l ON l.order_id = so.id
  WHERE so.website_id IS NOT NULL AND so.state <> 'cancel'
    AND so.create_date >= :from AND so.create_date < :to
    AND l.product_id IS NOT NULL AND l.product_uom_qty > 0
    AND ${ofCompany('so.company_id')}
    AND NOT (so.partner_id = ANY (:test_partners))
  GROUP BY l.product_id
), pos AS (
  SELECT l.product_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY l.charged) AS med
  FROM pos_lines l
  WHERE l.create_date >= :from AND l.create_date < :to
    AND ${ofCompany('l.company_id')}
  GROUP BY l.product_id
)
SELECT count(*) AS products,
       count(*) FILTER (WHERE abs(w.med - p.med) / nullif(greatest(w.med, p.med), 0) > :price_tol) AS differ,
       coalesce(array_agg(product_id ORDER BY product_id)
                FILTER (WHERE abs(w.med - p.med) / nullif(greatest(w.med, p.med), 0) > :price_tol), '{}') AS differing_products
FROM web w JOIN pos p USING (product_id)`,
};

const zeroPriceLines: Statement = {
  name: 'zero_price_lines',
  needs: {
    ...POS_NEEDS,
    sale_order: ['id', 'state', 'create_date', 'company_id'],
    sale_order_line: ['order_id', 'product_id', 'product_uom_qty', 'price_unit', 'discount'],
    product_product: ['id', 'product_tmpl_id'],
    product_template: ['id', 'list_price'],
  },
  text: `
WITH ${POS_LINES}, pos_zero AS MATERIALIZED (
  SELECT l.create_date, l.company_id
  FROM pos_lines l
  JOIN product_product pp ON pp.id = l.product_id JOIN product_template t ON t.id = pp.product_tmpl_id
  WHERE l.charged <= 0.01 AND t.list_price > 0
)
SELECT (SELECT count(*) FROM sale_order so JOIN sale_order_line l ON l.order_id = so.id
          JOIN product_product pp ON pp.id = l.product_id JOIN product_template t ON t.id = pp.product_tmpl_id
         WHERE so.create_date >= :from AND so.create_date < :to AND so.state <> 'cancel'
           AND l.product_uom_qty > 0 AND t.list_price > 0 AND ${CHARGED} <= 0.01
           AND ${ofCompany('so.company_id')}) AS sale_lines,
       (SELECT count(*) FROM pos_zero z
         WHERE z.create_date >= :from AND z.create_date < :to AND ${ofCompany('z.company_id')}) AS pos_lines`,
};
