import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { LOGGER } from '@parapet/nest';
import { Database } from '@parapet/postgres';
import { Metrics, type ServiceLogger } from '@parapet/telemetry';
import { Idempotency } from '../http/idempotency.js';
import { openProposals, type Overdue, overdueProposals } from '../proposals/proposal-store.js';
import { findRelease } from '../releases/release-store.js';
import { ReleaseStreams } from '../releases/release-streams.js';

const LOOK_EVERY_MS = 500;
const PRUNE_EVERY_MS = 3_600_000;

/**
 * Ends proposals whose time is over, by PostgreSQL's clock. Any number of instances may look: the decision is taken under the
 * lock of the release's place on what the stream then says, so the second one finds it taken.
 */
@Injectable()
export class ExpiryLoop implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | null = null;
  private looking: Promise<void> = Promise.resolve();
  private isStopped = false;
  private prunedAtMs = Date.now();
  private readonly waiting = new Set<string>();

  constructor(
    @Inject(Database) private readonly db: Database,
    @Inject(ReleaseStreams) private readonly streams: ReleaseStreams,
    @Inject(Idempotency) private readonly idempotency: Idempotency,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule();
  }

  async onApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.looking;
  }

  /** Ends what is overdue now; answers how many proposals it tried. */
  async look(): Promise<number> {
    const overdue = await this.db.transact('*', overdueProposals);
    for (const proposal of overdue) await this.expire(proposal);
    await this.countOpen();
    return overdue.length;
  }

  /** What waits for people, for whoever watches us. */
  private async countOpen(): Promise<void> {
    const counts = await this.db.transact('*', openProposals);
    for (const { tenant } of counts) this.waiting.add(tenant);
    for (const tenant of this.waiting) {
      this.metrics.set('parapet_proposals_open', { tenant }, counts.find((one) => one.tenant === tenant)?.open ?? 0);
    }
  }

  private async expire({ tenant, id, release }: Overdue): Promise<void> {
    await this.db.transactRetrying(tenant, async (tx) => {
      const place = await findRelease(tx, release);
      if (place === null) throw new Error(`proposal ${id} belongs to release ${release}, which is not there`);
      const by = { actor: { kind: 'policy', id: 'expiry' } as const };
      await this.streams.decide(tx, place, by, (nowMs, around) => ({
        type: 'ExpireProposal',
        nowMs,
        proposal: id,
        around,
      }));
    });
  }

  private schedule(): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => {
      this.looking = this.look()
        .then(() => this.pruneSometimes())
        .catch((problem: unknown) =>
          this.logger.warn({ err: problem }, 'cannot end proposals whose time is over; the next look tries again'),
        )
        .finally(() => this.schedule());
    }, LOOK_EVERY_MS);
  }

  private async pruneSometimes(): Promise<void> {
    if (Date.now() - this.prunedAtMs < PRUNE_EVERY_MS) return;
    this.prunedAtMs = Date.now();
    await this.idempotency.prune();
  }
}
