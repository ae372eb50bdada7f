import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What the shop tells a Prometheus. */
@Injectable()
export class ShopMetrics {
  readonly registry = new Registry();
  readonly orders = new Counter({
    name: 'shop_orders_total',
    help: 'Web orders by how they ended.',
    labelNames: ['outcome'],
    registers: [this.registry],
  });
  readonly posOrders = new Counter({
    name: 'shop_pos_orders_total',
    help: 'Orders sent by the tills.',
    registers: [this.registry],
  });
  readonly posSyncErrors = new Counter({
    name: 'shop_pos_sync_errors_total',
    help: 'Till orders that arrived late or broken, or were refused.',
    labelNames: ['kind'],
    registers: [this.registry],
  });
  readonly stockDelay = new Histogram({
    name: 'shop_stock_update_delay_seconds',
    help: 'From an order to its goods leaving the stock.',
    buckets: [0.5, 1, 2, 5, 10, 30, 60],
    registers: [this.registry],
  });
  readonly deployments = new Counter({
    name: 'shop_deployments_total',
    help: 'Changes of what runs, by who asked.',
    labelNames: ['by'],
    registers: [this.registry],
  });
  readonly tradingFailures = new Counter({
    name: 'shop_trading_failures_total',
    help: 'Ticks in which the shop could not write.',
    registers: [this.registry],
  });
  readonly releaseInfo = new Gauge({
    name: 'shop_release_info',
    help: 'What runs: the share of traffic of each version.',
    labelNames: ['component', 'version', 'release'],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    for (const outcome of ['success', 'failed', 'stuck', 'abandoned']) this.orders.inc({ outcome }, 0);
    for (const kind of ['late', 'mismatch', 'refused']) this.posSyncErrors.inc({ kind }, 0);
  }
}
