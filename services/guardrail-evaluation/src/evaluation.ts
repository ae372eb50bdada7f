import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { STREAMS } from '@parapet/contracts';
import { toJournal } from '@parapet/contracts';
import { Beats, checkStreams, type JetStreamConnection } from '@parapet/jetstream';
import { CLOCK, ConfigurationWatcher, JETSTREAM, LOGGER, recordOutcome, REDIS } from '@parapet/nest';
import { Database, Journal, Relay } from '@parapet/postgres';
import type { Clock } from '@parapet/runtime';
import { Metrics, type ServiceLogger } from '@parapet/telemetry';
import type { Redis } from 'ioredis';
import { CONFIG, type GuardrailEvaluationConfig } from './config.js';
import { Housekeeping } from './housekeeping.js';
import { Ownership } from './ownership.js';
import { RecentValues } from './recent-values.js';

/** What the evaluator says and keeps. */
@Injectable()
export class Book {
  constructor(
    @Inject(Database) readonly db: Database,
    @Inject(Journal) readonly journal: Journal,
    @Inject(Relay) readonly relay: Relay,
    @Inject(REDIS) readonly redis: Redis,
  ) {}
}

/** What the evaluator is told, and by what clock. */
@Injectable()
export class World {
  constructor(
    @Inject(JETSTREAM) readonly jetstream: JetStreamConnection,
    @Inject(ConfigurationWatcher) readonly configurations: ConfigurationWatcher,
    @Inject(CLOCK) readonly clock: Clock,
    @Inject(CONFIG) readonly config: GuardrailEvaluationConfig,
  ) {}
}

/** Judges for as long as the service runs: its share of the partitions, one owner each. */
@Injectable()
export class Evaluation implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly ownership: Ownership;
  private readonly housekeeping: Housekeeping;

  constructor(
    @Inject(Book) book: Book,
    @Inject(World) private readonly world: World,
    @Inject(Metrics) metrics: Metrics,
    @Inject(LOGGER) logger: ServiceLogger,
  ) {
    const { config, jetstream, configurations, clock } = world;
    const recent = new RecentValues(book.redis, () =>
      metrics.count('parapet_redis_fallbacks_total', { use: 'recent-values' }),
    );
    const beats = new Beats(jetstream);
    this.housekeeping = new Housekeeping(book.db, (what, error) => logger.warn({ err: error }, what));
    this.ownership = new Ownership({
      databaseUrl: config.DATABASE_URL,
      partitions: config.PARAPET_PARTITIONS,
      publicUrl: config.PARAPET_PUBLIC_URL,
      jetstream,
      db: book.db,
      journal: book.journal,
      configurationOf: (tenant) => configurations.current(tenant),
      nudge: (tenant) => book.relay.nudge(tenant),
      showRecent: (values) => recent.show(values),
      onBeat: (beat) => beats.judged(beat),
      nowMs: () => clock.nowMs(),
      onOutcome: (outcome) => recordOutcome(outcome, logger, metrics),
      onTrouble: (what, error) => logger.warn({ err: error }, what),
      onSaid: (tenant, event) => {
        metrics.count('parapet_journal_rows_total', { type: toJournal(event).type });
        if (event.type === 'VerdictChanged') metrics.count('parapet_verdicts_total', { tenant, verdict: event.to });
        const isSilent = event.type === 'SourceSilent';
        if (isSilent || event.type === 'SourceHeard') {
          metrics.set('parapet_source_silent', { tenant, source: event.source }, isSilent ? 1 : 0);
        }
      },
      onJudged: (partition, messages, lagMs) => {
        metrics.count('parapet_signals_judged_total', {}, messages);
        metrics.set('parapet_partition_lag_seconds', { partition: String(partition) }, Math.max(0, lagMs) / 1_000);
      },
      onIgnored: (signal, why) => logger.debug({ signal, why }, 'a sample was not judged'),
      onOwned: (owned, watches) => {
        metrics.set('parapet_partitions_owned', {}, owned.length);
        metrics.set('parapet_watches_open', {}, watches);
      },
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    await checkStreams(this.world.jetstream, [STREAMS.signals, STREAMS.events]);
    this.ownership.start();
    this.housekeeping.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.housekeeping.stop();
    await this.ownership.stop();
  }

  /** The partitions of this instance. */
  partitions(): readonly number[] {
    return this.ownership.partitions();
  }
}
