import type { SecretRef } from '@parapet/policy';
import { secret } from '../document.js';
import { KubernetesApi } from '../kubernetes/api.js';
import type { ClusterSettings } from './config.js';
import { KINDS, type ObjectPlace } from './kubernetes-unit.js';
import type { ClusterReader } from './running.js';
import { mapOf } from './unit.js';

const PAGE_SIZE = 250;
const PODS_MAX = 5_000;

/** Reads single objects and pods of a cluster, with a token that needs no right to read secrets. */
export class Cluster implements ClusterReader {
  readonly #api: KubernetesApi;

  constructor({ server, token, allowPrivate }: ClusterSettings, ca: string | undefined, timeoutMs: number) {
    this.#api = new KubernetesApi({
      server,
      token: () => secret(token as SecretRef),
      ca: () => ca,
      allowPrivate,
      timeoutMs,
      pageSize: PAGE_SIZE,
      itemsMax: PODS_MAX,
    });
  }

  /** Asks for a list with this one name: an object that is not there is an empty list, and an API that is not there an error. */
  async object({ kind, namespace, name }: ObjectPlace): Promise<Readonly<Record<string, unknown>> | null> {
    const { api, plural } = KINDS[kind] as { api: string; plural: string };
    const path = `${api}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
    const [object = null] = await this.#api.list(path, { fieldSelector: `metadata.name=${name}` }, mapOf);
    return object;
  }

  async pods(
    namespace: string,
    labels: ReadonlyMap<string, string>,
  ): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const labelSelector = [...labels].map(([name, value]) => `${name}=${value}`).join(',');
    return await this.#api.list(`/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`, { labelSelector }, mapOf);
  }
}
