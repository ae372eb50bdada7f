import { type DynamicModule, Module } from '@nestjs/common';
import { CLOCK, ConfigurationWatcher, LOGGER, ServiceModule, type ServiceVariables } from '@parapet/nest';
import { Database, Journal, Relay } from '@parapet/postgres';
import type { Clock } from '@parapet/runtime';
import { Metrics, type ServiceLogger } from '@parapet/telemetry';
import { OrdersConsumer } from './orders.consumer.js';
import { RollbackLoop } from './rollback-loop.js';
import { DeclaredTargets } from './targets.js';
import { Told } from './told.js';
import { Worker } from './worker.js';

/** The service's wiring on one page. */
@Module({})
export class AppModule {
  static of(config: ServiceVariables): DynamicModule {
    return {
      module: AppModule,
      imports: [ServiceModule.register({ service: 'rollback-actuation', config, relay: true })],
      controllers: [OrdersConsumer],
      providers: [
        {
          provide: DeclaredTargets,
          inject: [ConfigurationWatcher, CLOCK, Metrics],
          useFactory: (watcher: ConfigurationWatcher, clock: Clock, metrics: Metrics) =>
            new DeclaredTargets(
              watcher,
              () => clock.nowMs(),
              (target, seconds) => metrics.observe('parapet_target_request_seconds', { target }, seconds),
            ),
        },
        {
          provide: Told,
          inject: [LOGGER, Metrics, Relay],
          useFactory: (logger: ServiceLogger, metrics: Metrics, relay: Relay) => new Told(logger, metrics, relay),
        },
        {
          provide: Worker,
          inject: [Database, Journal, DeclaredTargets, Told],
          useFactory: (db: Database, journal: Journal, targets: DeclaredTargets, observer: Told) =>
            new Worker({ db, databaseUrl: config.DATABASE_URL, journal, targets, observer }),
        },
        RollbackLoop,
      ],
    };
  }
}
