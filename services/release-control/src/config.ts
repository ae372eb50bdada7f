import { parseEnvironment, type ServiceVariables, serviceVariables } from '@parapet/nest';

/** Where the console is reached from outside; links in proposals and cookies follow it. */
export const PUBLIC_URL = Symbol('public url');

/** What release-control was told when it started. */
export type ReleaseControlConfig = ServiceVariables;

/** Reads the environment; throws with every problem at once. */
export function readConfig(environment?: Readonly<Record<string, string | undefined>>): ReleaseControlConfig {
  const config = parseEnvironment(serviceVariables, environment);
  return { ...config, PARAPET_PUBLIC_URL: config.PARAPET_PUBLIC_URL.replace(/\/+$/, '') };
}
