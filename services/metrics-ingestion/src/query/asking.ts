import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { toJournal } from '@parapet/contracts';
import { type SignalPublisher, split } from '@parapet/jetstream';
import { formatInstant, type MakeId } from '@parapet/kernel';
import type { ConfigurationWatcher } from '@parapet/nest';
import type { Clock } from '@parapet/runtime';
import type { Sample } from '@parapet/signals';
import type { Metrics, ServiceLogger } from '@parapet/telemetry';
import type { SourceJournal } from '../door/refusals.js';
import { PostgresCursors } from './cursors.js';
import { AskedFleet } from './fleet.js';
import type { QueryPorts, SourceName } from './ports.js';
import type { PlacedSample } from './samples.js';
import type { QueryTurns } from './turns.js';

/** Samples of the past in one message: it stays one part, and its successor waits for it. */
const PAST_SAMPLES_MAX = 500;
/** The past waits where more of the stream than this is used. */
const USED_BY_PAST_MAX = 0.5;
const REASON_CHARACTERS_MAX = 400;

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
  const envelope = ({ tenant, source }: SourceName, environment: string) => ({
    receipt: makeId('rcp'),
    part: 1,
    parts: 1,
    tenant,
    environment,
    source,
  });
  return {
    turns,
    cursors: new PostgresCursors(turns),
    metrics,
    logger,
    nowMs: () => clock.nowMs(),
    hasRoomForPast: async () => (await signalsUsed()) < USED_BY_PAST_MAX,
    publishSamples: async (of, placed, { isHistory }) => {
      for (const [environment, samples] of byEnvironment(placed)) {
        const batch = { ...envelope(of, environment), samples, alerts: null };
        if (!isHistory) await publisher.publish(batch);
        // The past is taken in order: a message leaves when the one before it is stored, and each is whole.
        else
          for (const piece of piecesOf(samples)) {
            for (const { samples: own } of split({ ...batch, isHistory, samples: piece }))
              await publisher.publish({ ...envelope(of, environment), samples: own, alerts: null, isHistory });
          }
      }
      metrics.count('parapet_ingest_records_total', { door: 'prometheus-query', ...of }, placed.length);
    },
    publishAnswer: async (of, environment, answer) => {
      const head = envelope(of, environment);
      const said = { groupKey: '', receiver: '', externalUrl: '', truncatedAlerts: 0, statements: [] };
      await publisher.publish({
        ...head,
        samples: [],
        alerts: { ...said, digest: head.receipt, isUngrouped: true, answer },
      });
    },
    refuse: async ({ tenant, source }, environments, reason, atMs) => {
      const event = toJournal({
        type: 'SourceRefused',
        source,
        since: formatInstant(atMs),
        reason: reason.slice(0, REASON_CHARACTERS_MAX),
        affected: environments,
      });
      const stream = { tenant, stream: `source:${source}`, environment: environments[0] as string, workload: 'none' };
      await book.db.transactRetrying(tenant, async (tx) => {
        await book.journal.append(tx, stream, 'any', [event], { actor: { kind: 'service', id: 'metrics-ingestion' } });
        tx.afterCommit(() => book.relay.nudge(tenant));
      });
      metrics.count('parapet_journal_rows_total', { type: event.type });
    },
  };
}

function byEnvironment(placed: readonly PlacedSample[]): ReadonlyMap<string, readonly Sample[]> {
  const all = new Map<string, Sample[]>();
  for (const { environment, sample } of placed) {
    const known = all.get(environment);
    if (known === undefined) all.set(environment, [sample]);
    else known.push(sample);
  }
  return all;
}

function* piecesOf(samples: readonly Sample[]): Generator<readonly Sample[]> {
  for (let from = 0; from < samples.length; from += PAST_SAMPLES_MAX)
    yield samples.slice(from, from + PAST_SAMPLES_MAX);
}
