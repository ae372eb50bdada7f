import { parseEnvironment, serviceVariables, tlsFilesOf, tlsVariables } from '@parapet/nest';

/** What this service reads from its environment: what all services do, and the files of TLS if it is to end it itself. */
export type IngestionConfig = ReturnType<typeof readConfig>;

/** Reads the environment; throws EnvironmentInvalid with every problem at once. */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env) {
  const variables = parseEnvironment({ ...serviceVariables, ...tlsVariables }, environment);
  return { ...variables, tls: tlsFilesOf(variables) };
}
