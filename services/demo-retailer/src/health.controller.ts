import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ShopMetrics } from './metrics.js';
import { Problem } from './problem.js';
import { ShopDatabase } from './shop/database.js';

/** Alive, ready, and measured. */
@Controller()
export class HealthController {
  constructor(
    @Inject(ShopDatabase) private readonly db: ShopDatabase,
    @Inject(ShopMetrics) private readonly metrics: ShopMetrics,
  ) {}

  @Get('healthz')
  alive(): { status: string } {
    return { status: 'alive' };
  }

  @Get('readyz')
  async ready(): Promise<{ status: string }> {
    try {
      await this.db.query('SELECT 1');
    } catch (error) {
      throw new Problem(503, 'unavailable', `the shop's database does not answer: ${String(error)}`);
    }
    return { status: 'ready' };
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  async page(): Promise<string> {
    const running = await this.db.query<{ component: string; version: string; release: string | null; share: number }>(
      'SELECT component, version, release, share FROM shop.running',
    );
    this.metrics.releaseInfo.reset();
    for (const { component, version, release, share } of running)
      this.metrics.releaseInfo.set({ component, version, release: release ?? '' }, share);
    return this.metrics.registry.metrics();
  }
}
