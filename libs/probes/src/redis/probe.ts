import type { InstantMs } from '@parapet/kernel';
import type { SampleValue } from '@parapet/signals';
import type { Redis } from 'ioredis';
import { presentMeasure, type Look } from '../present.js';
import { MeasurementFailed, type Measure, type Probe } from '../probe.js';
import type { RedisSettings, StaleKeys } from './config.js';
import type { RedisServer } from './connection.js';
import { findingsOf, readInfo } from './info.js';
import { scanStretch } from './stale-keys.js';

/** The signals of the server's health; stale keys have a measure per kind of key. */
export const HEALTH_SIGNALS = [
  'redis.latency',
  'redis.memory',
  'redis.clients.blocked',
  'redis.evictions',
  'redis.connections.rejected',
  'redis.hits',
] as const;

/** What a probe of Redis is made of. */
export interface RedisOptions {
  /** `<workload>/<probe>`. */
  readonly name: string;
  /** The probe's own name: a dimension of every sample. */
  readonly instance: string;
  readonly everyMs: number;
  readonly settings: RedisSettings;
  readonly server: RedisServer;
  /** Names the server among the targets without giving its address away. */
  readonly target: string;
  readonly nowMs: () => InstantMs;
}

/** Measures the health of one Redis, and the keys that releases leave behind in it. */
export class RedisProbe implements Probe {
  readonly measures: readonly Measure[];
  readonly #options: RedisOptions;
  /** Where the next stretch of keys begins, by kind of key: many looks together see the whole key space. */
  readonly #cursors = new Map<string, string>();

  constructor(options: RedisOptions) {
    this.#options = options;
    const { name, instance, everyMs, settings, target, nowMs } = options;
    const common = { probe: name, target, everyMs, nowMs };
    this.measures = [
      presentMeasure({
        ...common,
        kpi: 'health',
        signals: HEALTH_SIGNALS,
        dimensions: { instance },
        look: () => options.server.read((client) => this.#health(client)),
      }),
      ...settings.staleKeys.map((rule) =>
        presentMeasure({
          ...common,
          kpi: `stale-keys-${rule.name}`,
          signals: ['redis.keys.stale'],
          dimensions: { instance, keys: rule.name },
          look: () => options.server.read((client) => this.#staleKeys(client, rule)),
        }),
      ),
    ];
  }

  async close(): Promise<void> {
    // Every look has a connection of its own.
  }

  async #health(client: Redis): Promise<Look> {
    const info = readInfo(await client.info());
    if (info.size === 0) throw new MeasurementFailed('bad-answer', 'INFO answered nothing that can be read');
    const findings = [
      { signal: 'redis.latency', value: { kind: 'gauge', value: await this.#latencyMs(client) } } as const,
      ...findingsOf(info),
    ];
    const untold = findings.filter(({ value }) => value.kind === 'gap').map(({ signal }) => signal);
    const notes = untold.length === 0 ? [] : [`INFO does not tell ${untold.join(', ')} (redis.memory needs maxmemory)`];
    return { findings, rows: info.size, notes };
  }

  /** The slowest of some round trips: a command that blocks the server for a moment shows in one of them only. */
  async #latencyMs(client: Redis): Promise<number> {
    let slowestMs = 0;
    for (let n = 0; n < this.#options.settings.pings; n++) {
      const beganMs = performance.now();
      await client.ping();
      slowestMs = Math.max(slowestMs, performance.now() - beganMs);
    }
    return slowestMs;
  }

  async #staleKeys(client: Redis, rule: StaleKeys): Promise<Look> {
    const from = this.#cursors.get(rule.name) ?? '0';
    const { stale, keys, cursor } = await scanStretch(client, rule, from, this.#options.settings.scan);
    this.#cursors.set(rule.name, cursor);
    const value: SampleValue =
      keys === 0 ? { kind: 'gap', reason: 'too-few-samples' } : { kind: 'count', count: stale, of: keys };
    const notes = keys === 0 ? [`no key of this stretch matches ${rule.match}`] : [];
    return { findings: [{ signal: 'redis.keys.stale', value }], rows: keys, notes };
  }
}
