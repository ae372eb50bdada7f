import { resolveSecret, type SecretRef } from '@parapet/policy';
import type { MakeProbe } from '../probe.js';
import { readSettings } from '../settings.js';
import { httpJourneySettings } from './config.js';
import { HttpJourneyProbe } from './probe.js';

/** Makes a journey of its declaration, or says every problem of its settings. */
export const makeHttpJourneyProbe: MakeProbe = (declared, nowMs) => {
  const read = readSettings(declared, httpJourneySettings);
  if ('problems' in read) return read;
  const { settings } = read;
  const { workload, probe } = declared;
  return new HttpJourneyProbe({
    name: `${workload}/${probe.name}`,
    instance: probe.name,
    everyMs: probe.everyMs,
    settings,
    secret: (name) => {
      const reference = settings.secrets[name];
      if (reference === undefined) throw new Error(`there is no secret ${name} in settings`);
      return resolveSecret(reference as SecretRef);
    },
    nowMs,
  });
};
