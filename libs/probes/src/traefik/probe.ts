import type { InstantMs } from '@parapet/kernel';
import { nameOfDocument, readDocument } from '../document.js';
import { presentMeasure, type Finding, type Look } from '../present.js';
import type { Measure, Probe } from '../probe.js';
import { certificateFindings } from './certificates.js';
import type { TraefikSettings } from './config.js';
import { METRICS, type Page, readPage, type RouteKind } from './page.js';
import { routeFindings } from './routes.js';

/** The longest metrics page that is read: some ten thousand series. */
const PAGE_BYTES_MAX = 8 * 1024 * 1024;

/** What a probe of Traefik is made of. */
export interface TraefikOptions {
  /** `<workload>/<probe>`. */
  readonly name: string;
  /** The probe's own name: a dimension of every sample. */
  readonly instance: string;
  readonly everyMs: number;
  readonly settings: TraefikSettings;
  readonly nowMs: () => InstantMs;
}

/** Measures what passes through one Traefik, as its metrics page counts it, and how long its certificates still hold. */
export class TraefikProbe implements Probe {
  readonly measures: readonly Measure[];
  readonly #options: TraefikOptions;

  constructor(options: TraefikOptions) {
    this.#options = options;
    const { services, routers, certificates } = options.settings;
    this.measures = [
      ...(services.length === 0 ? [] : [this.#routes('service', services)]),
      ...(routers.length === 0 ? [] : [this.#routes('router', routers)]),
      ...(certificates ? [this.#certificates()] : []),
    ];
  }

  async close(): Promise<void> {
    // Every look has a connection of its own.
  }

  #routes(kind: RouteKind, patterns: readonly string[]): Measure {
    const selection = { patterns, most: this.#options.settings.seriesMax };
    const signals = ['requests', 'errors', 'latency'].map((signal) => `traefik.${kind}.${signal}`);
    return this.#measure(`${kind}s`, signals, Object.values(METRICS[kind]), (page) =>
      routeFindings(page, kind, selection),
    );
  }

  #certificates(): Measure {
    return this.#measure('certificates', ['traefik.certificate.left'], [METRICS.certificates], (page) =>
      certificateFindings(page, this.#options.nowMs()),
    );
  }

  #measure(
    kpi: string,
    signals: readonly string[],
    wanted: readonly string[],
    find: (page: Page) => readonly Finding[],
  ): Measure {
    const { name, instance, everyMs, settings, nowMs } = this.#options;
    return presentMeasure({
      probe: name,
      kpi,
      target: nameOfDocument(settings),
      everyMs,
      nowMs,
      signals,
      dimensions: { instance },
      look: async (): Promise<Look> => {
        const limits = { bytesMax: PAGE_BYTES_MAX, timeoutMs: settings.timeout };
        const { text } = await readDocument(settings, limits);
        const page = readPage(text, wanted, nowMs());
        return { findings: find(page), rows: page.lines.length };
      },
    });
  }
}
