import { ofCompany, type Statement, tail } from '../statements.js';
import { gaugesOf, named, noTails, type OdooKpi } from './kpi.js';

const PREFIX = 'odoo.pos_sequence_gaps';
const COLUMNS = ['missing', 'sessions'];

/** odoo-kpis 3.6: numbers that tills gave to orders which never arrived; of the sessions begun within a day. Up to 18. */
export const posSequenceGapsKpi: OdooKpi = {
  signals: named(PREFIX, COLUMNS),
  settles: 'delay',
  needsOpenShop: false,
  tails: noTails,
  statements: () => [posSequenceGaps("CAST(:as_of AS timestamp) - interval '24 hours'", ':as_of')],
  samples: (facts) => gaugesOf(facts, 'pos_sequence_gaps', PREFIX, COLUMNS),
};

/** The missing numbers of the sessions that began in a time, which is longer than a window: in its first minute a session has no orders. */
export function posSequenceGaps(from: string, to: string): Statement {
  const needs = {
    pos_order: ['id', 'session_id', 'sequence_number', 'company_id'],
    // From 19 on a session has no numbers of its own, and those of orders count the till's whole life.
    pos_session: ['id', 'start_at', 'rescue', 'sequence_number'],
  };
  return {
    name: 'pos_sequence_gaps',
    needs,
    isPresent: true,
    text: `
WITH orders ${tail('pos_order', needs)}
SELECT coalesce(sum(g.missing), 0) AS missing, count(*) AS sessions
FROM (
  SELECT p.session_id, max(p.sequence_number) - count(DISTINCT p.sequence_number) AS missing
  FROM orders p
  JOIN pos_session s ON s.id = p.session_id
  WHERE s.start_at >= ${from} AND s.start_at < ${to} AND s.rescue IS NOT TRUE
    AND ${ofCompany('p.company_id')}
  GROUP BY p.session_id
) g`,
  };
}
