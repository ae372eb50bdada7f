import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { SignalPublisher } from '@parapet/jetstream';
import type { MakeId } from '@parapet/kernel';
import type { ConfigurationWatcher } from '@parapet/nest';
import type { Clock } from '@parapet/runtime';
import type { Metrics, ServiceLogger } from '@parapet/telemetry';
import { journalRefusal, type SourceJournal } from '../door/source-journal.js';
import { PostgresCursors } from './cursors.js';
import { AskedFleet } from './fleet.js';
import type { QueryPorts } from './ports.js';
import { AskedPublisher } from './publishing.js';
import type { QueryTurns } from './turns.js';

/** The past waits where more of the stream than this is used. */
const USED_BY_PAST_MAX = 0.5;

/** What the service gives to asking. */
export interface AskingNeeds {
  readonly watcher: ConfigurationWatcher;
  readonly turns: QueryTurns;
  readonly publisher: Pick<SignalPublisher, 'publish'>;
  /** How much of SIGNALS is used, from 0 to 1. */
  readonly signalsUsed: () => Promise<number>;
  readonly book: SourceJournal;
  readonly makeId: MakeId;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly logger: ServiceLogger;
}

/** Asks the sources that send nothing, and follows the configuration. */
export class Asking implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #fleet: AskedFleet;
  #unfollow: () => void = () => undefined;

  constructor(private readonly needs: AskingNeeds) {
    this.#fleet = new AskedFleet((tenant) => needs.watcher.current(tenant), portsOf(needs));
  }

  onApplicationBootstrap(): void {
    this.#unfollow = this.needs.watcher.onChange(() => this.#follow());
    this.#follow();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#unfollow();
    await this.#fleet.stop();
    await this.needs.turns.close();
  }

  #follow(): void {
    this.#fleet.apply(this.needs.watcher.all()).catch((error: unknown) => {
      this.needs.logger.error({ err: error }, 'what is asked of Prometheus could not follow the configuration');
    });
  }
}

function portsOf({ turns, publisher, signalsUsed, book, makeId, clock, metrics, logger }: AskingNeeds): QueryPorts {
  const stream = new AskedPublisher(publisher, makeId);
  return {
    turns,
    cursors: new PostgresCursors(turns),
    metrics,
    logger,
    nowMs: () => clock.nowMs(),
    hasRoomForPast: async () => (await signalsUsed()) < USED_BY_PAST_MAX,
    publishSamples: async (of, placed, { isHistory }) => {
      await (isHistory ? stream.past(of, placed) : stream.samples(of, placed));
      metrics.count('parapet_ingest_records_total', { door: 'prometheus-query', ...of }, placed.length);
    },
    publishAnswer: (of, environment, answer) => stream.answer(of, environment, answer),
    refuse: async ({ tenant, source: name }, environments, reason, atMs) => {
      const type = await journalRefusal(book, { tenant, name, environments }, reason, atMs);
      metrics.count('parapet_journal_rows_total', { type });
    },
  };
}
