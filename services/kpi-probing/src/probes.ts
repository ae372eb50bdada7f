import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type JetStreamConnection, SignalPublisher } from '@parapet/jetstream';
import type { MakeId } from '@parapet/kernel';
import { ConfigurationWatcher, JETSTREAM, LOGGER, MAKE_ID, SERVICE_VARIABLES } from '@parapet/nest';
import { Database } from '@parapet/postgres';
import { makeProbe } from '@parapet/probes';
import { Metrics, type ServiceLogger } from '@parapet/telemetry';
import type { KpiProbingConfig } from './config.js';
import { Breakers } from './schedule/breakers.js';
import { circuitsOn, costsOn } from './schedule/costs.js';
import { PostgresCursors } from './schedule/cursors.js';
import { declaredProbes, ProbeFleet } from './schedule/fleet.js';
import type { RoundPorts } from './schedule/round.js';
import { Turns } from './schedule/turns.js';

/** What the service's own loops lean on: cursors, stream and metrics. */
@Injectable()
export class ProbePorts implements RoundPorts {
  readonly cursors;
  readonly turns = new Turns();
  readonly costs;
  readonly breakers;
  readonly publish: RoundPorts['publish'];
  readonly nowMs = () => Date.now();

  constructor(
    @Inject(Database) database: Database,
    @Inject(Metrics) metrics: Metrics,
    @Inject(JETSTREAM) jetstream: JetStreamConnection,
    @Inject(MAKE_ID) makeId: MakeId,
    @Inject(SERVICE_VARIABLES) config: KpiProbingConfig,
    @Inject(LOGGER) logger: ServiceLogger,
  ) {
    this.cursors = new PostgresCursors(database);
    this.costs = costsOn(metrics);
    this.breakers = new Breakers(this.nowMs, Math.random, circuitsOn(metrics, logOf(logger)));
    const publisher = new SignalPublisher(jetstream.publisher(), { partitions: config.PARAPET_PARTITIONS });
    this.publish = async ({ tenant, environment, workload, probe }, samples) => {
      await publisher.publish({
        receipt: makeId('rcp'),
        part: 1,
        parts: 1,
        tenant,
        environment,
        source: `${workload}/${probe}`,
        samples,
        alerts: null,
      });
    };
  }
}

/** The service's logger in the words of the schedule: the sentence first. */
function logOf(logger: ServiceLogger) {
  return {
    info: (text: string, fields: object) => logger.info(fields, text),
    warn: (text: string, fields: object) => logger.warn(fields, text),
    error: (text: string, fields: object) => logger.error(fields, text),
  };
}

/** Runs the probes that the configuration declares, and follows its changes. */
@Injectable()
export class Probes implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #fleet: ProbeFleet;
  #unfollow: () => void = () => undefined;

  constructor(
    @Inject(ConfigurationWatcher) private readonly watcher: ConfigurationWatcher,
    @Inject(ProbePorts) ports: ProbePorts,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {
    this.#fleet = new ProbeFleet((declared) => makeProbe(declared, ports.nowMs), ports, logOf(logger), Math.random);
  }

  onApplicationBootstrap(): void {
    this.#unfollow = this.watcher.onChange(() => this.#follow());
    this.#follow();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#unfollow();
    await this.#fleet.stop();
  }

  #follow(): void {
    this.#fleet.apply(this.watcher.all().flatMap(declaredProbes)).catch((error: unknown) => {
      this.logger.error({ err: error }, 'the probes could not follow the configuration');
    });
  }
}
