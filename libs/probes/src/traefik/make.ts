import { traefikSettings } from '@parapet/policy';
import type { MakeProbe } from '../probe.js';
import { readSettings } from '../settings.js';
import { TraefikProbe } from './probe.js';

/** Makes a probe of Traefik of its declaration, or says every problem of its settings. */
export const makeTraefikProbe: MakeProbe = (declared, nowMs) => {
  const read = readSettings(declared, traefikSettings);
  if ('problems' in read) return read;
  const { workload, probe } = declared;
  return new TraefikProbe({
    name: `${workload}/${probe.name}`,
    instance: probe.name,
    everyMs: probe.everyMs,
    settings: read.settings,
    nowMs,
  });
};
