import { httpJourneySettingsSchema } from '@parapet/policy';
import type { z } from 'zod';

/** Settings of a probe of kind `http-journey`, in the words of its `Workload`. */
export const httpJourneySettings = httpJourneySettingsSchema;

export type HttpJourneySettings = z.output<typeof httpJourneySettings>;
export type JourneyStep = HttpJourneySettings['steps'][number];
export type Expectation = JourneyStep['expect'];
export type Capture = JourneyStep['capture'][number];
