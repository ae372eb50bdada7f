import type { InstantMs } from '@parapet/kernel';
import { nameOfDocument, readDocument } from '../document.js';
import { type Look, presentMeasure } from '../present.js';
import { MeasurementFailed, type Measure, type Probe } from '../probe.js';
import { Cluster } from './cluster.js';
import { differencesOf, DRIFT_KINDS, type Difference, withoutIgnored } from './compare.js';
import { isCompose, servicesOf } from './compose-unit.js';
import type { DriftSettings } from './config.js';
import { type ObjectPlace, placeOf, unitOf } from './kubernetes-unit.js';
import { readManifests } from './manifests.js';
import { readCluster, readInventory, type Running } from './running.js';
import type { Unit } from './unit.js';

/** Differences that are told one by one; the numbers count them all. */
const TOLD_MAX = 20;
const CA_BYTES_MAX = 1_000_000;

/** What a drift probe is made of. */
export interface DriftOptions {
  /** `<workload>/<probe>`. */
  readonly name: string;
  /** The dimension `instance`: the probe's own name. */
  readonly instance: string;
  readonly everyMs: number;
  readonly settings: DriftSettings;
  readonly nowMs: () => InstantMs;
}

/** Compares what runs with what is declared, field by field. */
export class DriftProbe implements Probe {
  readonly measures: readonly Measure[];
  readonly #settings: DriftSettings;

  constructor({ name, instance, everyMs, settings, nowMs }: DriftOptions) {
    this.#settings = settings;
    const { kubernetes, inventory } = settings.running;
    this.measures = [
      presentMeasure({
        probe: name,
        kpi: 'drift',
        target: kubernetes?.server ?? (inventory === undefined ? name : nameOfDocument(inventory)),
        everyMs,
        nowMs,
        signals: ['drift.fields'],
        dimensions: { instance },
        look: () => this.#look(),
      }),
    ];
  }

  async close(): Promise<void> {
    // Every request closes its own connection.
  }

  async #look(): Promise<Look> {
    const { declared, running, ignore, timeout } = this.#settings;
    const manifests = await readManifests(declared, timeout);
    const { inventory, kubernetes } = running;
    const places = placesIn(manifests, kubernetes?.namespace ?? null);
    const units =
      kubernetes === undefined ? manifests.filter(isCompose).flatMap(servicesOf) : places.map(({ unit }) => unit);
    this.#checkNumber(units.length, nameOfDocument(declared));

    let found: Running;
    if (kubernetes !== undefined) {
      const reader = new Cluster(kubernetes, await certificates(kubernetes.ca, timeout), timeout);
      found = await readCluster(
        reader,
        places.map(({ place }) => place),
        units,
        kubernetes.pods,
      );
    } else if (inventory !== undefined) {
      found = await readInventory(inventory, timeout);
    } else {
      throw new MeasurementFailed('defect', 'neither kubernetes nor inventory in settings');
    }
    const all = withoutIgnored([...differencesOf(units, found.units), ...found.pods], ignore);
    return { findings: findingsOf(all), rows: found.objects, notes: notesOf(all) };
  }

  /** Nothing declared would be no drift at all, and a folder that failed to be mounted the best of news. */
  #checkNumber(units: number, where: string): void {
    const { objectsMax } = this.#settings;
    if (units === 0) throw new MeasurementFailed('missing', `${where} declares nothing that can be compared`);
    if (units > objectsMax)
      throw new MeasurementFailed('too-large', `${where} declares ${units} objects, allowed are ${objectsMax}`);
  }
}

async function certificates(file: string | undefined, timeoutMs: number): Promise<string | undefined> {
  if (file === undefined) return undefined;
  return (await readDocument({ file, allowPrivate: false }, { bytesMax: CA_BYTES_MAX, timeoutMs })).text;
}

function placesIn(
  manifests: Awaited<ReturnType<typeof readManifests>>,
  namespace: string | null,
): readonly { readonly place: ObjectPlace; readonly unit: Unit }[] {
  if (namespace === null) return [];
  return manifests.flatMap((manifest) => {
    const place = placeOf(manifest, namespace);
    return place === null ? [] : [{ place, unit: unitOf(place, manifest) }];
  });
}

function findingsOf(differences: readonly Difference[]): Look['findings'] {
  return DRIFT_KINDS.map((kind) => {
    const value = differences.filter((one) => one.kind === kind).length;
    return { signal: 'drift.fields', value: { kind: 'gauge', value }, dimensions: { kind } };
  });
}

function notesOf(differences: readonly Difference[]): readonly string[] {
  const told = differences.slice(0, TOLD_MAX).map(({ field, text }) => `${field}: ${text}`);
  const more = differences.length - told.length;
  return more > 0 ? [...told, `and ${more} more`] : told;
}
