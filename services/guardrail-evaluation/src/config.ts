import { parseEnvironment, serviceVariables } from '@parapet/nest';

/** What guardrail-evaluation reads from its environment. */
export const parseConfig = (environment: Readonly<Record<string, string | undefined>> = process.env) =>
  parseEnvironment(serviceVariables, environment);

/** The environment as it was read. */
export type GuardrailEvaluationConfig = ReturnType<typeof parseConfig>;
/** Injection token of the environment as it was read. */
export const CONFIG = Symbol('guardrail-evaluation-config');
