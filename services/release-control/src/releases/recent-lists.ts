import { setTimeout as pause } from 'node:timers/promises';
import { type RecentEntry, readRecent, recentKey } from '@parapet/contracts';
import type { Redis } from 'ioredis';

/** A chart that waits longer for Redis than PostgreSQL takes has gained nothing. */
const ANSWER_MS = 200;

/** The newest values of guardrails, from Redis; whatever it has not or does not say in time is left to the evidence. */
export class RecentLists {
  constructor(
    private readonly redis: Pick<Redis, 'pipeline'>,
    private readonly onAway: () => void,
  ) {}

  /** Per guardrail its newest values of which none is missing between them, newest first. */
  async of(
    tenant: string,
    release: string,
    guardrails: readonly string[],
  ): Promise<ReadonlyMap<string, readonly RecentEntry[]>> {
    if (guardrails.length === 0) return new Map();
    const lists = await this.read(guardrails.map((guardrail) => recentKey(tenant, release, guardrail)));
    if (lists === null) this.onAway();
    return new Map(guardrails.map((guardrail, i) => [guardrail, readRecent(lists?.[i] ?? [])]));
  }

  private async read(keys: readonly string[]): Promise<readonly (readonly string[])[] | null> {
    const pipeline = this.redis.pipeline();
    for (const key of keys) pipeline.lrange(key, 0, -1);
    const late = new AbortController();
    const tooLate = pause(ANSWER_MS, null, { signal: late.signal }).catch(() => null);
    const answers = await Promise.race([pipeline.exec().catch(() => null), tooLate]);
    late.abort();
    if (answers === null || answers.some(([error]) => error !== null)) return null;
    return answers.map(([, list]) => (Array.isArray(list) ? list.map(String) : []));
  }
}
