import { type DynamicModule, Module } from '@nestjs/common';
import { DeadLetters, type JetStreamConnection, SignalPublisher } from '@parapet/jetstream';
import type { MakeId } from '@parapet/kernel';
import {
  Authenticator,
  CLOCK,
  ConfigurationWatcher,
  JETSTREAM,
  LOGGER,
  MAKE_ID,
  REDIS,
  ServiceModule,
} from '@parapet/nest';
import { Database, Journal, Relay } from '@parapet/postgres';
import type { Clock } from '@parapet/runtime';
import { Metrics, type ServiceLogger } from '@parapet/telemetry';
import type { Redis } from 'ioredis';
import { alertmanagerDoor } from './alertmanager/door.js';
import type { IngestionConfig } from './config.js';
import { AdmissionDesk } from './door/admission.js';
import { Intake } from './door/intake.js';
import type { DoorKind } from './door/kind.js';
import { RateLimit } from './door/rate-limit.js';
import { RefusalMemory } from './door/refusal-memory.js';
import { Refusals } from './door/refusals.js';
import { Replays } from './door/replays.js';
import { Secrets } from './door/secrets.js';
import { SeenRecords } from './door/seen-records.js';
import { Signatures } from './door/signatures.js';
import { Storage } from './door/storage.js';
import { Heart } from './heartbeat/heart.js';
import { grafanaDoor } from './grafana/door.js';
import { otlpDoor } from './otlp/door.js';
import { prometheusDoor } from './prometheus/door.js';
import { remoteWriteDoor } from './remote-write/door.js';
import { Asking } from './query/asking.js';
import { signalsUsed } from './query/signals-used.js';
import { QueryTurns } from './query/turns.js';
import { samplesDoor } from './samples/door.js';

/** Every kind of door; the next one is a folder beside these and a line here. */
export const DOORS: readonly DoorKind[] = [
  alertmanagerDoor,
  prometheusDoor,
  grafanaDoor,
  samplesDoor(),
  remoteWriteDoor(),
  otlpDoor(),
];

/** All wiring of metrics-ingestion. */
@Module({})
export class AppModule {
  static register(config: IngestionConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [ServiceModule.register({ service: 'metrics-ingestion', config, redis: true, relay: true })],
      providers: [
        {
          provide: AdmissionDesk,
          inject: [Authenticator, ConfigurationWatcher, REDIS, LOGGER, Metrics],
          useFactory: (
            authenticator: Authenticator,
            watcher: ConfigurationWatcher,
            redis: Redis,
            logger: ServiceLogger,
            metrics: Metrics,
          ) => new AdmissionDesk(authenticator, watcher, new RateLimit(redis, logger, metrics)),
        },
        {
          provide: Storage,
          inject: [JETSTREAM, REDIS, Metrics],
          useFactory: (jetstream: JetStreamConnection, redis: Redis, metrics: Metrics) =>
            new Storage(
              new SignalPublisher(jetstream.publisher(), { partitions: config.PARAPET_PARTITIONS }),
              new SeenRecords(redis, metrics),
            ),
        },
        {
          provide: Heart,
          inject: [JETSTREAM, CLOCK, LOGGER],
          useFactory: (jetstream: JetStreamConnection, clock: Clock, logger: ServiceLogger) =>
            new Heart(
              { everyMs: config.PARAPET_HEARTBEAT_SECONDS * 1_000, partitions: config.PARAPET_PARTITIONS },
              jetstream,
              clock,
              logger,
            ),
        },
        {
          provide: Asking,
          inject: [ConfigurationWatcher, JETSTREAM, Database, Journal, Relay, MAKE_ID, CLOCK, Metrics, LOGGER],
          useFactory: (
            watcher: ConfigurationWatcher,
            jetstream: JetStreamConnection,
            db: Database,
            journal: Journal,
            relay: Relay,
            makeId: MakeId,
            clock: Clock,
            metrics: Metrics,
            logger: ServiceLogger,
          ) =>
            new Asking({
              watcher,
              turns: new QueryTurns(config.DATABASE_URL, logger),
              signalsUsed: () => signalsUsed(jetstream),
              publisher: new SignalPublisher(jetstream.publisher(), { partitions: config.PARAPET_PARTITIONS }),
              book: { db, journal, relay },
              makeId,
              clock,
              metrics,
              logger,
            }),
        },
        {
          provide: RefusalMemory,
          inject: [REDIS, Metrics],
          useFactory: (redis: Redis, metrics: Metrics) => new RefusalMemory(redis, metrics),
        },
        {
          provide: Refusals,
          inject: [JETSTREAM, RefusalMemory, Database, Journal, Relay, Metrics, LOGGER],
          useFactory: (
            jetstream: JetStreamConnection,
            memory: RefusalMemory,
            db: Database,
            journal: Journal,
            relay: Relay,
            metrics: Metrics,
            logger: ServiceLogger,
          ) => new Refusals(new DeadLetters(jetstream), memory, { db, journal, relay }, metrics, logger),
        },
        {
          provide: Signatures,
          inject: [REDIS, Metrics, LOGGER],
          useFactory: (redis: Redis, metrics: Metrics, logger: ServiceLogger) =>
            new Signatures(new Secrets(), new Replays(redis, metrics), logger),
        },
        {
          provide: Intake,
          inject: [AdmissionDesk, Storage, Refusals, Signatures, LOGGER, Metrics, MAKE_ID, CLOCK],
          useFactory: (
            desk: AdmissionDesk,
            storage: Storage,
            refusals: Refusals,
            signatures: Signatures,
            logger: ServiceLogger,
            metrics: Metrics,
            makeId: MakeId,
            clock: Clock,
          ) => new Intake(desk, storage, refusals, signatures, { logger, metrics, makeId, nowMs: () => clock.nowMs() }),
        },
      ],
    };
  }
}
