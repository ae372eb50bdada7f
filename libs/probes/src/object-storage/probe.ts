import type { InstantMs } from '@parapet/kernel';
import type { SampleValue } from '@parapet/signals';
import { readDocument } from '../document.js';
import { type Look, presentMeasure } from '../present.js';
import { MeasurementFailed, type Measure, type Probe } from '../probe.js';
import { type Credentials, listVersions } from './client.js';
import type { ObjectStorageSettings } from './config.js';
import { newestOf } from './newest.js';

const SIGNALS = ['storage.artifact.present', 'storage.artifact.age', 'storage.artifact.size'];
const CA_BYTES_MAX = 1_000_000;
/** How far the storage's clock may be ahead of ours. */
const SKEW_MS = 60_000;

/** What a probe of object storage is made of. */
export interface ObjectStorageOptions {
  /** `<workload>/<probe>`. */
  readonly name: string;
  /** The dimension `instance`: the probe's own name. */
  readonly instance: string;
  readonly everyMs: number;
  readonly settings: ObjectStorageSettings;
  /** Reads the credentials; throws MeasurementFailed where one is not there. */
  readonly credentials: () => Credentials;
  readonly nowMs: () => InstantMs;
}

/** Looks for the newest artifact of a bucket: whether there is one, how old and how large it is. */
export class ObjectStorageProbe implements Probe {
  readonly measures: readonly Measure[];
  readonly #options: ObjectStorageOptions;

  constructor(options: ObjectStorageOptions) {
    this.#options = options;
    const { name, instance, everyMs, nowMs, settings } = options;
    this.measures = [
      presentMeasure({
        probe: name,
        kpi: 'artifact',
        target: new URL(settings.endpoint).origin,
        everyMs,
        nowMs,
        signals: SIGNALS,
        dimensions: { instance },
        look: () => this.#look(),
      }),
    ];
  }

  async close(): Promise<void> {
    // Every request closes its own connection.
  }

  async #look(): Promise<Look> {
    const { settings, credentials, nowMs } = this.#options;
    const { ca: file, timeout } = settings;
    const limits = { bytesMax: CA_BYTES_MAX, timeoutMs: timeout };
    const ca = file === undefined ? undefined : (await readDocument({ file, allowPrivate: false }, limits)).text;
    const pages = await listVersions({ settings, credentials: credentials(), ca, nowMs });
    const { version, notes } = newestOf(pages, settings.suffix);
    const rows = pages.reduce((sum, page) => sum + page.versions.length + page.deleted.length, 0);
    const nothing: SampleValue = { kind: 'gap', reason: 'no-series' };
    return {
      rows,
      notes:
        version === null
          ? [`no artifact under "${settings.prefix}" that ends with "${settings.suffix}"`, ...notes]
          : notes,
      findings: [
        // Whether there is one is known either way; how old nothing is, is not.
        { signal: 'storage.artifact.present', value: gauge(version === null ? 0 : 1) },
        { signal: 'storage.artifact.age', value: version === null ? nothing : this.#age(version.atMs) },
        { signal: 'storage.artifact.size', value: version === null ? nothing : gauge(version.bytes) },
      ],
    };
  }

  #age(atMs: InstantMs): SampleValue {
    const ageMs = this.#options.nowMs() - atMs;
    if (ageMs < -SKEW_MS)
      throw new MeasurementFailed('bad-answer', 'the newest artifact lies in the future: a clock is wrong');
    return gauge(Math.max(0, ageMs) / 1000);
  }
}

const gauge = (value: number): SampleValue => ({ kind: 'gauge', value });
