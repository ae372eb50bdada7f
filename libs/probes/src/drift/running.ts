import type { PublishedDocument } from '@parapet/policy';
import { readDocument } from '../document.js';
import { MeasurementFailed } from '../probe.js';
import type { Difference } from './compare.js';
import { isCompose, servicesOf } from './compose-unit.js';
import { wholeImage } from './image.js';
import { type ObjectPlace, podLabels, unitOf } from './kubernetes-unit.js';
import { documentsIn } from './manifests.js';
import { mapOf, mapsIn, textOf, type Unit } from './unit.js';

type Json = Readonly<Record<string, unknown>>;

const INVENTORY_BYTES_MAX = 5_000_000;

/** The part of the Kubernetes API that is read. */
export interface ClusterReader {
  /** One object; null where there is none. Throws MeasurementFailed. */
  object(place: ObjectPlace): Promise<Json | null>;
  /** The pods with these labels in a namespace. Throws MeasurementFailed. */
  pods(namespace: string, labels: ReadonlyMap<string, string>): Promise<readonly Json[]>;
}

/** What runs, and what its pods add to it. */
export interface Running {
  readonly units: ReadonlyMap<string, Unit>;
  /** Pods that run another image than their own object says. */
  readonly pods: readonly Difference[];
  /** How much was read. */
  readonly objects: number;
}

/** Reads from a cluster what is declared, and nothing else: no list of secrets, no object that nobody declared. */
export async function readCluster(
  reader: ClusterReader,
  places: readonly ObjectPlace[],
  declared: readonly Unit[],
  withPods: boolean,
): Promise<Running> {
  const units = new Map<string, Unit>();
  const pods: Difference[] = [];
  let objects = 0;
  for (const [i, place] of places.entries()) {
    const object = await reader.object(place);
    if (object === null) continue;
    const unit = unitOf(place, object);
    units.set(unit.name, unit);
    objects += 1;
    const labels = podLabels(object);
    const wanted = declared[i];
    if (!withPods || labels.size === 0 || wanted === undefined) continue;
    const found = await reader.pods(place.namespace, labels);
    objects += found.length;
    pods.push(...podDifferences(wanted, found));
  }
  return { units, pods, objects };
}

/** Images that pods run although another is declared; once per image, with the number of pods. */
export function podDifferences(declared: Unit, pods: readonly Json[]): readonly Difference[] {
  const strangers = new Map<string, { container: string; image: string; pods: number }>();
  for (const pod of pods) {
    const phase = textOf(mapOf(pod.status).phase);
    // A pod on its way out is what a rollout looks like, not a drift.
    if (mapOf(pod.metadata).deletionTimestamp !== undefined || phase === 'Succeeded' || phase === 'Failed') continue;
    for (const container of mapsIn(mapOf(pod.spec).containers)) {
      const name = textOf(container.name) ?? '';
      const image = textOf(container.image) ?? '';
      const wanted = declared.containers.get(name)?.image;
      if (wanted === undefined || wanted === null || wholeImage(wanted) === wholeImage(image)) continue;
      const known = strangers.get(`${name} ${image}`);
      strangers.set(`${name} ${image}`, { container: name, image, pods: (known?.pods ?? 0) + 1 });
    }
  }
  return [...strangers.values()].map(({ container, image, pods: n }) => ({
    kind: 'image',
    field: `${declared.name}/image/${container}`,
    text: `${n} pod(s) run ${image}, declared ${declared.containers.get(container)?.image ?? ''}`,
  }));
}

/** Reads an inventory: what runs, in the words of Compose. */
export async function readInventory(place: PublishedDocument, timeoutMs: number): Promise<Running> {
  const { text } = await readDocument(place, { bytesMax: INVENTORY_BYTES_MAX, timeoutMs });
  const [document, ...more] = documentsIn(text, place.file ?? (place.url as string));
  if (document === undefined || more.length > 0 || !isCompose(document)) {
    throw new MeasurementFailed('bad-answer', 'the inventory is no document with services');
  }
  const units = servicesOf(document);
  return { units: new Map(units.map((unit) => [unit.name, unit])), pods: [], objects: units.length };
}
