import { measuredBy } from './measured-by.js';

const gauge = { form: 'gauge', badDirection: 'high' } as const;
const counter = { badDirection: 'high', temporality: 'cumulative' } as const;

/** What probes of PostgreSQL measure (odoo-kpis 4). */
export const POSTGRES_SIGNALS = measuredBy('postgres', [
  { name: 'postgres.sessions.blocked', unit: 'sessions', ...gauge },
  { name: 'postgres.lock.wait', unit: 'seconds', ...gauge },
  { name: 'postgres.transaction.oldest', unit: 'seconds', ...gauge },
  { name: 'postgres.transaction.idle', unit: 'seconds', ...gauge },
  { name: 'postgres.deadlocks', unit: 'deadlocks', form: 'rate', ...counter },
  { name: 'postgres.rollbacks', unit: 'transactions', form: 'proportion', ...counter },
  { name: 'postgres.connections.left', unit: 'connections', form: 'gauge', badDirection: 'low' },
  { name: 'postgres.replication.lag', unit: 'seconds', dimensions: ['standby'], ...gauge },
  { name: 'postgres.vacuum.behind', unit: 'tables', ...gauge },
  { name: 'postgres.wraparound.age', unit: 'transactions', ...gauge },
  { name: 'postgres.statements.slow', unit: 'calls', form: 'proportion', badDirection: 'high' },
]);
