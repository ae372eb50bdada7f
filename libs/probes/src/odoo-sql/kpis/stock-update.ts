import type { SampleValue } from '@parapet/signals';
import { numberOf } from '../samples.js';
import { inSpan, ofCompany, type Statement, tail } from '../statements.js';
import type { OdooKpi } from './kpi.js';

const SIGNAL = 'odoo.stock.update.delay';

/** odoo-kpis 3.10: the slowest stock move per mode; a mode in use without a move says so. */
export const stockUpdate: OdooKpi = {
  signals: [SIGNAL],
  settles: 'delay',
  needsOpenShop: false,
  tails: () => ['stock_picking'],
  statements: () => [posStockDelay, stockModes],
  samples: ({ maker, window, rows, sized }) => {
    const measured = new Map((rows('pos_stock_delay') ?? []).map((row) => [String(row.mode), row]));
    const inUse = (rows('stock_modes') ?? []).map((row) => String(row.mode));
    return [...new Set([...inUse, ...measured.keys()])].sort().map((mode) => {
      const row = measured.get(mode);
      const value: SampleValue =
        row === undefined
          ? { kind: 'gap', reason: 'too-few-samples' }
          : { kind: 'gauge', value: numberOf(row, 'max_s') };
      const sample = maker.of(SIGNAL, window, value, { mode });
      return row === undefined ? sample : sized(sample, row);
    });
  },
};

/** How long the stock of a POS sale took to move: from the order, or from the session's closing. */
const posStockDelay = ((): Statement => {
  const needs = {
    stock_picking: ['id', 'state', 'date_done', 'create_date', 'pos_order_id', 'pos_session_id', 'company_id'],
    pos_order: ['id', 'create_date'],
    pos_session: ['id', 'stop_at'],
  };
  return {
    name: 'pos_stock_delay',
    needs,
    text: `
WITH pickings ${tail('stock_picking', needs, inSpan('date_done'))}, d AS (
  SELECT 'realtime' AS mode, extract(epoch FROM k.date_done - o.create_date)::numeric AS s
  FROM pickings k JOIN pos_order o ON o.id = k.pos_order_id
  WHERE k.state = 'done' AND k.date_done >= :from AND k.date_done < :to
    AND ${ofCompany('k.company_id')}
  UNION ALL
  SELECT 'closing', extract(epoch FROM k.date_done - ps.stop_at)::numeric
  FROM pickings k JOIN pos_session ps ON ps.id = k.pos_session_id
  WHERE k.pos_order_id IS NULL AND k.state = 'done' AND ps.stop_at IS NOT NULL
    AND k.date_done >= :from AND k.date_done < :to
    AND ${ofCompany('k.company_id')}
)
SELECT mode, count(*) AS n, round(max(greatest(s, 0)), 3) AS max_s
FROM d GROUP BY mode ORDER BY mode`,
  };
})();

/** How the companies move the stock of POS sales, in the words of `posStockDelay`. */
const stockModes: Statement = {
  name: 'stock_modes',
  needs: { res_company: ['id', 'point_of_sale_update_stock_quantities'] },
  text: `
SELECT DISTINCT CASE c.point_of_sale_update_stock_quantities WHEN 'closing' THEN 'closing' ELSE 'realtime' END AS mode
FROM res_company c
WHERE ${ofCompany('c.id')}
ORDER BY mode`,
};
