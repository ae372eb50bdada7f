import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import {
  type CounterName,
  type GaugeName,
  type HistogramName,
  type LabelsOf,
  METRICS,
  type MetricDeclaration,
  type MetricName,
} from './metric-names.js';

/** The metrics of one process. Names and labels are those of `METRICS`; a misspelt one does not compile. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #made = new Map<MetricName, Counter | Gauge | Histogram>();

  /** @param options.withProcess also the runtime's own: memory, event loop, garbage collection */
  constructor(options: { readonly service: string; readonly withProcess?: boolean }) {
    this.#registry.setDefaultLabels({ service: options.service });
    if (options.withProcess ?? true) collectDefaultMetrics({ register: this.#registry });
  }

  /** Adds to a counter. */
  count<N extends CounterName>(name: N, labels: LabelsOf<N>, by = 1): void {
    (this.#metric(name) as Counter).inc(labels as Record<string, string>, by);
  }

  /** Sets a gauge. */
  set<N extends GaugeName>(name: N, labels: LabelsOf<N>, value: number): void {
    (this.#metric(name) as Gauge).set(labels as Record<string, string>, value);
  }

  /** Records one value of a histogram; times in seconds. */
  observe<N extends HistogramName>(name: N, labels: LabelsOf<N>, value: number): void {
    (this.#metric(name) as Histogram).observe(labels as Record<string, string>, value);
  }

  /** The page that Prometheus scrapes. */
  page(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  #metric(name: MetricName): Counter | Gauge | Histogram {
    const existing = this.#made.get(name);
    if (existing !== undefined) return existing;
    const declaration: MetricDeclaration = METRICS[name];
    const settings = { name, help: declaration.help, labelNames: [...declaration.labels], registers: [this.#registry] };
    const made = makeMetric(declaration, settings);
    this.#made.set(name, made);
    return made;
  }
}

function makeMetric(
  declaration: MetricDeclaration,
  settings: { name: string; help: string; labelNames: string[]; registers: Registry[] },
): Counter | Gauge | Histogram {
  switch (declaration.kind) {
    case 'counter':
      return new Counter(settings);
    case 'gauge':
      return new Gauge(settings);
    case 'histogram':
      return new Histogram({
        ...settings,
        ...(declaration.buckets === undefined ? {} : { buckets: [...declaration.buckets] }),
      });
  }
}
