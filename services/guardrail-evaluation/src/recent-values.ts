import { formatInstant } from '@parapet/kernel';
import type { Redis } from 'ioredis';
import type { RecentValue } from './writes.js';

const VALUES_MAX = 500;
const KEPT_SECONDS = 6 * 3600;

/** Where the newest values of a guardrail are, newest first, for live charts. */
export function recentKey(tenant: string, release: string, guardrail: string): string {
  return `parapet:recent:${tenant}:${release}:${guardrail}`;
}

/** Shows the newest values in Redis. What cannot be shown is lost and counted: charts read PostgreSQL then. */
export class RecentValues {
  constructor(
    private readonly redis: Pick<Redis, 'pipeline'>,
    private readonly onLost: () => void,
  ) {}

  show(values: readonly RecentValue[]): void {
    const pipeline = this.redis.pipeline();
    const keys = new Set<string>();
    for (const { tenant, release, guardrail, atMs, value, of } of values) {
      const key = recentKey(tenant, release, guardrail);
      keys.add(key);
      pipeline.lpush(key, JSON.stringify({ at: formatInstant(atMs), value, ...(of === undefined ? {} : { of }) }));
    }
    for (const key of keys) pipeline.ltrim(key, 0, VALUES_MAX - 1).expire(key, KEPT_SECONDS);
    pipeline.exec().then(
      (answers) => {
        if (answers?.some(([error]) => error !== null) ?? true) this.onLost();
      },
      () => this.onLost(),
    );
  }
}
