import type { SignalPublisher } from '@parapet/jetstream';
import type { Sender, Taken } from './kind.js';
import type { SeenRecords } from './seen-records.js';

/** Stores what was taken, whole, before anybody is told that it was. */
export class Storage {
  constructor(
    private readonly signals: Pick<SignalPublisher, 'publish'>,
    private readonly seen: SeenRecords,
  ) {}

  /** Resolves once SIGNALS has confirmed every part of every batch; answers how many records had been said before. */
  async store(taken: Taken, { tenant, source }: Sender, traceparent: string): Promise<number> {
    await Promise.all(taken.batches.map((batch) => this.signals.publish(batch, { traceparent })));
    return this.seen.remember(tenant, source, taken.records);
  }
}
