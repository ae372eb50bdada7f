import { parseEnvironment, serviceVariables } from '@parapet/nest';

/** What kpi-probing reads from its environment. */
export const parseConfig = (environment: Readonly<Record<string, string | undefined>> = process.env) =>
  parseEnvironment(serviceVariables, environment);

export type KpiProbingConfig = ReturnType<typeof parseConfig>;
