import type { traefikSettings } from '@parapet/policy';
import type { z } from 'zod';

/** Settings of a probe of kind `traefik`, read through the schema of its `Workload`. */
export type TraefikSettings = z.output<typeof traefikSettings>;
