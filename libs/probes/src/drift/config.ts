import { driftSettingsSchema } from '@parapet/policy';
import type { z } from 'zod';

/** Settings of a probe of kind `drift`, in the words of its `Workload`. */
export const driftSettings = driftSettingsSchema;

export type DriftSettings = z.output<typeof driftSettings>;
export type ClusterSettings = NonNullable<DriftSettings['running']['kubernetes']>;
