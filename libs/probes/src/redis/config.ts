import type { redisSettings } from '@parapet/policy';
import type { z } from 'zod';

/** Settings of a probe of kind `redis`, read through the schema of its `Workload`. */
export type RedisSettings = z.output<typeof redisSettings>;
/** One kind of key that may be left over after a release, and what makes such a key stale. */
export type StaleKeys = RedisSettings['staleKeys'][number];
