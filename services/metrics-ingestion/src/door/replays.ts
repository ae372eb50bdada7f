import type { Metrics } from '@parapet/telemetry';
import type { Redis } from 'ioredis';
import type { Reply, Sender } from './kind.js';

/** Twice as far as a signature's time may lie from ours: after that it is refused for its age. */
const REMEMBERED_MS = 600_000;
const LOCAL_MAX = 10_000;

/**
 * Remembers how signed bodies were answered, so that one that is sent again is answered alike and stored no second time:
 * whoever records one can neither renew an alert with it nor find out anything.
 * Shared by all instances; while Redis is away each remembers its own.
 */
export class Replays {
  readonly #local = new Map<string, { readonly reply: Reply; readonly untilMs: number }>();

  constructor(
    private readonly redis: Redis,
    private readonly metrics: Metrics,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** How this very body was answered when it was taken; null for a new one. */
  async answered(sender: Sender, signature: string): Promise<Reply | null> {
    const key = keyOf(sender, signature);
    const local = this.#local.get(key);
    if (local !== undefined && local.untilMs > this.nowMs()) return local.reply;
    try {
      const kept = await this.redis.get(key);
      return kept === null ? null : (JSON.parse(kept) as Reply);
    } catch {
      this.metrics.count('parapet_redis_fallbacks_total', { use: 'replays' });
      return null;
    }
  }

  /** Remembers a body that is stored now. */
  async remember(sender: Sender, signature: string, reply: Reply): Promise<void> {
    const key = keyOf(sender, signature);
    if (this.#local.size >= LOCAL_MAX) this.#local.delete(this.#local.keys().next().value as string);
    this.#local.set(key, { reply, untilMs: this.nowMs() + REMEMBERED_MS });
    try {
      await this.redis.set(key, JSON.stringify(reply), 'PX', REMEMBERED_MS);
    } catch {
      this.metrics.count('parapet_redis_fallbacks_total', { use: 'replays' });
    }
  }
}

function keyOf({ tenant, source }: Sender, signature: string): string {
  return `parapet:signed:${tenant}:${source.name}:${signature}`;
}
