import { randomUUID } from 'node:crypto';
import type { InstantMs } from '@parapet/kernel';
import { readDocument } from '../document.js';
import { MeasurementFailed, type Measure, type Probe } from '../probe.js';
import { type Look, presentMeasure } from '../present.js';
import type { HttpJourneySettings } from './config.js';
import { findingsOf, SIGNALS } from './findings.js';
import { runJourney } from './run.js';

const CA_LIMITS = { bytesMax: 1_000_000, timeoutMs: 5_000 };

/** What a journey probe is made of. */
export interface HttpJourneyOptions {
  /** `<workload>/<probe>`. */
  readonly name: string;
  /** The dimension `instance`: the probe's own name. */
  readonly instance: string;
  readonly everyMs: number;
  readonly settings: HttpJourneySettings;
  /** Reads the secret with a name of the settings; throws where there is none. */
  readonly secret: (name: string) => string;
  readonly nowMs: () => InstantMs;
}

/** Walks through a shop as a customer would, marked as a test, one run a tick. */
export class HttpJourneyProbe implements Probe {
  readonly measures: readonly Measure[];
  readonly #options: HttpJourneyOptions;

  constructor(options: HttpJourneyOptions) {
    this.#options = options;
    const { name, instance, everyMs, nowMs, settings } = options;
    this.measures = [
      presentMeasure({
        probe: name,
        kpi: 'journey',
        // Two journeys through one shop take turns.
        target: new URL(settings.baseUrl).origin,
        everyMs,
        nowMs,
        signals: SIGNALS,
        dimensions: { instance },
        look: () => this.#look(),
      }),
    ];
  }

  async close(): Promise<void> {
    // Every run closes its own connections.
  }

  async #look(): Promise<Look> {
    const { settings, nowMs } = this.#options;
    const secrets = new Map(Object.keys(settings.secrets).map((name) => [name, this.#secret(name)]));
    const ca =
      settings.ca === undefined
        ? undefined
        : (await readDocument({ file: settings.ca, allowPrivate: false }, CA_LIMITS)).text;
    const run = await runJourney({ settings, run: randomUUID(), secrets, ca, nowMs });
    const failed = run.steps.find(({ failure }) => failure !== null);
    return {
      findings: findingsOf(
        settings.steps.map((step) => step.name),
        run,
      ),
      rows: run.requests,
      notes: failed === undefined ? [] : [`step ${failed.step}: ${failed.failure}`],
    };
  }

  #secret(name: string): string {
    try {
      return this.#options.secret(name);
    } catch (error) {
      throw new MeasurementFailed('refused', error instanceof Error ? error.message : String(error), { cause: error });
    }
  }
}
