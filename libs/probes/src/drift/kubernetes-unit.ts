import { type Container, type Fingerprint, fingerprint, mapOf, mapsIn, reference, textOf, type Unit } from './unit.js';

/** The kinds that are compared, with where the API serves them. */
export const KINDS: Readonly<Record<string, { readonly api: string; readonly plural: string }>> = {
  Deployment: { api: '/apis/apps/v1', plural: 'deployments' },
  StatefulSet: { api: '/apis/apps/v1', plural: 'statefulsets' },
  DaemonSet: { api: '/apis/apps/v1', plural: 'daemonsets' },
  CronJob: { api: '/apis/batch/v1', plural: 'cronjobs' },
  ConfigMap: { api: '/api/v1', plural: 'configmaps' },
};

type Json = Readonly<Record<string, unknown>>;

/** Where an object of Kubernetes is. */
export interface ObjectPlace {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Which object a manifest is about; null for kinds that are not compared. */
export function placeOf(manifest: Json, namespace: string): ObjectPlace | null {
  const kind = textOf(manifest.kind) ?? '';
  const metadata = mapOf(manifest.metadata);
  const name = textOf(metadata.name);
  if (!Object.hasOwn(KINDS, kind) || name === null || name === '') return null;
  return { kind, namespace: textOf(metadata.namespace) ?? namespace, name };
}

/** The labels by which the pods of an object are found; none for objects that have no pods of their own. */
export function podLabels(object: Json): ReadonlyMap<string, string> {
  const labels = mapOf(mapOf(mapOf(object.spec).selector).matchLabels);
  return new Map(Object.entries(labels).map(([name, value]) => [name, textOf(value) ?? '']));
}

/**
 * An object of Kubernetes as a unit. Of its many fields those are taken that a release is made of; what the API server fills in by
 * itself is not among them, and order plays no part.
 */
export function unitOf({ kind, namespace, name }: ObjectPlace, object: Json): Unit {
  const spec = mapOf(object.spec);
  const template = mapOf(kind === 'CronJob' ? mapOf(mapOf(mapOf(spec.jobTemplate).spec).template) : spec.template);
  const pod = mapOf(template.spec);
  const volumes = volumesOf(pod);
  const replicas = typeof spec.replicas === 'number' ? spec.replicas : null;
  const containers = [...mapsIn(pod.containers), ...mapsIn(pod.initContainers)].map((one): [string, Container] => [
    textOf(one.name) ?? '',
    containerOf(one, volumes),
  ]);
  const data = [...Object.entries(mapOf(object.data)), ...Object.entries(mapOf(object.binaryData))];
  return {
    name: `${kind}/${namespace}/${name}`,
    replicas: kind === 'DaemonSet' || kind === 'CronJob' ? null : replicas,
    containers: new Map(containers),
    config: new Map(kind === 'ConfigMap' ? data.map(([key, value]) => [key, fingerprint(textOf(value) ?? '')]) : []),
  };
}

function containerOf(container: Json, volumes: ReadonlyMap<string, Fingerprint>): Container {
  return {
    image: textOf(container.image),
    env: new Map(mapsIn(container.env).map((one) => [textOf(one.name) ?? '', envValue(one)])),
    config: new Map([
      ...['command', 'args'].flatMap((field): [string, Fingerprint][] => {
        const list = container[field];
        const isSet = Array.isArray(list) && list.length > 0;
        return isSet ? [[field, fingerprint(JSON.stringify(list.map(textOf)))]] : [];
      }),
      ...mapsIn(container.envFrom).map((one): [string, Fingerprint] => {
        const source = `${referenceTo('configmap', one.configMapRef)}${referenceTo('secret', one.secretRef)}`;
        const prefix = textOf(one.prefix) ?? '';
        return [`envFrom ${prefix}${source}`, reference(source)];
      }),
      ...mapsIn(container.volumeMounts).flatMap((one): [string, Fingerprint][] => {
        const volume = volumes.get(textOf(one.name) ?? '');
        return volume === undefined ? [] : [[`mount ${textOf(one.mountPath)}`, volume]];
      }),
    ]),
  };
}

/** Where a value comes from is compared where it is a reference, and the value itself where it stands there. */
function envValue(variable: Json): Fingerprint {
  const from = mapOf(variable.valueFrom);
  const [[kind, source] = ['', null]] = Object.entries(from);
  const { name, key, fieldPath, resource, containerName } = mapOf(source);
  if (kind === '') return fingerprint(textOf(variable.value) ?? '');
  return reference([kind, name, key, fieldPath, containerName, resource].map((part) => textOf(part) ?? '').join('/'));
}

function volumesOf(pod: Json): ReadonlyMap<string, Fingerprint> {
  return new Map(
    mapsIn(pod.volumes).flatMap((one): [string, Fingerprint][] => {
      const configMap = textOf(mapOf(one.configMap).name);
      const secret = textOf(mapOf(one.secret).secretName);
      const source = configMap === null ? secret && `secret ${secret}` : `configmap ${configMap}`;
      return source === null ? [] : [[textOf(one.name) ?? '', reference(source)]];
    }),
  );
}

function referenceTo(what: string, source: unknown): string {
  const name = textOf(mapOf(source).name);
  return name === null ? '' : `${what} ${name}`;
}
