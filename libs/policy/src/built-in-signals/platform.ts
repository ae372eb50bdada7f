import { measuredBy } from './measured-by.js';

const gauge = { form: 'gauge', badDirection: 'high' } as const;
const counter = { badDirection: 'high', temporality: 'cumulative' } as const;

/** Fewer requests are what gets worse. */
const volume = { form: 'rate', badDirection: 'low', temporality: 'cumulative' } as const;

/** What probes of PostgreSQL measure (odoo-kpis 4). */
export const POSTGRES_SIGNALS = measuredBy('postgres', [
  { kpi: 'locks', name: 'postgres.sessions.blocked', unit: 'sessions', ...gauge },
  { kpi: 'locks', name: 'postgres.lock.wait', unit: 'seconds', ...gauge },
  { kpi: 'transactions', name: 'postgres.transaction.oldest', unit: 'seconds', ...gauge },
  { kpi: 'transactions', name: 'postgres.transaction.idle', unit: 'seconds', ...gauge },
  { kpi: 'counters', name: 'postgres.deadlocks', unit: 'deadlocks', form: 'rate', ...counter },
  { kpi: 'counters', name: 'postgres.rollbacks', unit: 'transactions', form: 'proportion', ...counter },
  { kpi: 'connections', name: 'postgres.connections.left', unit: 'connections', form: 'gauge', badDirection: 'low' },
  { kpi: 'replication', name: 'postgres.replication.lag', unit: 'seconds', dimensions: ['standby'], ...gauge },
  { kpi: 'vacuum', name: 'postgres.vacuum.behind', unit: 'tables', ...gauge },
  { kpi: 'vacuum', name: 'postgres.wraparound.age', unit: 'transactions', ...gauge },
  { kpi: 'statements', name: 'postgres.statements.slow', unit: 'calls', form: 'proportion', badDirection: 'high' },
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

/** What probes of Traefik measure (odoo-kpis 6). */
export const TRAEFIK_SIGNALS = measuredBy('traefik', [
  { name: 'traefik.service.requests', unit: 'requests', dimensions: ['service'], ...volume },
  { name: 'traefik.service.errors', unit: 'requests', form: 'proportion', dimensions: ['service'], ...counter },
  { name: 'traefik.service.latency', unit: 'seconds', form: 'histogram', dimensions: ['service'], ...counter },
  { name: 'traefik.router.requests', unit: 'requests', dimensions: ['router'], ...volume },
  { name: 'traefik.router.errors', unit: 'requests', form: 'proportion', dimensions: ['router'], ...counter },
  { name: 'traefik.router.latency', unit: 'seconds', form: 'histogram', dimensions: ['router'], ...counter },
  { name: 'traefik.certificate.left', unit: 'days', form: 'gauge', badDirection: 'low', dimensions: ['certificate'] },
]);

/** What probes of Kubernetes measure. */
export const KUBERNETES_SIGNALS = measuredBy('kubernetes', [
  {
    kpi: 'pods',
    name: 'kubernetes.restarts',
    unit: 'restarts',
    form: 'rate',
    badDirection: 'high',
    dimensions: ['namespace'],
  },
  { kpi: 'pods', name: 'kubernetes.pods.pending', unit: 'pods', dimensions: ['namespace'], ...gauge },
  {
    kpi: 'autoscalers',
    name: 'kubernetes.autoscalers.saturated',
    unit: 'autoscalers',
    dimensions: ['namespace'],
    ...gauge,
  },
  { kpi: 'nodes', name: 'kubernetes.nodes.pressure', unit: 'nodes', dimensions: ['condition'], ...gauge },
]);
