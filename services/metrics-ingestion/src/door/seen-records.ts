import { createHash } from 'node:crypto';
import type { SignalSource } from '@parapet/policy';
import type { Metrics } from '@parapet/telemetry';
import type { Redis } from 'ioredis';

const REMEMBERED_MS_MIN = 3_600_000;
/** One command a message: more cost more than the rest of the door. Answers how many of the keys were there. */
const REMEMBER = `local seen = 0
for _, key in ipairs(KEYS) do
  if redis.call('SET', key, 1, 'PX', ARGV[1], 'GET') then seen = seen + 1 end
end
return seen`;

/**
 * Remembers what each source has said, so that an answer can tell what of a message was not new.
 * Nothing depends on it: repeats are stored too, since they renew leases. Redis may forget, or be away.
 */
export class SeenRecords {
  constructor(
    private readonly redis: Redis,
    private readonly metrics: Metrics,
  ) {}

  /** Remembers records that are stored now; answers how many of them the source has said before, 0 while nobody knows. */
  async remember(tenant: string, source: SignalSource, records: readonly string[]): Promise<number> {
    if (records.length === 0) return 0;
    const forMs = Math.max(REMEMBERED_MS_MIN, 3 * source.repeatIntervalMs + source.groupIntervalMs);
    const keys = records.map((record) => keyOf(tenant, source.name, record));
    try {
      return Number(await this.redis.eval(REMEMBER, keys.length, ...keys, Math.ceil(forMs)));
    } catch {
      // The client itself tells once that Redis is away; here it is counted.
      this.metrics.count('parapet_redis_fallbacks_total', { use: 'seen-records' });
      return 0;
    }
  }
}

function keyOf(tenant: string, source: string, record: string): string {
  const digest = createHash('sha256').update(record).digest('base64url').slice(0, 22);
  return `parapet:seen:${tenant}:${source}:${digest}`;
}
