import { percentileOf } from '../samples.js';
import { inStates, isCut, percentile, secondsSince, type Statement, tail } from '../statements.js';
import { gaugesOf, named, type OdooKpi } from './kpi.js';

const PREFIX = 'odoo.queue_job';
const PRESENT = ['waiting', 'oldest_wait_s', 'zombies'];
const PAST = ['failed', 'done'];

/** odoo-kpis 3.12: jobs of the OCA module `queue_job` that wait, hang, failed or were done. Not per company. */
export const queueJob: OdooKpi = {
  signals: named(PREFIX, [...PRESENT, ...PAST, 'wait_p95_s']),
  settles: 'delay',
  needsOpenShop: false,
  tails: () => ['queue_job'],
  statements: () => [waitingJobs, finishedJobs],
  samples: (facts) => [
    ...gaugesOf(facts, 'queue_job', PREFIX, PRESENT),
    ...gaugesOf(facts, 'queue_job_finished', PREFIX, PAST),
    ...gaugesOf(facts, 'queue_job_finished', PREFIX, ['wait_p95_s'], (row, column) =>
      percentileOf(row, column, facts.settings.samplesMin),
    ),
  ],
};

// A job that waits for another try is pending with an `eta` in the future: no backlog. A crash leaves jobs started.
const waitingJobs = ((): Statement => {
  const needs = { queue_job: ['state', 'eta', 'date_created', 'date_started'] };
  return {
    name: 'queue_job',
    needs,
    isPresent: true,
    text: `
WITH unfinished ${inStates('queue_job', needs, ['pending', 'enqueued', 'started'])},
     waiting AS (SELECT * FROM unfinished j WHERE j.state IN ('pending', 'enqueued')
       AND (j.eta IS NULL OR j.eta <= CAST(:as_of AS timestamp)))
SELECT (SELECT count(*) FROM waiting) AS waiting,
       (SELECT coalesce(${secondsSince('min(coalesce(j.eta, j.date_created))')}, 0) FROM waiting j) AS oldest_wait_s,
       (SELECT count(*) FROM unfinished j WHERE j.state = 'started'
          AND j.date_started < CAST(:as_of AS timestamp) - interval '1 hour') AS zombies,
       ${isCut('unfinished')}`,
  };
})();

// A failed job keeps no date of its own: when it was started places it.
const finishedJobs = ((): Statement => {
  const needs = { queue_job: ['id', 'state', 'eta', 'date_created', 'date_started', 'date_done'] };
  return {
    name: 'queue_job_finished',
    needs,
    text: `
WITH jobs ${tail('queue_job', needs, 'WHERE coalesce(date_done, date_started) >= :span_from AND coalesce(date_started, date_done) < :span_to')}
SELECT (SELECT count(*) FROM jobs j WHERE j.state = 'failed' AND j.date_started >= :from AND j.date_started < :to) AS failed,
       (SELECT count(*) FROM jobs j WHERE j.state = 'done' AND j.date_done >= :from AND j.date_done < :to) AS done,
       w.n, w.wait_p95_s
FROM (
  SELECT count(*) AS n,
         ${percentile(0.95, 'greatest(extract(epoch FROM j.date_started - greatest(j.date_created, j.eta)), 0)')} AS wait_p95_s
  FROM jobs j WHERE j.date_started >= :from AND j.date_started < :to
) w`,
  };
})();
