import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectDir } from '../servers/index.mjs';
import { startBacking } from './backing.mjs';
import { readConfiguration, storeConfiguration, tokensFor } from './configuration.mjs';
import { SupervisedService } from './service.mjs';
import { SERVICES } from './services.mjs';
import { holdState, keep, keptOnce, makePassword, settledPorts, stateFolder } from './state.mjs';

export { SERVICES };

/**
 * Starts the whole system on this machine: servers, schema, streams, configuration, five services.
 * @param {import('./system.d.mts').StartOptions} options
 * @returns {Promise<import('./system.d.mts').System>}
 */
export async function startSystem({
  configDir,
  stateDir: wantedState,
  env = process.env,
  serviceEnv = {},
  ports: asked = {},
  say = () => {},
  subscribers = [],
  servicesHeld = false,
  builtAlready = true,
}) {
  // Before anything is started: a wrong file must not cost a minute.
  const documents = readConfiguration(configDir);
  if (builtAlready) requireBuild();
  const stateDir = stateFolder(wantedState);
  const free = holdState(stateDir);
  /** @type {(() => Promise<void> | void)[]} what to undo, last first */
  const undo = [free];
  const stop = once(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });
  try {
    const secrets = keptSecrets(join(stateDir, 'secrets.json'), documents, subscribers);
    const ports = await settledPorts(stateDir, ['postgres', 'nats', 'redis', ...SERVICES], asked);
    const backing = await startBacking({ stateDir, env, ports, secrets, services: SERVICES, subscribers, say });
    undo.push(backing.stop);

    const { migrate, roleUrl } = await import('@parapet/postgres');
    const { applied } = await migrate({ adminUrl: backing.adminUrl, passwords: secrets.roles });
    if (applied.length > 0) say(`database: applied ${applied.join(', ')}`);
    await makeStreams(backing.nats, subscribers, env);
    const urlOf = (/** @type {typeof SERVICES[number]} */ name) => roleUrl(backing.adminUrl, name, secrets.roles[name]);
    await storeConfiguration({ databaseUrl: urlOf('release-control'), documents, tokens: secrets.tokens });

    const consoleUrl = `http://127.0.0.1:${ports['release-control']}`;
    const logDir = join(stateDir, 'logs');
    mkdirSync(logDir, { recursive: true });
    chmodSync(logDir, 0o700);
    const services = Object.fromEntries(
      SERVICES.map((name) => {
        const port = /** @type {number} */ (ports[name]);
        const access = backing.nats.of(name);
        const serviceEnvironment = {
          ...withoutAddresses(env),
          NODE_ENV: 'production',
          HOST: '127.0.0.1',
          PORT: String(port),
          DATABASE_URL: urlOf(name),
          NATS_URL: backing.nats.url,
          ...(access.user === undefined ? {} : { NATS_USER: access.user, NATS_PASSWORD: access.password ?? '' }),
          REDIS_URL: backing.redisUrl,
          PARAPET_PUBLIC_URL: consoleUrl,
          ...serviceEnv[name],
        };
        return [
          name,
          new SupervisedService({
            name,
            args: nodeArguments(name),
            env: serviceEnvironment,
            port,
            logDir,
            runDir: stateDir,
            say,
          }),
        ];
      }),
    );
    undo.push(async () => {
      // Doors first, so that nothing new comes in while the others finish.
      await Promise.all(['metrics-ingestion', 'kpi-probing'].map((name) => services[name]?.stop()));
      await Promise.all(Object.values(services).map((service) => service.stop()));
    });
    if (!servicesHeld) {
      await Promise.all(Object.values(services).map((service) => service.start()));
      say(`${SERVICES.length} services ready`);
    }
    return {
      stateDir,
      urls: {
        console: consoleUrl,
        ingestion: `http://127.0.0.1:${ports['metrics-ingestion']}`,
        postgres: backing.adminUrl,
        nats: backing.nats.url,
        redis: backing.redisUrl,
        services: /** @type {any} */ (
          Object.fromEntries(SERVICES.map((name) => [name, `http://127.0.0.1:${ports[name]}`]))
        ),
      },
      tokens: secrets.tokens,
      nats: backing.nats,
      roleUrl: urlOf,
      services: /** @type {any} */ (services),
      servers: backing.started,
      stop,
    };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

/**
 * @param {string} file
 * @param {readonly { tenant: string }[]} documents
 * @param {readonly import('./system.d.mts').Subscriber[]} subscribers
 * @returns {import('./system.d.mts').Secrets}
 */
function keptSecrets(file, documents, subscribers) {
  const secrets = keptOnce(file, () => ({
    postgres: makePassword(),
    redis: makePassword(),
    nats: Object.fromEntries(['launcher', ...SERVICES].map((user) => [user, makePassword()])),
    roles: Object.fromEntries(SERVICES.map((name) => [name, makePassword()])),
    tokens: {},
  }));
  const tenants = [...new Set(documents.map(({ tenant }) => tenant))];
  const complete = {
    ...secrets,
    // Who is new since the first run gets a password too; known ones keep theirs.
    nats: { ...Object.fromEntries(subscribers.map(({ name }) => [name, makePassword()])), ...secrets.nats },
    tokens: { ...secrets.tokens, ...tokensFor(tenants, secrets.tokens) },
  };
  keep(file, complete);
  return /** @type {import('./system.d.mts').Secrets} */ (complete);
}

/**
 * @param {import('./system.d.mts').NatsAccess} nats
 * @param {readonly import('./system.d.mts').Subscriber[]} subscribers
 * @param {NodeJS.ProcessEnv} env
 */
async function makeStreams(nats, subscribers, env) {
  const { connectJetStream, ensureConsumer, ensureStreams, streamSizesOf } = await import('@parapet/jetstream');
  const connection = await connectJetStream({ url: nats.url, name: 'parapet-launcher', ...nats.launcher });
  try {
    await ensureStreams(connection, streamSizesOf(env));
    for (const { name, filter } of subscribers) {
      await ensureConsumer(connection, 'EVENTS', {
        name,
        filter,
        ackWaitMs: 30_000,
        ackPendingMax: 100,
        deliveriesMax: 20,
      });
    }
  } finally {
    await connection.close();
  }
}

/** @param {string} name */
function nodeArguments(name) {
  const tracing = join(projectDir, 'libs', 'telemetry', 'dist', 'tracing.js');
  const hook = existsSync(tracing) ? ['--import', pathToFileURL(tracing).href] : [];
  return ['--enable-source-maps', ...hook, join(projectDir, 'services', name, 'dist', 'main.js')];
}

/** Services get their own role's addresses; the administrator's stay here. @param {NodeJS.ProcessEnv} env */
function withoutAddresses(env) {
  const { DATABASE_URL, NATS_URL, NATS_USER, NATS_PASSWORD, REDIS_URL, NODE_OPTIONS, ...rest } = env;
  return rest;
}

function requireBuild() {
  const missing = SERVICES.filter((name) => !existsSync(join(projectDir, 'services', name, 'dist', 'main.js')));
  if (missing.length > 0) throw new Error(`not built yet: ${missing.join(', ')}. Run npm run build`);
}

/** @param {() => Promise<void>} work */
function once(work) {
  /** @type {Promise<void> | undefined} */
  let running;
  return () => (running ??= work());
}
