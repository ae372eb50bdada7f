import { type Dialect, joinNeeds } from '../dialect.js';
import { secondsSince, type Statement } from '../statements.js';
import { gaugesOf, named, noTails, type OdooKpi } from './kpi.js';

const HEALTH = 'odoo.cron_health';
const HEALTH_COLUMNS = ['overdue', 'max_overdue_s', 'watched_inactive', 'modules_pending'];
const FAILING = 'odoo.cron_failing';
const FAILING_COLUMNS = ['failing', 'max_failures', 'failing_for_s'];

/** odoo-kpis 3.13: scheduled jobs that did not run when they should have. Not per company. */
export const cronHealth: OdooKpi = {
  signals: named(HEALTH, HEALTH_COLUMNS),
  settles: 'delay',
  needsOpenShop: false,
  tails: noTails,
  statements: (dialect) => [overdueJobs(dialect)],
  samples: (facts) => gaugesOf(facts, 'cron_health', HEALTH, HEALTH_COLUMNS),
  ids: { overdue_ids: 'overdue jobs (ir_cron)' },
};

/** odoo-kpis 3.13: scheduled jobs that fail again and again. From 18; before, only the log tells. */
export const cronFailing: OdooKpi = {
  signals: named(FAILING, FAILING_COLUMNS),
  settles: 'delay',
  needsOpenShop: false,
  tails: noTails,
  statements: () => [failingJobs],
  samples: (facts) => gaugesOf(facts, 'cron_failing', FAILING, FAILING_COLUMNS),
  ids: { failing_ids: 'failing jobs (ir_cron)' },
};

// `nextcall` moves only after a run; `lastcall` also after one that failed. No row is locked: Odoo skips a locked job.
function overdueJobs(dialect: Dialect): Statement {
  return {
    name: 'cron_health',
    needs: joinNeeds({ ir_cron: ['id', 'active', 'nextcall', ...dialect.cronColumns], ir_module_module: ['state'] }),
    isPresent: true,
    text: `
SELECT count(*) FILTER (WHERE overdue_s > :cron_grace_s) AS overdue,
       coalesce(round(max(overdue_s) FILTER (WHERE overdue_s > :cron_grace_s), 3), 0) AS max_overdue_s,
       coalesce(array_agg(id ORDER BY id) FILTER (WHERE overdue_s > :cron_grace_s), '{}') AS overdue_ids,
       (SELECT count(*) FROM ir_cron c WHERE c.id = ANY (:watched_crons) AND NOT c.active) AS watched_inactive,
       (SELECT count(*) FROM ir_module_module mm WHERE mm.state LIKE 'to %') AS modules_pending
FROM (
  SELECT c.id, extract(epoch FROM CAST(:as_of AS timestamp) - c.nextcall)::numeric AS overdue_s
  FROM ir_cron c WHERE ${dialect.cronCanRun}
) x`,
  };
}

const failingJobs: Statement = {
  name: 'cron_failing',
  needs: { ir_cron: ['id', 'active', 'failure_count', 'first_failure_date'] },
  isPresent: true,
  text: `
SELECT count(*) AS failing, coalesce(max(c.failure_count), 0) AS max_failures,
       coalesce(${secondsSince('min(c.first_failure_date)')}, 0) AS failing_for_s,
       coalesce(array_agg(c.id ORDER BY c.id), '{}') AS failing_ids
FROM ir_cron c WHERE c.active AND c.failure_count > 0`,
};
