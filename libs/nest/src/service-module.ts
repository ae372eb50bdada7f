import { randomFillSync } from 'node:crypto';
import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import type { ServiceName } from '@parapet/contracts';
import { AdvisoryWatch, type JetStreamConnection, connectJetStream, streamTail } from '@parapet/jetstream';
import { type MakeId, idMaker } from '@parapet/kernel';
import { Database, Journal, Relay } from '@parapet/postgres';
import type { Clock } from '@parapet/runtime';
import { Metrics, type ServiceLogger, makeLogger } from '@parapet/telemetry';
import { Redis } from 'ioredis';
import { Authenticator } from './authenticator.js';
import { ConfigurationWatcher } from './configuration-watcher.js';
import type { ServiceVariables } from './environment.js';
import { Readiness } from './readiness.js';

/** Injection tokens of what is no class of its own; classes are injected by themselves. */
export const LOGGER = Symbol('logger');
export const JETSTREAM = Symbol('jetstream');
export const REDIS = Symbol('redis');
export const MAKE_ID = Symbol('make-id');
export const CLOCK = Symbol('clock');
export const SERVICE_VARIABLES = Symbol('service-variables');

/** Which of the shared servers a service uses; what it does not name is not opened. */
export interface ServiceNeeds {
  readonly service: ServiceName;
  readonly config: ServiceVariables;
  readonly redis?: boolean;
  /** Publishes this service's journal rows right after their commit, and sweeps up what a crashed one left. */
  readonly relay?: boolean;
  /** Turns what the broker itself gave up on into dead letters; one service does. */
  readonly advisories?: boolean;
}

/** Runs the watch for what the broker gave up on as long as the service runs. */
@Injectable()
class Advisories implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(@Inject(AdvisoryWatch) private readonly watch: AdvisoryWatch) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.watch.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.watch.stop();
  }
}

/** Closes what the module opened, after everything that uses it has stopped. */
@Injectable()
class Closing implements OnApplicationShutdown {
  constructor(
    @Inject(Database) private readonly db: Database,
    @Inject(JETSTREAM) private readonly jetstream: JetStreamConnection,
    @Inject(ConfigurationWatcher) private readonly watcher: ConfigurationWatcher,
    @Inject(REDIS) private readonly redis: Redis | null,
    @Inject(Relay) private readonly relay: Relay | null,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await this.watcher.stop();
    await this.relay?.stop();
    await this.jetstream.close();
    this.redis?.disconnect();
    await this.db.end();
  }
}

/**
 * The servers and helpers that every service shares: `LOGGER`, `Metrics`, `Readiness`, `Database`, `Journal`, `JETSTREAM`, `REDIS`,
 * `Relay`, `ConfigurationWatcher`, `Authenticator`, `MAKE_ID`, `CLOCK`. Opened when the application starts, closed last.
 */
@Module({})
export class ServiceModule {
  static register(needs: ServiceNeeds): DynamicModule {
    const providers = providersOf(needs);
    const loops = needs.advisories === true ? [advisoryWatch, Advisories] : [];
    return { module: ServiceModule, providers: [...providers, ...loops, Closing], exports: providers };
  }
}

