import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import type { ReleaseEvent } from '@parapet/decisions';
import { DeadLetters, type JetStreamConnection } from '@parapet/jetstream';
import type { MakeId } from '@parapet/kernel';
import { ConfigurationWatcher, JETSTREAM, LOGGER, MAKE_ID, REDIS, ServiceModule } from '@parapet/nest';
import { ConfigurationStore, Database, Journal, Relay } from '@parapet/postgres';
import { Metrics, type ServiceLogger } from '@parapet/telemetry';
import type { Redis } from 'ioredis';
import { Door } from './access/door.js';
import { SessionController } from './access/session.controller.js';
import { Sessions } from './access/sessions.js';
import { PUBLIC_URL, type ReleaseControlConfig } from './config.js';
import { ConfigurationController } from './configuration/configuration.controller.js';
import { Configurations } from './configuration/configurations.js';
import { ConsoleController } from './console/console.controller.js';
import { ConsoleFiles } from './console/console-files.js';
import { DeadLettersController } from './dead-letters/dead-letters.controller.js';
import { DecisionLoop } from './decisions/decision-loop.js';
import { ExpiryLoop } from './decisions/expiry-loop.js';
import { Changes } from './http/changes.js';
import { Idempotency } from './http/idempotency.js';
import { JournalController } from './journal/journal.controller.js';
import { Answers } from './proposals/answers.js';
import { ProposalsController } from './proposals/proposals.controller.js';
import { Deployments } from './releases/deployments.js';
import { GateController } from './releases/gate.controller.js';
import { Live } from './releases/live.js';
import { Registration } from './releases/registration.js';
import { ReleaseStreams } from './releases/release-streams.js';
import { Releases } from './releases/releases.js';
import { ReleasesController } from './releases/releases.controller.js';
import { RecentSeries } from './releases/series.js';

/** release-control's wiring on one page. */
@Module({})
export class AppModule {
  static of(config: ReleaseControlConfig, consoleFiles: ConsoleFiles): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ServiceModule.register({ service: 'release-control', config, redis: true, relay: true, advisories: true }),
      ],
      // The console answers every address that nobody else has, so it stands last.
      controllers: [
        ReleasesController,
        GateController,
        ProposalsController,
        ConfigurationController,
        JournalController,
        DeadLettersController,
        SessionController,
        DecisionLoop,
        ConsoleController,
      ],
      providers: [
        { provide: PUBLIC_URL, useValue: config.PARAPET_PUBLIC_URL },
        { provide: ConsoleFiles, useValue: consoleFiles },
        { provide: ConfigurationStore, useClass: ConfigurationStore },
        Door,
        Changes,
        ExpiryLoop,
        ...registry(config.PARAPET_PUBLIC_URL),
        ...adapters(),
      ],
    };
  }
}

/** Releases and what is done with them. */
function registry(consoleUrl: string): Provider[] {
  return [
    {
      provide: Live,
      inject: [Database, LOGGER],
      useFactory: (db: Database, logger: ServiceLogger) =>
        new Live(db, (error) =>
          logger.warn({ err: error }, 'cannot look for new events of followed releases; the next look tries again'),
        ),
    },
    {
      provide: ReleaseStreams,
      inject: [Journal, MAKE_ID, ConfigurationWatcher, Relay, Live, Metrics],
      useFactory: (
        journal: Journal,
        makeId: MakeId,
        configurations: ConfigurationWatcher,
        relay: Relay,
        live: Live,
        metrics: Metrics,
      ) =>
        new ReleaseStreams(
          journal,
          makeId,
          (tenant, workload) => configurations.current(tenant)?.workloads.find((one) => one.name === workload) ?? null,
          consoleUrl,
          (tenant, release, events) => {
            relay.nudge(tenant);
            live.changed(tenant, release);
            countDecisions(metrics, tenant, events);
          },
        ),
    },
    {
      provide: Registration,
      inject: [ReleaseStreams, MAKE_ID],
      useFactory: (streams: ReleaseStreams, makeId: MakeId) => new Registration(streams, makeId),
    },
    {
      provide: Deployments,
      inject: [ReleaseStreams],
      useFactory: (streams: ReleaseStreams) => new Deployments(streams),
    },
    {
      provide: Answers,
      inject: [ReleaseStreams, MAKE_ID],
      useFactory: (streams: ReleaseStreams, makeId: MakeId) => new Answers(streams, makeId),
    },
    {
      provide: Releases,
      inject: [Database, ReleaseStreams],
      useFactory: (db: Database, streams: ReleaseStreams) => new Releases(db, streams),
    },
    { provide: RecentSeries, inject: [Database], useFactory: (db: Database) => new RecentSeries(db) },
  ];
}

function countDecisions(metrics: Metrics, tenant: string, events: readonly ReleaseEvent[]): void {
  for (const event of events) {
    if (event.type === 'DecisionMade') metrics.count('parapet_decisions_total', { tenant, outcome: event.outcome });
    if (event.type === 'ProposalEnded') metrics.count('parapet_proposals_total', { tenant, end: event.end });
  }
}

function adapters(): Provider[] {
  return [
    { provide: Idempotency, inject: [Database], useFactory: (db: Database) => new Idempotency(db) },
    { provide: Sessions, inject: [REDIS], useFactory: (redis: Redis) => new Sessions(redis) },
    {
      provide: DeadLetters,
      inject: [JETSTREAM],
      useFactory: (connection: JetStreamConnection) => new DeadLetters(connection),
    },
    {
      provide: Configurations,
      inject: [ConfigurationStore, Journal],
      useFactory: (store: ConfigurationStore, journal: Journal) => new Configurations(store, journal),
    },
  ];
}
