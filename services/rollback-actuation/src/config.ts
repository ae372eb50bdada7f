import { parseEnvironment, serviceVariables } from '@parapet/nest';

/** What rollback-actuation reads from its environment; secrets of targets are named in the configuration. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>) {
  return parseEnvironment(serviceVariables, environment);
}
