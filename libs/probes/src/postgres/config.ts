import type { postgresSettings, POSTGRES_KPIS } from '@parapet/policy';
import type { z } from 'zod';

/** Settings of a probe of kind `postgres`, read through the schema of its `Workload`. */
export type PostgresSettings = z.output<typeof postgresSettings>;
export type PostgresKpi = (typeof POSTGRES_KPIS)[number];