function providersOf({ service, config, redis = false, relay = false }: ServiceNeeds): Provider[] {
  return [
    { provide: SERVICE_VARIABLES, useValue: config },
    { provide: LOGGER, useFactory: () => makeLogger({ service, level: config.PARAPET_LOG_LEVEL }) },
    { provide: Metrics, useFactory: () => new Metrics({ service }) },
    { provide: CLOCK, useValue: { nowMs: () => Date.now() } satisfies Clock },
    { provide: MAKE_ID, useFactory: (): MakeId => idMaker(Date.now, (bytes) => void randomFillSync(bytes)) },
    Readiness,
    {
      provide: Database,
      inject: [LOGGER, Readiness],
      useFactory: (logger: ServiceLogger, readiness: Readiness) => {
        const db = Database.connect({
          url: config.DATABASE_URL,
          applicationName: service,
          onProblem: (error: Error) => logger.warn({ err: error }, 'PostgreSQL'),
        });
        readiness.needs('postgres', () => db.ping());
        return db;
      },
    },
    { provide: Journal, inject: [MAKE_ID], useFactory: (makeId: MakeId) => new Journal(makeId) },
    {
      provide: JETSTREAM,
      inject: [LOGGER, Readiness],
      useFactory: (logger: ServiceLogger, readiness: Readiness) => openJetStream(service, config, logger, readiness),
    },
    {
      provide: REDIS,
      inject: [LOGGER],
      useFactory: (logger: ServiceLogger) => (redis ? openRedis(config.REDIS_URL, service, logger) : null),
    },
    {
      provide: ConfigurationWatcher,
      inject: [Database, LOGGER, Metrics],
      useFactory: async (db: Database, logger: ServiceLogger, metrics: Metrics) => {
        const watcher = new ConfigurationWatcher(db, logger, metrics);
        await watcher.start().catch((cause: unknown) => {
          throw new Error(
            `cannot read the configuration from PostgreSQL at ${withoutCredentials(config.DATABASE_URL)}: ${(cause as Error).message}. Start it there and run the migrations, or set DATABASE_URL.`,
            { cause },
          );
        });
        return watcher;
      },
    },
    {
      provide: Authenticator,
      inject: [ConfigurationWatcher, LOGGER],
      useFactory: (watcher: ConfigurationWatcher, logger: ServiceLogger) => new Authenticator(watcher, logger),
    },
    {
      provide: Relay,
      inject: [Database, JETSTREAM, LOGGER, Metrics],
      useFactory: (db: Database, jetstream: JetStreamConnection, logger: ServiceLogger, metrics: Metrics) =>
        relay ? openRelay(db, jetstream, logger, metrics) : null,
    },
  ];
}

const advisoryWatch: Provider = {
  provide: AdvisoryWatch,
  inject: [JETSTREAM, LOGGER],
  useFactory: (jetstream: JetStreamConnection, logger: ServiceLogger) =>
    new AdvisoryWatch(jetstream, { onTrouble: (what, error) => logger.warn({ err: error }, what) }),
};

async function openJetStream(
  service: ServiceName,
  config: ServiceVariables,
  logger: ServiceLogger,
  readiness: Readiness,
): Promise<JetStreamConnection> {
  const connection = await connectJetStream({
    url: config.NATS_URL,
    name: service,
    ...(config.NATS_USER === undefined ? {} : { user: config.NATS_USER, password: config.NATS_PASSWORD ?? '' }),
  });
  readiness.needs('nats', () => connection.ping());
  connection.onStatus((status) => {
    if (status.kind === 'error') logger.warn({ err: status.error }, 'NATS');
    else logger[status.kind === 'disconnected' ? 'warn' : 'info']({ status: status.kind }, 'the connection to NATS');
  });
  return connection;
}

function openRelay(db: Database, jetstream: JetStreamConnection, logger: ServiceLogger, metrics: Metrics): Relay {
  const relay = new Relay(db, jetstream.publisher(), {
    tail: streamTail(jetstream),
    onProblem: (error: Error) => logger.warn({ err: error }, 'the relay'),
    onPublished: (_, lagMs) => {
      metrics.count('parapet_relay_published_total', {});
      metrics.observe('parapet_relay_lag_seconds', {}, lagMs / 1_000);
    },
  });
  relay.start();
  // A broker that was away may have come back as an older copy of itself.
  jetstream.onStatus((status) => {
    if (status.kind !== 'reconnected') return;
    relay
      .compareTails(true)
      .then(() => relay.sweep())
      .catch((error: unknown) =>
        logger.warn({ err: error }, 'cannot compare the tail of EVENTS after a reconnect; the next minute tries again'),
      );
  });
  return relay;
}

/** Redis holds what may be lost: no command waits for it, and its absence is one warning, not one a second. */
function openRedis(url: string, service: ServiceName, logger: ServiceLogger): Redis {
  const redis = new Redis(url, {
    connectionName: service,
    commandTimeout: 250,
    connectTimeout: 2_000,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(2_000, 50 * 2 ** times),
  });
  let isAway = false;
  redis.on('error', (error: Error) => {
    if (!isAway) logger.warn({ err: error }, 'Redis is away; going on without it');
    isAway = true;
  });
  redis.on('ready', () => {
    if (isAway) logger.info('Redis is back');
    isAway = false;
  });
  return redis;
}

function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//');
}
