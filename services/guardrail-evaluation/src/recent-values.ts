import { encodeRecent, recentKey } from '@parapet/contracts';
import type { Redis } from 'ioredis';
import type { RecentValue } from './writes.js';

const VALUES_MAX = 500;
const KEPT_SECONDS = 6 * 3600;
/** Lists whose newest entry is remembered; of a forgotten one the reader goes to the evidence once. */
const LISTS_MAX = 10_000;

/** Shows the newest values in Redis. What cannot be shown is lost and counted: charts see the gap and read PostgreSQL there. */
export class RecentValues {
  private readonly newest = new Map<string, number>();

  constructor(
    private readonly redis: Pick<Redis, 'pipeline'>,
    private readonly onLost: () => void,
  ) {}

  show(values: readonly RecentValue[]): void {
    const pipeline = this.redis.pipeline();
    const keys = new Set<string>();
    for (const { tenant, release, guardrail, n, shown } of values) {
      const key = recentKey(tenant, release, guardrail);
      keys.add(key);
      pipeline.lpush(key, encodeRecent({ ...shown, n, after: this.follow(key, n) }));
    }
    for (const key of keys) pipeline.ltrim(key, 0, VALUES_MAX - 1).expire(key, KEPT_SECONDS);
    pipeline.exec().then(
      (answers) => {
        if (answers?.some(([error]) => error !== null) ?? true) this.onLost();
      },
      () => this.onLost(),
    );
  }

  /** The number of the entry that this one comes after; whether Redis has it is for the reader to see. */
  private follow(key: string, n: number): number | null {
    const after = this.newest.get(key) ?? null;
    this.newest.delete(key);
    this.newest.set(key, n);
    const oldest = this.newest.keys().next();
    if (this.newest.size > LISTS_MAX && !oldest.done) this.newest.delete(oldest.value);
    return after;
  }
}
