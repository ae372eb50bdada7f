import type { Needs } from './dialect.js';

/** A statement with named parameters, and the tables and columns it needs. */
export interface Statement {
  /** Names the statement within its KPI. */
  readonly name: string;
  readonly text: string;
  readonly needs: Needs;
  /** It says how things stand, which can only be asked of the present; otherwise it speaks of the rows of a window. */
  readonly isPresent?: boolean;
}

/** Tables with several rows an order; more of their newest rows are read. */
const LINES: ReadonlySet<string> = new Set(['pos_order_line', 'stock_move', 'stock_move_line']);
const capOf = (table: string): string => (LINES.has(table) ? ':line_cap' : ':cap');

/**
 * The newest rows of a table by its primary key: ids grow with insertion, so this is a bounded backward scan, where a
 * filter by an unindexed `create_date` would read the whole table. Kept once for all windows of a statement.
 */
export function tail(table: string, needs: Needs, filter = ''): string {
  const columns = columnsOfTable(table, needs);
  return `AS MATERIALIZED (
  SELECT ${columns} FROM (SELECT ${columns} FROM ${table} ORDER BY id DESC LIMIT ${capOf(table)}) newest ${filter}
)`;
}

/** All windows of a statement together; what lies outside need not be looked at for each. */
export const IN_SPAN = 'WHERE create_date >= :span_from AND create_date < :span_to';

/** The same by another column. */
export function inSpan(column: string): string {
  return IN_SPAN.replaceAll('create_date', column);
}

/**
 * The rows in some of the states of a table whose state is indexed: what is unfinished, so few of many. With more of them
 * than the bound the answer would be wrong, so the statement says so in its column `cut`, and nothing is measured.
 */
export function inStates(table: string, needs: Needs, states: readonly string[]): string {
  const columns = columnsOfTable(table, needs);
  const list = states.map((state) => `'${state}'`).join(', ');
  return `AS MATERIALIZED (SELECT ${columns} FROM ${table} WHERE state IN (${list}) LIMIT :open_cap)`;
}

/** Whether a set of rows reached its bound. */
export function isCut(set: string): string {
  return `(SELECT count(*) FROM ${set}) >= :open_cap AS cut`;
}

function columnsOfTable(table: string, needs: Needs): string {
  return (needs[table] ?? []).join(', ');
}

/** One company, or all of them. */
export function ofCompany(column: string): string {
  return `(CAST(:company AS int) IS NULL OR ${column} = :company)`;
}

/** The instant at which a window is judged, `seconds` earlier: a parameter or a number. */
export function earlier(seconds: string): string {
  return `CAST(:as_of AS timestamp) - make_interval(secs => ${seconds})`;
}

/** The seconds from an instant to when the window is judged, in thousandths. */
export function secondsSince(instant: string): string {
  return `round(extract(epoch FROM CAST(:as_of AS timestamp) - ${instant})::numeric, 3)`;
}

/** A percentile in seconds, in thousandths; null of nothing. */
export function percentile(share: number, value: string): string {
  return `round(percentile_cont(${share}) WITHIN GROUP (ORDER BY ${value})::numeric, 3)`;
}

/** Whether the tail was cut short of the window's beginning. */
export function tailReach(table: string): Statement {
  // Everything that Odoo's own code makes has the one; the queue is another's.
  const created = table === 'queue_job' ? 'date_created' : 'create_date';
  return {
    name: `tail_reach_${table}`,
    needs: { [table]: ['id', created] },
    text: `
WITH newest AS MATERIALIZED (
  SELECT count(*) AS n, min(t.${created}) AS oldest
  FROM (SELECT ${created} FROM ${table} ORDER BY id DESC LIMIT ${capOf(table)}) t
)
SELECT n = ${capOf(table)} AND oldest > :from AS cut FROM newest`,
  };
}

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
