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
import { Alerts } from './alerts/alerts.js';
import { AlertsController } from './alerts/alerts.controller.js';
import { PUBLIC_URL, type ReleaseControlConfig } from './config.js';
import { ConfigurationController } from './configuration/configuration.controller.js';
import { Configurations } from './configuration/configurations.js';
import { ConsoleController } from './console/console.controller.js';
import { ConsoleFiles } from './console/console-files.js';
import { DeadLettersController } from './dead-letters/dead-letters.controller.js';
import { DecisionLoop } from './decisions/decision-loop.js';
import { ExpiryLoop } from './decisions/expiry-loop.js';
import { HEART_RATE, HeartbeatController } from './heartbeat/heartbeat.controller.js';
import type { HeartRate } from './heartbeat/pulse.js';
import { Changes } from './http/changes.js';
import { Idempotency } from './http/idempotency.js';
import { Breaches } from './ladder/breaches.js';
import { Guardrails } from './ladder/guardrails.js';
import { GuardrailsController } from './ladder/guardrails.controller.js';
import { Ladder } from './ladder/ladder.js';
import { Marks } from './ladder/marks.js';
import { MarksController } from './ladder/marks.controller.js';
import { Proving } from './ladder/proving.js';
import { JournalController } from './journal/journal.controller.js';
import { Answers } from './proposals/answers.js';
import { ProposalsController } from './proposals/proposals.controller.js';
import { Deployments } from './releases/deployments.js';
import { Gate } from './releases/gate.js';
import { GateController } from './releases/gate.controller.js';
import { LastVerdicts } from './releases/last-verdicts.js';
import { Live } from './releases/live.js';
import { RecentLists } from './releases/recent-lists.js';
import { Registration } from './releases/registration.js';
import { ReleaseStreams } from './releases/release-streams.js';
import { Releases } from './releases/releases.js';
import { ReleasesController } from './releases/releases.controller.js';
import { RecentSeries } from './releases/series.js';
import { Staleness } from './releases/staleness.js';

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
        AlertsController,
        MarksController,
        GuardrailsController,
        ConfigurationController,
        JournalController,
        DeadLettersController,
        SessionController,
        HeartbeatController,
        DecisionLoop,
        ConsoleController,
      ],
      providers: [
        { provide: PUBLIC_URL, useValue: config.PARAPET_PUBLIC_URL },
        { provide: HEART_RATE, useValue: heartRate(config) },
        { provide: ConsoleFiles, useValue: consoleFiles },
        { provide: ConfigurationStore, useClass: ConfigurationStore },
        Door,
        Changes,
        ExpiryLoop,
        ...registry(config),
        ...ladder(),
        ...adapters(),
      ],
    };
  }
}

/** A beat may take as long as four need to come: 60 s unless told otherwise. */
function heartRate(config: ReleaseControlConfig): HeartRate {
  const everyMs = config.PARAPET_HEARTBEAT_SECONDS * 1_000;
  return { everyMs, boundMs: 4 * everyMs, partitions: config.PARAPET_PARTITIONS };
}

/** Releases and what is done with them. */
function registry(config: ReleaseControlConfig): Provider[] {
  return [
    { provide: LastVerdicts, useClass: LastVerdicts },
    { provide: Staleness, useFactory: () => new Staleness(config.PARAPET_STALE_AFTER_SECONDS * 1_000) },
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
      inject: [Journal, MAKE_ID, ConfigurationWatcher, Relay, Live, Metrics, LastVerdicts],
      useFactory: (
        journal: Journal,
        makeId: MakeId,
        configurations: ConfigurationWatcher,
        relay: Relay,
        live: Live,
        metrics: Metrics,
        last: LastVerdicts,
      ) =>
        new ReleaseStreams(
          journal,
          makeId,
          (tenant, workload) => configurations.current(tenant)?.workloads.find((one) => one.name === workload) ?? null,
          config.PARAPET_PUBLIC_URL,
          ({ tenant, release, events, rows }) => {
            last.saw(rows, Date.now());
            relay.nudge(tenant);
            live.changed(tenant, release);
            countDecisions(metrics, tenant, events);
          },
        ),
    },
    {
      provide: Registration,
      inject: [ReleaseStreams, MAKE_ID, Proving],
      useFactory: (streams: ReleaseStreams, makeId: MakeId, proving: Proving) =>
        new Registration(streams, makeId, proving),
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
      inject: [Database, ReleaseStreams, Staleness, LastVerdicts],
      useFactory: (db: Database, streams: ReleaseStreams, staleness: Staleness, last: LastVerdicts) =>
        new Releases(db, streams, staleness, last),
    },
    {
      provide: Gate,
      inject: [Database, Releases, Live, Staleness, LastVerdicts],
      useFactory: (db: Database, releases: Releases, live: Live, staleness: Staleness, last: LastVerdicts) =>
        new Gate(db, releases, live, staleness, last),
    },
    {
      provide: RecentSeries,
      inject: [Database, REDIS, Metrics],
      useFactory: (db: Database, redis: Redis, metrics: Metrics) =>
        new RecentSeries(
          db,
          new RecentLists(redis, () => metrics.count('parapet_redis_fallbacks_total', { use: 'recent-values' })),
        ),
    },
  ];
}

/** How far guardrails are trusted, and what people say of verdicts. */
function ladder(): Provider[] {
  return [
    {
      provide: Ladder,
      inject: [Journal, Relay],
      useFactory: (journal: Journal, relay: Relay) => new Ladder(journal, (tenant) => relay.nudge(tenant)),
    },
    { provide: Proving, inject: [Ladder], useFactory: (steps: Ladder) => new Proving(steps) },
    {
      provide: Breaches,
      inject: [ReleaseStreams, Ladder],
      useFactory: (streams: ReleaseStreams, steps: Ladder) => new Breaches(streams, steps),
    },
    {
      provide: Marks,
      inject: [ReleaseStreams, Ladder],
      useFactory: (streams: ReleaseStreams, steps: Ladder) => new Marks(streams, steps),
    },
    { provide: Guardrails, inject: [Ladder], useFactory: (steps: Ladder) => new Guardrails(steps) },
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
    {
      provide: Sessions,
      inject: [Database, REDIS, LOGGER, Metrics],
      useFactory: (db: Database, redis: Redis, logger: ServiceLogger, metrics: Metrics) =>
        new Sessions(db, redis, (error) => {
          metrics.count('parapet_redis_fallbacks_total', { use: 'session' });
          logger.warn({ err: error }, 'Redis does not answer; sessions are read from PostgreSQL');
        }),
    },
    {
      provide: DeadLetters,
      inject: [JETSTREAM],
      useFactory: (connection: JetStreamConnection) => new DeadLetters(connection),
    },
    { provide: Alerts, inject: [Journal], useFactory: (journal: Journal) => new Alerts(journal) },
    {
      provide: Configurations,
      inject: [ConfigurationStore, Journal, Proving],
      useFactory: (store: ConfigurationStore, journal: Journal, proving: Proving) =>
        new Configurations(store, journal, proving),
    },
  ];
}
