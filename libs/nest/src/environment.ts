import { z } from 'zod';

/** The environment is not what the service needs; says everything that is wrong, one line each. */
export class EnvironmentInvalid extends Error {
  override readonly name = 'EnvironmentInvalid';
  constructor(readonly problems: readonly string[]) {
    super(`the environment is not complete:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

const address = (protocol: RegExp, example: string) =>
  z.string({ error: `is not set; an address such as ${example}` }).refine((text) => protocol.test(text), {
    error: `must be an address such as ${example}`,
  });

/** What every service reads from its environment; a service adds its own beside these. */
export const serviceVariables = {
  PORT: z.coerce.number({ error: 'must be a port, 0 to 65535' }).int().min(0).max(65_535),
  HOST: z.string().min(1).default('127.0.0.1'),
  DATABASE_URL: address(/^postgres(ql)?:\/\//, 'postgres://user:password@127.0.0.1:5432/parapet'),
  NATS_URL: address(/^(nats|tls):\/\//, 'nats://127.0.0.1:4222'),
  NATS_USER: z.string().min(1).optional(),
  NATS_PASSWORD: z.string().optional(),
  REDIS_URL: address(/^rediss?:\/\//, 'redis://127.0.0.1:6379'),
  PARAPET_PARTITIONS: z.coerce.number({ error: 'must be a number, 1 to 4096' }).int().min(1).max(4096).default(32),
  PARAPET_HEARTBEAT_SECONDS: z.coerce
    .number({ error: 'must be a number of seconds, 1 to 3600' })
    .min(1)
    .max(3_600)
    .default(15),
  PARAPET_PUBLIC_URL: address(/^https?:\/\//, 'https://guard.example.com').default('http://127.0.0.1:3000'),
  PARAPET_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
} as const;

/** The part of a service's configuration that all have. */
export type ServiceVariables = z.output<z.ZodObject<typeof serviceVariables>>;

/**
 * Reads a service's environment against its variables; throws EnvironmentInvalid with every problem at once.
 * An empty text counts as absent: that is how shells and compose files say "not set".
 */
export function parseEnvironment<S extends z.ZodRawShape>(
  variables: S,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): z.output<z.ZodObject<S>> {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = z.object(variables).safeParse(present);
  if (parsed.success) return parsed.data;
  throw new EnvironmentInvalid(
    parsed.error.issues.map((issue) => {
      const name = issue.path.map(String).join('.');
      return `${name} ${present[name] === undefined && !issue.message.startsWith('is not set') ? 'is not set: ' : ''}${issue.message}`;
    }),
  );
}
