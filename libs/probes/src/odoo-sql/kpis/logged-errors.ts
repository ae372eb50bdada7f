import { IN_SPAN, type Statement, tail } from '../statements.js';
import { gaugesOf, named, type OdooKpi } from './kpi.js';

const PREFIX = 'odoo.logged_errors';
const COLUMNS = ['errors', 'cron_errors', 'pos_messages'];
const needs = { ir_logging: ['id', 'create_date', 'name', 'level', 'type'] };

/** What the server logged; only where it logs into the database (`--log-db`), since an empty log says nothing. */
export const loggedErrors: Statement = {
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

/** odoo-kpis 3.13: errors in the server's log, of scheduled jobs and of tills. */
export const loggedErrorsKpi: OdooKpi = {
  signals: named(PREFIX, COLUMNS),
  settles: 'delay',
  needsOpenShop: false,
  tails: () => ['ir_logging'],
  statements: () => [loggedErrors],
  samples: (facts) => gaugesOf(facts, 'logged_errors', PREFIX, COLUMNS),
};
