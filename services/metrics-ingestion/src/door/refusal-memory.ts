import type { InstantMs } from '@parapet/kernel';
import type { Metrics } from '@parapet/telemetry';
import type { Redis } from 'ioredis';
import type { Sender } from './kind.js';

const DAY_SECONDS = 86_400;
/** As long as dead letters are kept. */
const KEPT_SECONDS = 30 * DAY_SECONDS;
const LOCAL_MAX = 10_000;

/** Refusals of one source without a message in between that was taken. */
export interface RefusalRow {
  readonly count: number;
  readonly sinceMs: InstantMs;
}

/** Counts refusals in a row and knows which bodies are kept already; shared by all instances, and by each alone while Redis is away. */
export class RefusalMemory {
  readonly #rows = new Map<string, RefusalRow>();
  readonly #told = new Set<string>();
  readonly #kept = new Set<string>();

  constructor(
    private readonly redis: Redis,
    private readonly metrics: Metrics,
  ) {}

  async countRefusal(sender: Sender, nowMs: InstantMs): Promise<RefusalRow> {
    const key = rowKey(sender);
    const local = this.#rows.get(key);
    const alone = { count: (local?.count ?? 0) + 1, sinceMs: local?.sinceMs ?? nowMs };
    this.#rows.set(key, alone);
    return await this.#shared(alone, async () => {
      const steps = this.redis.multi().hincrby(key, 'count', 1).hsetnx(key, 'since', nowMs);
      const results = (await steps.hget(key, 'since').expire(key, DAY_SECONDS).exec()) ?? [];
      const failed = results.find(([error]) => error !== null)?.[0] ?? null;
      if (failed !== null) throw failed;
      return { count: Number(results[0]?.[1]), sinceMs: Number(results[2]?.[1]) };
    });
  }

  async forgetRow(sender: Sender): Promise<void> {
    const key = rowKey(sender);
    this.#rows.delete(key);
    this.#told.delete(key);
    await this.#shared(0, () => this.redis.del(key));
  }

  /** True for the one caller that is to tell people of this row of refusals. */
  async claimTelling(sender: Sender): Promise<boolean> {
    const key = rowKey(sender);
    const isMine = !this.#told.has(key);
    this.#told.add(key);
    return isMine && (await this.#shared(true, async () => (await this.redis.hsetnx(key, 'told', 1)) === 1));
  }

  /** Takes a claim back: nobody was told. */
  async releaseTelling(sender: Sender): Promise<void> {
    const key = rowKey(sender);
    this.#told.delete(key);
    await this.#shared(0, () => this.redis.hdel(key, 'told'));
  }

  /** Whether a body with this digest is not kept yet, as far as anybody remembers. */
  async isFirst(digest: string): Promise<boolean> {
    if (this.#kept.has(digest)) return false;
    return await this.#shared(true, async () => (await this.redis.exists(keptKey(digest))) === 0);
  }

  async rememberKept(digest: string): Promise<void> {
    if (this.#kept.size >= LOCAL_MAX) this.#kept.clear();
    this.#kept.add(digest);
    await this.#shared<unknown>(null, () => this.redis.set(keptKey(digest), 1, 'EX', KEPT_SECONDS));
  }

  async #shared<T>(otherwise: T, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch {
      this.metrics.count('parapet_redis_fallbacks_total', { use: 'refusals' });
      return otherwise;
    }
  }
}

function rowKey({ tenant, source }: Sender): string {
  return `parapet:refused:${tenant}:${source.name}`;
}

function keptKey(digest: string): string {
  return `parapet:kept:${digest}`;
}
