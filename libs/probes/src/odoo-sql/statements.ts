import type { Dialect, Needs } from './dialect.js';

/** A statement with named parameters, and the tables and columns it needs. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  readonly needs: Needs;
}

/**
 * The newest rows of a table by its primary key: ids grow with insertion, so this is a bounded backward scan, where a
 * filter by an unindexed `create_date` would read the whole table. Kept once for all windows of a statement.
 */
function tail(table: string, needs: Needs, filter = ''): string {
  const columns = (needs[table] ?? []).join(', ');
  return `AS MATERIALIZED (
  SELECT ${columns} FROM (SELECT ${columns} FROM ${table} ORDER BY id DESC LIMIT :cap) newest ${filter}
)`;
}

/** All windows of a statement together; what lies outside need not be looked at for each. */
const IN_SPAN = 'WHERE create_date >= :span_from AND create_date < :span_to';

/** Whether the tail was cut short of the window's beginning. */
export function tailReach(table: string): Statement {
  const needs = { [table]: ['id', 'create_date'] };
  return {
    name: 'tail_reach',
    needs,
    text: `
WITH newest AS MATERIALIZED (
  SELECT count(*) AS n, min(t.create_date) AS oldest
  FROM (SELECT create_date FROM ${table} ORDER BY id DESC LIMIT :cap) t
)
SELECT n = :cap AND oldest > :from AS truncated FROM newest`,
  };
}

/** Of the shoppers who tried to pay, how many got a confirmed order? */
export function webCheckout(dialect: Dialect): Statement {
  const provider = dialect.providerJoin.includes('payment_provider')
    ? { payment_provider: ['id', 'code'] }
    : { payment_acquirer: ['id', 'provider'] };
  return {
    name: 'web_checkout',
    needs: {
      sale_order: ['id', 'state', 'website_id', 'create_date', 'company_id', 'partner_id', 'client_order_ref'],
      sale_order_transaction_rel: ['sale_order_id', 'transaction_id'],
      payment_transaction: ['id', 'state', 'create_date'],
      ...provider,
    },
    text: `
WITH attempt AS (
  SELECT so.id, so.state AS so_state, lt.state AS tx_state, lt.create_date AS tx_created, lt.code
  FROM sale_order so
  LEFT JOIN LATERAL (
    SELECT tx.state, tx.create_date, ${dialect.providerCode} AS code
    FROM sale_order_transaction_rel r
    JOIN payment_transaction tx ON tx.id = r.transaction_id
    ${dialect.providerJoin}
    WHERE r.sale_order_id = so.id AND ${dialect.txKind}
    ORDER BY tx.id DESC LIMIT 1
  ) lt ON true
  WHERE so.website_id IS NOT NULL
    AND so.create_date >= :from AND so.create_date < :to
    AND (CAST(:company AS int) IS NULL OR so.company_id = :company)
    AND NOT (so.partner_id = ANY (:test_partners))
    AND coalesce(so.client_order_ref, '') NOT LIKE :test_ref
), outcome AS (
  SELECT CASE
      WHEN so_state IN ('sale', 'done') THEN 'success'
      WHEN tx_state IS NULL THEN 'no_attempt'
      WHEN so_state = 'cancel' THEN 'cancelled'
      WHEN tx_state IN ('error', 'cancel') THEN 'failed'
      WHEN tx_state = 'pending' AND code = ANY (:offline_providers) THEN 'awaiting_offline'
      WHEN tx_created < CAST(:as_of AS timestamp) - make_interval(secs => :grace_s) THEN 'stuck'
      ELSE 'in_flight' END AS o
  FROM attempt
)
SELECT count(*) FILTER (WHERE o = 'success') AS success,
       count(*) FILTER (WHERE o = 'failed') AS failed,
       count(*) FILTER (WHERE o = 'stuck') AS stuck,
       count(*) FILTER (WHERE o = 'cancelled') AS cancelled,
       count(*) FILTER (WHERE o = 'no_attempt') AS no_attempt,
       count(*) FILTER (WHERE o = 'awaiting_offline') AS awaiting_offline,
       count(*) FILTER (WHERE o = 'in_flight') AS in_flight,
       round(count(*) FILTER (WHERE o = 'success')::numeric
             / nullif(count(*) FILTER (WHERE o IN ('success', 'failed', 'stuck')), 0), 6) AS rate
FROM outcome`,
  };
}

/** How long orders took from the till to the server, per till. */
export function posSync(dialect: Dialect): Statement {
  const payments: Needs = dialect.arrival.includes('pos_payment')
    ? { pos_payment: ['pos_order_id', 'create_date'] }
    : {};
  const needs: Needs = {
    pos_order: ['id', 'session_id', 'state', 'date_order', 'create_date', 'company_id'],
    pos_session: ['id', 'config_id'],
    ...payments,
  };
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
    AND (CAST(:company AS int) IS NULL OR p.company_id = :company)
)
SELECT config_id, count(*) AS n,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(raw_s, 0))::numeric, 3) AS p50_s,
       round(percentile_cont(0.95) WITHIN GROUP (ORDER BY greatest(raw_s, 0))::numeric, 3) AS p95_s,
       round(max(greatest(raw_s, 0)), 3) AS max_s,
       count(*) FILTER (WHERE raw_s > :late_s) AS late,
       count(*) FILTER (WHERE raw_s < - CAST(:skew_s AS numeric)) AS clock_ahead
