import { parseEnvironment, serviceVariables } from '@parapet/nest';

/** What this service reads from its environment: what all services do, and nothing of its own. */
export type IngestionConfig = ReturnType<typeof readConfig>;

/** Reads the environment; throws EnvironmentInvalid with every problem at once. */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env) {
  return parseEnvironment(serviceVariables, environment);
}
