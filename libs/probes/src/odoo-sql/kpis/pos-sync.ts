import type { Sample } from '@parapet/signals';
import type { Row } from '../../sql/read-only-database.js';
import { type Dialect, joinNeeds } from '../dialect.js';
import { countOf, gaugeOf, numberOf, percentileOf } from '../samples.js';
import { IN_SPAN, ofCompany, percentile, type Statement, tail } from '../statements.js';
import { type Facts, type OdooKpi, rowOf } from './kpi.js';
import { loggedErrors } from './logged-errors.js';
import { paymentMismatch } from './pos-broken.js';

/** odoo-kpis 3.5 and 3.6: orders late, broken or refused; delay per till; orders per time. */
export const posSync: OdooKpi = {
  signals: [
    'odoo.pos.sync.errors',
    'odoo.pos.sync.delay',
    'odoo.pos_sync.p50_s',
    'odoo.pos_sync.clock_ahead',
    'odoo.pos.orders',
  ],
  settles: 'delay',
  // Orders arrive late at night too, and are late then; how many a till sells is a question of the day.
  needsOpenShop: false,
  openShopSignals: ['odoo.pos.orders'],
  tails: ({ logDb }) => (logDb ? ['pos_order', 'ir_logging'] : ['pos_order']),
  statements: (dialect, { logDb }) => [arrivals(dialect), paymentMismatch, logDb ? loggedErrors : posGaps],
  samples,
};

function samples(facts: Facts): readonly Sample[] {
  const { maker, window, settings } = facts;
  const tills = facts.rows('pos_sync') ?? [];
  const sum = (column: string) => tills.reduce((total, till) => total + numberOf(till, column), 0);
  const refused = refusedOf(facts);
  const mismatch = rowOf(facts, 'payment_mismatch');
  const of = sum('n') + refused;
  // An order both late and underpaid is one bad order, and no proportion exceeds one.
  const bad = Math.min(sum('late') + (mismatch === null ? 0 : numberOf(mismatch, 'payment_mismatch')) + refused, of);
  return [
    maker.of('odoo.pos.sync.errors', window, countOf(bad, of)),
    ...tills.flatMap((till) => tillSamples(facts, till, settings.samplesMin)),
    maker.of('odoo.pos.orders', window, countOf(sum('n'), (window.toMs - window.fromMs) / 1000)),
  ];
}

function tillSamples({ maker, window, sized }: Facts, row: Row, samplesMin: number): readonly Sample[] {
  const till = { till: String(row.config_id) };
  return [
    sized(maker.of('odoo.pos.sync.delay', window, percentileOf(row, 'p95_s', samplesMin), till), row),
    sized(maker.of('odoo.pos_sync.p50_s', window, percentileOf(row, 'p50_s', samplesMin), till), row),
    maker.of('odoo.pos_sync.clock_ahead', window, gaugeOf(row, 'clock_ahead'), till),
  ];
}

/** From the log where there is one, else from the holes in the row numbers. */
function refusedOf(facts: Facts): number {
  if (facts.settings.logDb) {
    const logged = rowOf(facts, 'logged_errors');
    return logged === null ? 0 : numberOf(logged, 'pos_messages');
  }
  const gaps = rowOf(facts, 'pos_gaps');
  return gaps === null ? 0 : numberOf(gaps, 'id_gap') + numberOf(gaps, 'edge_gap');
}

/** How long orders took from the till to the server, per till. */
function arrivals(dialect: Dialect): Statement {
  const needs = joinNeeds(
    {
      pos_order: ['id', 'session_id', 'state', 'date_order', 'create_date', 'company_id'],
      pos_session: ['id', 'config_id'],
    },
    dialect.arrivalNeeds,
  );
  return {
    name: 'pos_sync',
    needs,
    text: `
WITH orders ${tail('pos_order', needs, IN_SPAN)}, a AS (
  SELECT s.config_id,
         extract(epoch FROM ${dialect.arrival} - p.date_order)::numeric AS raw_s
  FROM orders p
  JOIN pos_session s ON s.id = p.session_id
  WHERE p.create_date >= :from AND p.create_date < :to
    AND p.state IN ('paid', 'done', 'invoiced')
    AND ${ofCompany('p.company_id')}
)
SELECT config_id, count(*) AS n,
       ${percentile(0.5, 'greatest(raw_s, 0)')} AS p50_s,
       ${percentile(0.95, 'greatest(raw_s, 0)')} AS p95_s,
       round(max(greatest(raw_s, 0)), 3) AS max_s,
       count(*) FILTER (WHERE raw_s > :late_s) AS late,
       count(*) FILTER (WHERE raw_s < - CAST(:skew_s AS numeric)) AS clock_ahead
FROM a GROUP BY config_id ORDER BY config_id`,
  };
}

/**
 * Holes in the row numbers: an insert that the server refused leaves one, and no row. `id_gap` are the holes between the
 * window's own orders, `edge_gap` those between its first order and the one numbered before it: with windows of a minute
 * most holes lie there, and each is counted once, with the next order that arrived. Not per company, since a hole has none.
 */
const posGaps: Statement = {
  name: 'pos_gaps',
  needs: { pos_order: ['id', 'create_date'] },
  text: `
WITH t AS MATERIALIZED (
  SELECT id, create_date, before_id
  FROM (SELECT id, create_date, lag(id) OVER (ORDER BY id) AS before_id
        FROM (SELECT id, create_date FROM pos_order ORDER BY id DESC LIMIT :cap) newest) numbered
  ${IN_SPAN}
)
SELECT coalesce(max(w.id) - min(w.id) + 1 - count(*), 0) AS id_gap,
       coalesce(greatest(min(w.id) - 1 - min(w.before_id), 0), 0) AS edge_gap,
       count(*) AS n
FROM t w
WHERE w.create_date >= :from AND w.create_date < :to`,
};
