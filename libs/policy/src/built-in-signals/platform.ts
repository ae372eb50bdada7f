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

/** What probes of Redis measure (odoo-kpis 5). */
export const REDIS_SIGNALS = measuredBy('redis', [
  { name: 'redis.latency', unit: 'milliseconds', ...gauge },
  { name: 'redis.memory', unit: 'share', ...gauge },
  { name: 'redis.clients.blocked', unit: 'clients', ...gauge },
  { name: 'redis.evictions', unit: 'keys', form: 'rate', ...counter },
  { name: 'redis.connections.rejected', unit: 'connections', form: 'rate', ...counter },
  {
    name: 'redis.hits',
    unit: 'lookups',
    form: 'proportion',
    badDirection: 'low',
    temporality: 'cumulative',
  },
  { name: 'redis.keys.stale', unit: 'keys', form: 'proportion', badDirection: 'high', dimensions: ['keys'] },
]);
