import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import {
  natsGreeting,
  postgresAnswers,
  projectDir,
  redisAnswers,
  startNats,
  startPostgres,
  startRedis,
} from '../servers/index.mjs';

/** The user that makes streams; services may not. */
const LAUNCHER_USER = 'launcher';

/**
 * Brings up PostgreSQL, NATS and Redis, each from its address in the environment or as a server of our own.
 * @param {{ stateDir: string; env: NodeJS.ProcessEnv; ports: Readonly<Record<string, number>>; secrets: import('./system.d.mts').Secrets; services: readonly string[]; subscribers: readonly import('./system.d.mts').Subscriber[]; say: (line: string) => void }} o
 * @returns {Promise<import('./system.d.mts').Backing>}
 */
export async function startBacking(o) {
  /** @type {import('../servers/index.d.mts').Addressed[]} */
  const started = [];
  const stop = async () => {
    for (const server of started.reverse()) await server.stop();
  };
  try {
    // One after the other would be slower, and a failure of one must still stop the others.
    const results = await Promise.allSettled([postgres(o, started), nats(o, started), redis(o, started)]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    const [adminUrl, natsAccess, redisUrl] = results.map(
      (result) => /** @type {PromiseFulfilledResult<any>} */ (result).value,
    );
    return { adminUrl, nats: natsAccess, redisUrl, started: [...started], stop };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

/** @typedef {Parameters<typeof startBacking>[0]} Start */
/** @typedef {import('../servers/index.d.mts').Addressed[]} Started */

/**
 * @param {Start} o
 * @param {Started} started
 * @returns {Promise<string>} an administrator's address of the database
 */
async function postgres({ stateDir, env, ports, secrets, say }, started) {
  if (env.DATABASE_URL) {
    const url = address('DATABASE_URL', env.DATABASE_URL, ['postgres:', 'postgresql:'], 5432);
    if (!(await postgresAnswers(url.host, url.port)))
      throw new Error(
        `no PostgreSQL answers at DATABASE_URL (${url.shown}): start it, or unset DATABASE_URL to have one started here`,
      );
    say(`PostgreSQL at ${url.shown}`);
    return env.DATABASE_URL;
  }
  const server = await startPostgres({
    dir: join(stateDir, 'postgres'),
    password: secrets.postgres,
    port: ports.postgres,
    say,
  });
  started.push(server);
  say(`PostgreSQL ${server.version} on port ${server.port} (${server.how})`);
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = 'parapet'");
    if (rowCount === 0) await client.query('CREATE DATABASE parapet');
  } finally {
    await client.end();
  }
  const url = new URL(server.url);
  url.pathname = '/parapet';
  return url.href;
}

/**
 * @param {Start} o
 * @param {Started} started
 * @returns {Promise<import('./system.d.mts').NatsAccess>}
 */
async function nats({ stateDir, env, ports, secrets, services, subscribers, say }, started) {
  if (env.NATS_URL) {
    const url = address('NATS_URL', env.NATS_URL, ['nats:', 'tls:'], 4222);
    const greeting = await natsGreeting(url.host, url.port);
    if (!greeting)
      throw new Error(
        `no NATS server answers at NATS_URL (${url.shown}): start it, or unset NATS_URL to have one started here`,
      );
    if (!greeting.jetstream)
      throw new Error(`the NATS server at NATS_URL (${url.shown}) has no JetStream: start it with -js`);
    say(`NATS ${greeting.version} at ${url.shown}`);
    const user = env.NATS_USER ?? (decodeURIComponent(new URL(env.NATS_URL).username) || undefined);
    const password = env.NATS_PASSWORD ?? (decodeURIComponent(new URL(env.NATS_URL).password) || undefined);
    const same = user === undefined ? {} : { user, ...(password === undefined ? {} : { password }) };
    return { url: bareAddress(env.NATS_URL), launcher: same, of: () => same };
  }
  const passwordOf = (/** @type {string} */ user) => /** @type {string} */ (secrets.nats[user]);
  const users = [
    { user: LAUNCHER_USER, password: passwordOf(LAUNCHER_USER) },
    ...serviceUsers(services).map((user) => ({ ...user, password: passwordOf(user.user) })),
    ...subscribers.map(({ name }) => ({ ...subscriberUser(name), password: passwordOf(name) })),
  ];
  const server = await startNats({ dir: join(stateDir, 'nats'), port: ports.nats, users, say });
  started.push(server);
  say(`NATS ${server.version} on port ${server.port} (${server.how})`);
  const of = (/** @type {string} */ user) => ({ user, password: passwordOf(user) });
  return { url: server.url, launcher: of(LAUNCHER_USER), of };
}

/**
 * What a subscriber from outside may do: read its own consumer of EVENTS, which we made for it, and nothing else.
 * @param {string} name
 */
function subscriberUser(name) {
  return {
    user: name,
    permissions: {
      publish: [
        `$JS.API.CONSUMER.INFO.EVENTS.${name}`,
        `$JS.API.CONSUMER.MSG.NEXT.EVENTS.${name}`,
        `$JS.ACK.EVENTS.${name}.>`,
        `$JS.ACK.*.*.EVENTS.${name}.>`,
      ],
      subscribe: [`_INBOX_${name}.>`],
    },
  };
}

/**
 * Each service's rights on the broker: `deploy/nats/users.json`.
 * @param {readonly string[]} services
 * @returns {readonly { user: string; permissions?: { publish: string[]; subscribe: string[] } }[]}
 */
function serviceUsers(services) {
  const file = join(projectDir, 'deploy', 'nats', 'users.json');
  if (!existsSync(file)) return services.map((user) => ({ user }));
  /** @type {{ users: { user: string; permissions: { publish: string[]; subscribe: string[] } }[] }} */
  const declared = JSON.parse(readFileSync(file, 'utf8'));
  const known = declared.users.filter(({ user }) => services.includes(user));
  const missing = services.filter((service) => !known.some(({ user }) => user === service));
  if (missing.length > 0) throw new Error(`${file} declares no user for ${missing.join(', ')}`);
  return known;
}

/**
 * @param {Start} o
 * @param {Started} started
 * @returns {Promise<string>}
 */
async function redis({ stateDir, env, ports, secrets, say }, started) {
  if (env.REDIS_URL) {
    const url = address('REDIS_URL', env.REDIS_URL, ['redis:', 'rediss:'], 6379);
    if (url.protocol === 'redis:' && !(await redisAnswers(url.host, url.port)))
      throw new Error(
        `no Redis answers at REDIS_URL (${url.shown}): start it, or unset REDIS_URL to have one started here`,
      );
    say(`Redis at ${url.shown}`);
    return env.REDIS_URL;
  }
  const server = await startRedis({ dir: join(stateDir, 'redis'), port: ports.redis, password: secrets.redis, say });
  started.push(server);
  say(`Redis ${server.version} on port ${server.port} (${server.how})`);
  return server.url;
}

/**
 * @param {string} name
 * @param {string} text
 * @param {readonly string[]} protocols
 * @param {number} defaultPort
 */
function address(name, text, protocols, defaultPort) {
  let url;
  try {
    url = new URL(text);
  } catch {
    throw new Error(
      `${name} is not an address: it should begin with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    );
  }
  if (!protocols.includes(url.protocol))
    throw new Error(
      `${name} begins with ${url.protocol}//, it should begin with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    );
  const port = url.port ? Number(url.port) : defaultPort;
  return { host: url.hostname, port, protocol: url.protocol, shown: `${url.hostname}:${port}` };
}

/** @param {string} text */
function bareAddress(text) {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href.replace(/\/$/, '');
}
