import { type Dialect, joinNeeds } from '../dialect.js';
import { percentileOf } from '../samples.js';
import {
  earlier,
  IN_SPAN,
  inStates,
  isCut,
  ofCompany,
  percentile,
  secondsSince,
  type Statement,
  tail,
} from '../statements.js';
import { gaugesOf, named, noTails, type OdooKpi } from './kpi.js';

const LATENCY = 'odoo.reservation_latency';
const PERCENTILES = ['p50_s', 'p95_s'];
const BACKLOG = 'odoo.reservation_backlog';
const BACKLOG_COLUMNS = ['moves', 'partial', 'oldest_s'];

/** odoo-kpis 3.9: how long sold lines waited for their stock, of those that got it. */
export const reservationLatency: OdooKpi = {
  signals: named(LATENCY, ['n', ...PERCENTILES, 'max_s']),
  settles: 'delay',
  needsOpenShop: false,
  tails: () => ['stock_move_line'],
  statements: (dialect) => [latency(dialect)],
  samples: (facts) => [
    ...gaugesOf(facts, 'reservation_latency', LATENCY, ['n', 'max_s']),
    ...gaugesOf(facts, 'reservation_latency', LATENCY, PERCENTILES, (row, column) =>
      percentileOf(row, column, facts.settings.samplesMin),
    ),
  ],
};

/** odoo-kpis 3.9: sold lines that still wait for their stock. */
export const reservationBacklog: OdooKpi = {
  signals: named(BACKLOG, BACKLOG_COLUMNS),
  settles: 'delay',
  needsOpenShop: false,
  tails: noTails,
  statements: (dialect) => [backlog(dialect)],
  samples: (facts) => gaugesOf(facts, 'reservation_backlog', BACKLOG, BACKLOG_COLUMNS),
};

/**
 * A move is reserved when its first line is written. The lines of the windows are few and lie at the end of their table, so
 * they lead to the moves: the other way round every recent move would have to be looked up.
 */
function latency(dialect: Dialect): Statement {
  const needs = joinNeeds(
    {
      stock_move_line: ['id', 'move_id', 'create_date'],
      stock_move: ['id', 'create_date', 'sale_line_id', 'state', 'company_id'],
    },
    dialect.reservationNeeds,
  );
  return {
    name: 'reservation_latency',
    needs,
    text: `
WITH lines ${tail('stock_move_line', needs, IN_SPAN)}, f AS MATERIALIZED (
  SELECT m.create_date AS asked, first.got
  FROM (SELECT DISTINCT move_id FROM lines) l
  JOIN stock_move m ON m.id = l.move_id
  CROSS JOIN LATERAL (SELECT min(x.create_date) AS got FROM stock_move_line x WHERE x.move_id = m.id) first
  WHERE m.sale_line_id IS NOT NULL AND m.state <> 'cancel'
    AND ${ofCompany('m.company_id')}
    ${dialect.reservesAtOnce}
)
SELECT count(*) AS n,
       ${percentile(0.5, 'extract(epoch FROM got - asked)')} AS p50_s,
       ${percentile(0.95, 'extract(epoch FROM got - asked)')} AS p95_s,
       round(max(extract(epoch FROM got - asked))::numeric, 3) AS max_s
FROM f WHERE got >= :from AND got < :to`,
  };
}

function backlog(dialect: Dialect): Statement {
  const needs = joinNeeds(
    { stock_move: ['id', 'state', 'create_date', 'sale_line_id', 'company_id'] },
    dialect.reservationNeeds,
  );
  return {
    name: 'reservation_backlog',
    needs,
    isPresent: true,
    text: `
WITH waiting ${inStates('stock_move', needs, ['waiting', 'confirmed', 'partially_available'])}
SELECT count(*) AS moves,
       count(*) FILTER (WHERE m.state = 'partially_available') AS partial,
       coalesce(${secondsSince('min(m.create_date)')}, 0) AS oldest_s,
       ${isCut('waiting')}
FROM waiting m
WHERE m.sale_line_id IS NOT NULL
  AND m.create_date < ${earlier(':reserve_grace_s')}
  AND ${ofCompany('m.company_id')}
  ${dialect.reservesAtOnce}`,
  };
}
