import type { StartedTestContainer } from 'testcontainers';

/** Tells whether tests are to use containers though the machine has servers of its own. */
export function containersAreForced(): boolean {
  return process.env['TESTS_USE_CONTAINERS'] === '1';
}

/** A PostgreSQL in a container. */
export async function postgresContainer(
  password: string,
  settings: readonly string[] = [],
): Promise<{ adminUrl: string; stop(): Promise<void> }> {
  // Loaded when needed: it is heavy, and most runs use servers without containers.
  const { GenericContainer, Wait } = await import('testcontainers');
  const container = await new GenericContainer('postgres:18-alpine')
    .withEnvironment({ POSTGRES_PASSWORD: password })
    .withExposedPorts(5432)
    .withCommand(['postgres', ...settings.flatMap((setting) => ['-c', setting])])
    // The image starts the server twice: once to set itself up, and then for good.
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
    .start();
  return {
    adminUrl: `postgres://postgres:${password}@${addressOf(container, 5432)}/postgres`,
    stop: stopOf(container),
  };
}

/** A Redis in a container. */
export async function redisContainer(): Promise<{ url: string; stop(): Promise<void> }> {
  const { GenericContainer } = await import('testcontainers');
  const container = await new GenericContainer('redis:8-alpine').withExposedPorts(6379).start();
  return { url: `redis://${addressOf(container, 6379)}`, stop: stopOf(container) };
}

function addressOf(container: StartedTestContainer, port: number): string {
  return `${container.getHost()}:${container.getMappedPort(port)}`;
}

function stopOf(container: StartedTestContainer): () => Promise<void> {
  return async () => {
    await container.stop();
  };
}
