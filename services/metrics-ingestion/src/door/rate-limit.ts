import type { Metrics, ServiceLogger } from '@parapet/telemetry';
import type { Redis } from 'ioredis';
import { type Bucket, draw, type Rate } from './bucket.js';

/**
 * The arithmetic of `draw`, on the server's clock and in one step, so that all instances take from one bucket.
 * Tokens are kept as text: Redis cuts the decimals off numbers that a script returns or stores as such.
 */
const DRAW = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(kept[1]) or burst
local passed = math.max(0, now - (tonumber(kept[2]) or now))
tokens = math.min(burst, tokens + passed * rate / 1000)
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = math.ceil((1 - tokens) * 1000 / rate) end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate * 1000) + 1000)
return wait`;

/** Holds each source to its rate, all instances together; while Redis is away, each instance by itself. */
export class RateLimit {
  readonly #local = new Map<string, Bucket>();
  #isAlone = false;

  constructor(
    private readonly redis: Redis,
    private readonly logger: ServiceLogger,
    private readonly metrics: Metrics,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** 0 where the request may go on; else how long the sender should wait. */
  async waitMs(tenant: string, source: string, rate: Rate): Promise<number> {
    const waitMs = await this.#draw(`parapet:rate:${tenant}:${source}`, rate);
    if (waitMs > 0) this.metrics.count('parapet_ingest_limited_total', { tenant, source });
    return waitMs;
  }

  async #draw(key: string, rate: Rate): Promise<number> {
    try {
      const wait = Number(await this.redis.eval(DRAW, 1, key, rate.perSecond, rate.burst));
      this.#tell(false);
      return wait;
    } catch (error) {
      this.#tell(true, error);
      this.metrics.count('parapet_redis_fallbacks_total', { use: 'rate-limit' });
      const taken = draw(this.#local.get(key), rate, this.nowMs());
      this.#local.set(key, taken.bucket);
      return taken.waitMs;
    }
  }

  #tell(isAlone: boolean, error?: unknown): void {
    if (isAlone === this.#isAlone) return;
    this.#isAlone = isAlone;
    if (isAlone)
      this.logger.warn({ err: error }, 'Redis is away: each instance holds sources to their rates by itself');
    else this.logger.info('rates of sources are shared by all instances again');
  }
}
