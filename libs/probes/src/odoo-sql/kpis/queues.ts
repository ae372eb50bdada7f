import { gaugeOf } from '../samples.js';
import type { Statement } from '../statements.js';
import { NOT_SEEN, noTails, type OdooKpi, rowOf } from './kpi.js';

const COLUMNS = ['depth', 'oldest_s'] as const;

/** odoo-kpis 3.12: queues of marketplaces and carriers, each asked by a statement of the shop's own. Needs `queues`. */
export const queues: OdooKpi = {
  signals: COLUMNS.map((column) => `odoo.queue.${column}`),
  settles: 'delay',
  needsOpenShop: false,
  tails: noTails,
  statements: (_, settings) => (settings.queues ?? []).map(({ name, sql }) => asked(name, sql)),
  samples: (facts) =>
    (facts.settings.queues ?? []).flatMap(({ name }) => {
      const row = rowOf(facts, statementOf(name));
      return COLUMNS.map((column) => {
        const value = row === null ? NOT_SEEN : gaugeOf(row, column);
        return facts.maker.of(`odoo.queue.${column}`, facts.window, value, { queue: name });
      });
    }),
};

const statementOf = (queue: string): string => `queue_${queue}`;

// What it reads is not known here: rights, bounds and a column that is not there are the database's to refuse. An answer
// without a row is a gap, not an empty queue.
function asked(name: string, sql: string): Statement {
  return {
    name: statementOf(name),
    needs: {},
    isPresent: true,
    text: `
SELECT q.depth, q.oldest_s
FROM (SELECT 1) one LEFT JOIN LATERAL (
  SELECT CAST(own.depth AS float8) AS depth, CAST(own.oldest_s AS float8) AS oldest_s FROM (
${sql}
  ) own LIMIT 1
) q ON true`,
  };
}
