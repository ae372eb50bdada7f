import { objectStorageSettingsSchema } from '@parapet/policy';
import type { z } from 'zod';

/** Settings of a probe of kind `object-storage`, in the words of its `Workload`. */
export const objectStorageSettings = objectStorageSettingsSchema;

export type ObjectStorageSettings = z.output<typeof objectStorageSettings>;
