import { kubernetesSettings, type SecretRef } from '@parapet/policy';
import { secret } from '../document.js';
import { authoritiesIn } from '../http/authorities.js';
import type { MakeProbe } from '../probe.js';
import { readSettings } from '../settings.js';
import { KubernetesApi } from './api.js';
import { KubernetesProbe } from './probe.js';

/** Makes a probe of Kubernetes of its declaration, or says every problem of its settings. */
export const makeKubernetesProbe: MakeProbe = (declared, nowMs) => {
  const read = readSettings(declared, kubernetesSettings);
  if ('problems' in read) return read;
  const { settings } = read;
  const { workload, probe } = declared;
  const api = new KubernetesApi({
    server: settings.server,
    token: () => secret(settings.token as SecretRef),
    ca: () => (settings.ca === undefined ? undefined : authoritiesIn(settings.ca)),
    allowPrivate: settings.allowPrivate,
    timeoutMs: settings.timeout,
    pageSize: settings.pageSize,
    itemsMax: settings.itemsMax,
  });
  return new KubernetesProbe({
    name: `${workload}/${probe.name}`,
    instance: probe.name,
    everyMs: probe.everyMs,
    settings,
    api,
    nowMs,
  });
};
