import { unreachable, type InstantMs } from '@parapet/kernel';
import type { SampleValue } from '@parapet/signals';
import { presentMeasure, type Finding, type Look } from '../present.js';
import { MeasurementFailed, type Measure, type Probe } from '../probe.js';
import type { KubernetesApi } from './api.js';
import type { KubernetesKpi, KubernetesSettings } from './config.js';
import { pendingPods, PRESSURES, readAutoscaler, readNode, readPod, saidOf, standingOf } from './objects.js';
import { RestartCounter } from './restarts.js';

/** A difference over more than this many intervals says little about when it happened. */
const GAP_INTERVALS_MAX = 4;
const NAMES_MAX = 5;

/** What a probe of Kubernetes is made of. */
export interface KubernetesOptions {
  /** `<workload>/<probe>`. */
  readonly name: string;
  /** The probe's own name: a dimension of every sample. */
  readonly instance: string;
  readonly everyMs: number;
  readonly settings: KubernetesSettings;
  readonly api: KubernetesApi;
  readonly nowMs: () => InstantMs;
}

/** Measures how a cluster runs the shop: each declared namespace for itself, and the nodes where that is allowed. */
export class KubernetesProbe implements Probe {
  readonly measures: readonly Measure[];
  readonly #options: KubernetesOptions;

  constructor(options: KubernetesOptions) {
    this.#options = options;
    this.measures = options.settings.kpis.flatMap((kpi) => this.#measuresOf(kpi));
  }

  async close(): Promise<void> {
    // Every look has connections of its own.
  }

  #measuresOf(kpi: KubernetesKpi): readonly Measure[] {
    const { namespaces } = this.#options.settings;
    switch (kpi) {
      case 'pods':
        return namespaces.map((namespace) => {
          const counter = new RestartCounter();
          const signals = ['kubernetes.restarts', 'kubernetes.pods.pending'];
          return this.#measure(`pods-${namespace}`, signals, { namespace }, () => this.#pods(namespace, counter));
        });
      case 'autoscalers':
        return namespaces.map((namespace) =>
          this.#measure(`autoscalers-${namespace}`, ['kubernetes.autoscalers.saturated'], { namespace }, () =>
            this.#autoscalers(namespace),
          ),
        );
      case 'nodes':
        return [this.#measure('nodes', ['kubernetes.nodes.pressure'], {}, () => this.#nodes())];
      default:
        return unreachable(kpi);
    }
  }

  #measure(
    kpi: string,
    signals: readonly string[],
    dimensions: Readonly<Record<string, string>>,
    look: () => Promise<Look>,
  ): Measure {
    const { name, instance, everyMs, settings, nowMs } = this.#options;
    return presentMeasure({
      probe: name,
      kpi,
      target: settings.server,
      everyMs,
      nowMs,
      signals,
      dimensions: { instance, ...dimensions },
      look,
    });
  }

  async #pods(namespace: string, counter: RestartCounter): Promise<Look> {
    const { api, everyMs, nowMs, settings } = this.#options;
    const pods = await api.list(`/api/v1/namespaces/${namespace}/pods`, this.#selection(), readPod);
    // A namespace that is not there answers an empty list, as one does in which nothing runs.
    if (pods.length === 0)
      throw new MeasurementFailed('missing', `no pod in namespace ${namespace}${this.#matching()}`);
    const atMs = nowMs();
    const restarts = counter.since(pods, atMs, GAP_INTERVALS_MAX * everyMs);
    const pending = pendingPods(pods, atMs, settings.pendingAfter);
    const counted: SampleValue =
      restarts === null
        ? { kind: 'gap', reason: 'too-few-samples' }
        : { kind: 'count', count: restarts.count, of: restarts.seconds };
    return {
      findings: [
        { signal: 'kubernetes.restarts', value: counted },
        { signal: 'kubernetes.pods.pending', value: { kind: 'gauge', value: pending.length } },
      ],
      rows: pods.length,
      notes: [
        ...(restarts === null ? ['restarts are counted from this reading on: the next one has a number'] : []),
        ...named('pending', pending),
      ],
    };
  }

  async #autoscalers(namespace: string): Promise<Look> {
    const path = `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`;
    const found = await this.#options.api.list(path, this.#selection(), readAutoscaler);
    if (found.length === 0) {
      throw new MeasurementFailed('missing', `no autoscaler in namespace ${namespace}${this.#matching()}`);
    }
    const standing = (wanted: ReturnType<typeof standingOf>) => found.filter((one) => standingOf(one) === wanted);
    const saturated = standing('saturated');
    const untold = standing('unknown');
    const value = countOf(saturated.length, untold.length);
    return {
      findings: [{ signal: 'kubernetes.autoscalers.saturated', value }],
      rows: found.length,
      notes: [...named('at its maximum', saturated), ...named('cannot scale', untold)],
    };
  }

  async #nodes(): Promise<Look> {
    const nodes = await this.#options.api.list('/api/v1/nodes', {}, readNode);
    if (nodes.length === 0) throw new MeasurementFailed('missing', 'the cluster lists no node');
    const saying = (type: string, wanted: ReturnType<typeof saidOf>) =>
      nodes.filter((node) => saidOf(node, type) === wanted);
    const isGone = nodes.filter((node) => saidOf(node, 'Ready') !== 'True');
    const finding = (condition: string, value: SampleValue): Finding => ({
      signal: 'kubernetes.nodes.pressure',
      value,
      dimensions: { condition },
    });
    return {
      findings: [
        finding('not-ready', { kind: 'gauge', value: isGone.length }),
        ...Object.entries(PRESSURES).map(([condition, type]) =>
          finding(condition, countOf(saying(type, 'True').length, saying(type, 'Unknown').length)),
        ),
      ],
      rows: nodes.length,
      notes: [
        ...named('not ready', isGone),
        ...Object.values(PRESSURES).flatMap((type) => named(type, saying(type, 'True'))),
      ],
    };
  }

  #selection(): Readonly<Record<string, string>> {
    const { selector } = this.#options.settings;
    return selector === undefined ? {} : { labelSelector: selector };
  }

  #matching(): string {
    const { selector } = this.#options.settings;
    return selector === undefined ? '' : ` matches ${selector}`;
  }
}

/** How many are so. Where some do not say, none of the others is not nobody; one of the others is one. */
function countOf(count: number, untold: number): SampleValue {
  return count === 0 && untold > 0 ? { kind: 'gap', reason: 'sensor-broken' } : { kind: 'gauge', value: count };
}

function named(what: string, objects: readonly { readonly metadata: { readonly name: string } }[]): readonly string[] {
  if (objects.length === 0) return [];
  const names = objects.slice(0, NAMES_MAX).map(({ metadata }) => metadata.name);
  return [`${what}: ${names.join(', ')}${objects.length > NAMES_MAX ? ` and ${objects.length - NAMES_MAX} more` : ''}`];
}