FROM a GROUP BY config_id ORDER BY config_id`,
  };
}

/** Orders stored as paid whose payments do not add up. */
export const posMismatch = ((): Statement => {
  const needs = { pos_order: ['id', 'state', 'amount_paid', 'amount_total', 'create_date', 'company_id'] };
  return {
    name: 'pos_broken',
    needs,
    text: `
WITH orders ${tail('pos_order', needs, IN_SPAN)}
SELECT count(*) AS payment_mismatch
FROM orders p
WHERE p.state IN ('paid', 'done', 'invoiced') AND abs(p.amount_paid - p.amount_total) > :mismatch_eps
  AND p.create_date >= :from AND p.create_date < :to
  AND (CAST(:company AS int) IS NULL OR p.company_id = :company)`,
  };
})();

/**
 * Holes in the row numbers: an insert that the server refused leaves one, and no row. `id_gap` are the holes between the
 * window's own orders, `edge_gap` those between its first order and the one numbered before it: with windows of a minute
 * most holes lie there, and each is counted once, with the next order that arrived. Not per company, since a hole has none.
 */
export const posGaps: Statement = {
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

/** What the server logged about the POS; only where it logs into the database. */
export const loggedErrors = ((): Statement => {
  const needs = { ir_logging: ['id', 'create_date', 'name', 'level', 'type'] };
  return {
    name: 'logged_errors',
    needs,
    text: `
WITH log ${tail('ir_logging', needs, IN_SPAN)}
SELECT count(*) FILTER (WHERE g.level = 'ERROR' OR g.level = 'CRITICAL') AS errors,
       count(*) FILTER (WHERE g.name LIKE '%ir_cron%' AND g.level = 'ERROR') AS cron_errors,
       count(*) FILTER (WHERE g.name LIKE '%point_of_sale%' AND g.level IN ('ERROR', 'WARNING')) AS pos_messages
FROM log g
WHERE g.create_date >= :from AND g.create_date < :to AND g.type = 'server'`,
  };
})();

/** How long the stock of a POS sale took to move: from the order, or from the session's closing. */
export const posStockDelay = ((): Statement => {
  const needs = {
    stock_picking: ['id', 'state', 'date_done', 'create_date', 'pos_order_id', 'pos_session_id', 'company_id'],
    pos_order: ['id', 'create_date'],
    pos_session: ['id', 'stop_at'],
  };
  return {
    name: 'pos_stock_delay',
    needs,
    text: `
WITH pickings ${tail('stock_picking', needs, 'WHERE date_done >= :span_from AND date_done < :span_to')}, d AS (
  SELECT 'realtime' AS mode, extract(epoch FROM k.date_done - o.create_date)::numeric AS s
  FROM pickings k JOIN pos_order o ON o.id = k.pos_order_id
  WHERE k.state = 'done' AND k.date_done >= :from AND k.date_done < :to
    AND (CAST(:company AS int) IS NULL OR k.company_id = :company)
  UNION ALL
  SELECT 'closing', extract(epoch FROM k.date_done - ps.stop_at)::numeric
  FROM pickings k JOIN pos_session ps ON ps.id = k.pos_session_id
  WHERE k.pos_order_id IS NULL AND k.state = 'done' AND ps.stop_at IS NOT NULL
    AND k.date_done >= :from AND k.date_done < :to
    AND (CAST(:company AS int) IS NULL OR k.company_id = :company)
)
SELECT mode, count(*) AS n, round(max(greatest(s, 0)), 3) AS max_s
FROM d GROUP BY mode ORDER BY mode`,
  };
})();

/** How the companies move the stock of POS sales, in the words of `posStockDelay`. */
export const stockModes: Statement = {
  name: 'stock_modes',
  needs: { res_company: ['id', 'point_of_sale_update_stock_quantities'] },
  text: `
SELECT DISTINCT CASE c.point_of_sale_update_stock_quantities WHEN 'closing' THEN 'closing' ELSE 'realtime' END AS mode
FROM res_company c
WHERE CAST(:company AS int) IS NULL OR c.id = :company
ORDER BY mode`,
};

/**
 * The same statement for many windows at once, each row with the number of its window (`window_n`, from 1): the tail is
 * then read once, not once a window, which is what makes a backfill quick.
 */
export function overWindows(text: string): string {
  const one = text.replaceAll(/(?<!:):(from|to|as_of)\b/g, (_, name: string) => `win.${name}_at`);
  return `SELECT win.n::int AS window_n, k.*
FROM unnest(CAST(:froms AS timestamp[]), CAST(:tos AS timestamp[]), CAST(:as_ofs AS timestamp[])) WITH ORDINALITY AS win(from_at, to_at, as_of_at, n)
CROSS JOIN LATERAL (${one}) k`;
}

/** Replaces `:name` by `$1`, `$2`, … and lines the values up; values never enter the text. */
export function bind(text: string, parameters: Readonly<Record<string, unknown>>): { text: string; values: unknown[] } {
  const names: string[] = [];
  const bound = text.replace(/(?<!:):([a-z_]+)/g, (_, name: string) => {
    if (!(name in parameters)) throw new Error(`no value for :${name}`);
    const known = names.indexOf(name);
    return `$${known >= 0 ? known + 1 : names.push(name)}`;
  });
  return { text: bound, values: names.map((name) => parameters[name]) };
}
