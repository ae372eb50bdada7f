import type { ActuationEvent } from '@parapet/actuation';
import { EVENT_TYPES } from '@parapet/contracts';
import type { Relay } from '@parapet/postgres';
import type { Metrics, ServiceLogger } from '@parapet/telemetry';
import type { WorkerObserver } from './worker.js';

/** Passes on what the worker did: to the relay at once, to logs and metrics. */
export class Told implements WorkerObserver {
  constructor(
    private readonly logger: ServiceLogger,
    private readonly metrics: Metrics,
    private readonly relay: Relay,
  ) {}

  events(tenant: string, events: readonly ActuationEvent[]): void {
    this.relay.nudge(tenant);
    for (const event of events) this.event(tenant, event);
  }

  trouble(what: string, error: unknown): void {
    this.logger.warn({ err: error }, what);
  }

  private event(tenant: string, event: ActuationEvent): void {
    const type = EVENT_TYPES[event.type];
    const { actuation } = event;
    this.metrics.count('parapet_journal_rows_total', { type });
    if (event.type === 'ActuationFinished')
      this.metrics.count('parapet_actuations_total', { tenant, outcome: event.outcome });
    if (event.type === 'RollbackVerified')
      this.metrics.count('parapet_verifications_total', { tenant, outcome: event.outcome });
    const isForPeople =
      (event.type === 'ActuationFinished' && event.outcome !== 'done') ||
      (event.type === 'RollbackVerified' && event.outcome !== 'verified');
    const { type: _, actuation: __, ...told } = event;
    this.logger[isForPeople ? 'error' : 'info']({ tenant, actuation, ...told }, type);
  }
}
