import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AdvisoryWatch, type JetStreamConnection } from '@parapet/jetstream';
import { JETSTREAM, LOGGER } from '@parapet/nest';
import type { ServiceLogger } from '@parapet/telemetry';

/** Makes dead letters of what the broker gave up on for all services: here, where dead letters are shown. */
@Injectable()
export class Advisories implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly watch: AdvisoryWatch;

  constructor(@Inject(JETSTREAM) connection: JetStreamConnection, @Inject(LOGGER) logger: ServiceLogger) {
    this.watch = new AdvisoryWatch(connection, { onTrouble: (what, error) => logger.warn({ err: error }, what) });
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.watch.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.watch.stop();
  }
}
