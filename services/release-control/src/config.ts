import { parseEnvironment, serviceVariables } from '@parapet/nest';
import { z } from 'zod';

/** Where the console is reached from outside; links in proposals and cookies follow it. */
export const PUBLIC_URL = Symbol('public url');

const variables = {
  ...serviceVariables,
  /** After this long without a judgement a verdict that is not final is no longer believed. */
  PARAPET_STALE_AFTER_SECONDS: z.coerce
    .number({ error: 'must be a number of seconds, 1 to 3600' })
    .min(1, { error: 'must be a number of seconds, 1 to 3600' })
    .max(3_600, { error: 'must be a number of seconds, 1 to 3600' })
    .default(30),
} as const;

/** What release-control was told when it started. */
export type ReleaseControlConfig = z.output<z.ZodObject<typeof variables>>;

/** Reads the environment; throws with every problem at once. */
export function readConfig(environment?: Readonly<Record<string, string | undefined>>): ReleaseControlConfig {
  const config = parseEnvironment(variables, environment);
  return { ...config, PARAPET_PUBLIC_URL: config.PARAPET_PUBLIC_URL.replace(/\/+$/, '') };
}
