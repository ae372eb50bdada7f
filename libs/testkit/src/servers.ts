import * as servers from '../../../tools/servers/index.mjs';
import { containersAreForced, postgresContainer, redisContainer } from './containers.js';

export { freePort, startBackedUpPostgres } from '../../../tools/servers/index.mjs';

/** The superuser's password of every throw-away PostgreSQL. */
export const TEST_PASSWORD = 'throw-away';

/** A PostgreSQL of one's own with an empty data folder. */
export interface TestPostgres {
  readonly adminUrl: string;
  stop(): Promise<void>;
}

/** A NATS server of one's own with JetStream. */
export interface TestNats {
  readonly url: string;
  /** Holds its configuration, its log and its streams. */
  readonly dir: string;
  readonly version: string;
  stop(): Promise<void>;
  /** Stops it and starts it again on the same port with the same streams. */
  restart(): Promise<void>;
  /** Ends it as a crash would; `restart` brings it back. */
  crash(): Promise<void>;
}

/** Any other server of one's own. */
export interface TestServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a fresh PostgreSQL; its data is gone after `stop`. `settings` are added, as `name=value`. */
export async function startPostgres({ settings = [] }: { settings?: readonly string[] } = {}): Promise<TestPostgres> {
  if (containersAreForced()) return await postgresContainer(TEST_PASSWORD, settings);
  const { dir, remove } = servers.temporaryFolder('postgres');
  const start = { dir, password: TEST_PASSWORD, fresh: true, settings };
  const server = await startedIn(remove, () => servers.startPostgres(start));
  return { adminUrl: server.url, stop: stopper(server, remove) };
}

/** Starts a fresh NATS server with JetStream; `config` is added to its configuration file. */
export async function startNats(
  options: { config?: string; users?: readonly servers.NatsUser[] } = {},
): Promise<TestNats> {
  const { dir, remove } = servers.temporaryFolder('nats');
  const start = (port?: number) => servers.startNats({ dir, ...options, ...(port === undefined ? {} : { port }) });
  let server = await startedIn(remove, () => start());
  const { url, port, version } = server;
  return {
    url,
    dir,
    version,
    stop: async () => {
      await server.stop();
      remove();
    },
    restart: async () => {
      await server.stop();
      server = await start(port);
    },
    crash: async () => {
      server.kill('SIGKILL');
      await server.exited;
    },
  };
}

/** Starts a fresh Redis that keeps nothing on disk. */
export async function startRedis(): Promise<TestServer> {
  if (containersAreForced()) return await redisContainer();
  return await serverIn('redis', (dir) => servers.startRedis({ dir }));
}

/** Starts a fresh Prometheus; `rulesYaml` is the file `rules.yml` beside its configuration. */
export async function startPrometheus(options: {
  configYaml: string;
  rulesYaml?: string;
  resendDelay?: string;
  /** What it measured before it was started, as OpenMetrics with times. */
  pastOpenMetrics?: string;
}): Promise<TestServer> {
  return await serverIn('prometheus', (dir) => servers.startPrometheus({ dir, ...options }));
}

/** Starts a fresh Alertmanager; with `cluster` it is one of several, each on a port of its own among them. */
export async function startAlertmanager(options: {
  configYaml: string;
  cluster?: { readonly port: number; readonly peers: readonly number[] };
}): Promise<TestServer> {
  return await serverIn('alertmanager', (dir) => servers.startAlertmanager({ dir, ...options }));
}

async function serverIn(name: string, start: (dir: string) => Promise<servers.Addressed>): Promise<TestServer> {
  const { dir, remove } = servers.temporaryFolder(name);
  const server = await startedIn(remove, () => start(dir));
  return { url: server.url, stop: stopper(server, remove) };
}

async function startedIn(remove: () => void, start: () => Promise<servers.Addressed>): Promise<servers.Addressed> {
  try {
    return await start();
  } catch (cause) {
    remove();
    throw cause;
  }
}

function stopper(server: servers.Addressed, remove: () => void): () => Promise<void> {
  return async () => {
    await server.stop();
    remove();
  };
}
