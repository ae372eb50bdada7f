import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { LOGGER } from '@parapet/nest';
import { Database, Inbox } from '@parapet/postgres';
import type { ServiceLogger } from '@parapet/telemetry';
import { Worker } from './worker.js';

const PRUNE_EVERY_MS = 3_600_000;
/** Longer than dead letters are kept: one retried late must not be taken for applied. */
const INBOX_KEPT_MS = 40 * 86_400_000;

/** Runs the worker while the application does, and keeps the inbox small. */
@Injectable()
export class RollbackLoop implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly inbox = new Inbox('rollback-actuation');
  private pruning: NodeJS.Timeout | undefined;

  constructor(
    @Inject(Worker) private readonly worker: Worker,
    @Inject(Database) private readonly db: Database,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  onApplicationBootstrap(): void {
    this.worker.start();
    this.pruning = setInterval(() => this.prune(), PRUNE_EVERY_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.pruning);
    await this.worker.stop();
  }

  private prune(): void {
    this.db
      .transact('*', (tx) => this.inbox.prune(tx, INBOX_KEPT_MS))
      .catch((error: unknown) =>
        this.logger.warn({ err: error }, 'cannot prune the inbox; it is tried again in an hour'),
      );
  }
}
