import { parseEnvironment, serviceVariables } from '@parapet/nest';

/** What guardrail-evaluation reads from its environment. */
export const parseConfig = (environment: Readonly<Record<string, string | undefined>> = process.env) =>
  parseEnvironment(serviceVariables, environment);

export type GuardrailEvaluationConfig = ReturnType<typeof parseConfig>;
export const CONFIG = Symbol('guardrail-evaluation-config');
