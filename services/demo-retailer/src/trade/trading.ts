import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, type ShopConfig } from '../config.js';
import { ShopDatabase } from '../shop/database.js';
import { openTills } from '../shop/schema.js';
import { ShopMetrics } from '../metrics.js';
import { type Behaviour, behaviourOf, type Fault, type Served } from './behaviour.js';
import { drawPosOrder, drawWebOrder } from './orders.js';
import { prune } from './prune.js';
import { poisson, type Random } from './random.js';
import { finishPickings, writePosOrders, writeWebOrders } from './write.js';

const TICK_MS = 250;
const HOUSEKEEPING_MS = 60_000;
/** After a pause (a laptop that slept, a database that was away) the shop does not sell everything at once. */
const ELAPSED_MS_MAX = 2_000;

export const RANDOM = Symbol('random');

/** Sells all day: a few orders a tick, good or bad as the running versions are. */
@Injectable()
export class Trading implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = new Logger('trading');
  private injected: Fault | null = null;
  private lastTickMs = performance.now();
  private housekeptMs = performance.now();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private isFailing = false;
  private isStopped = false;

  constructor(
    @Inject(ShopDatabase) private readonly db: ShopDatabase,
    @Inject(CONFIG) private readonly config: ShopConfig,
    @Inject(ShopMetrics) private readonly metrics: ShopMetrics,
    @Inject(RANDOM) private readonly random: Random,
  ) {}

  onApplicationBootstrap(): void {
    this.lastTickMs = performance.now();
    this.schedule();
  }

  async onApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /** Makes the whole shop behave as a fault does, whatever runs; null ends it. */
  inject(fault: Fault | null): void {
    this.injected = fault;
  }

  injectedFault(): Fault | null {
    return this.injected;
  }

  private schedule(): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => {
      this.running = this.tick().finally(() => this.schedule());
    }, TICK_MS);
  }

  private async tick(): Promise<void> {
    const nowMs = performance.now();
    const elapsedMs = Math.min(nowMs - this.lastTickMs, ELAPSED_MS_MAX);
    this.lastTickMs = nowMs;
    try {
      await this.sell(elapsedMs);
      if (nowMs - this.housekeptMs > HOUSEKEEPING_MS) {
        this.housekeptMs = nowMs;
        await openTills(this.db, null);
        await prune(this.db, this.config.keepMinutes);
      }
      this.isFailing = false;
    } catch (error) {
      this.metrics.tradingFailures.inc();
      // Said once per outage: four lines a second would hide everything else.
      if (!this.isFailing) this.log.warn(`cannot trade: ${String(error)}`);
      this.isFailing = true;
    }
  }

  private async sell(elapsedMs: number): Promise<void> {
    const served = await this.db.query<Served>('SELECT version, share FROM shop.running');
    const behaviour = behaviourOf(served, this.config.badVersions, this.injected);
    await this.sellWeb(behaviour, (this.config.rates.webPerSecond * elapsedMs) / 1000);
    await this.sellAtTills(behaviour, (this.config.rates.posPerSecond * elapsedMs) / 1000);
    for (const delayS of await finishPickings(this.db, 'now')) this.metrics.stockDelay.observe(delayS);
  }

  private async sellWeb(behaviour: Behaviour, expected: number): Promise<void> {
    const orders = Array.from({ length: poisson(expected, this.random) }, () => drawWebOrder(behaviour, this.random));
    await writeWebOrders(this.db, orders, null);
    for (const { outcome } of orders) this.metrics.orders.inc({ outcome });
  }

  private async sellAtTills(behaviour: Behaviour, expected: number): Promise<void> {
    const orders = Array.from({ length: poisson(expected, this.random) }, () => drawPosOrder(behaviour, this.random));
    await writePosOrders(this.db, orders, null);
    for (const { outcome } of orders) {
      this.metrics.posOrders.inc();
      if (outcome !== 'ok') this.metrics.posSyncErrors.inc({ kind: outcome });
    }
  }
}
