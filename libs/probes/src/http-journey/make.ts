import { resolveSecret, type SecretRef } from '@parapet/policy';
import type { MakeProbe } from '../probe.js';
import { httpJourneySettings } from './config.js';
import { HttpJourneyProbe } from './probe.js';

/** Makes a journey of its declaration, or says every problem of its settings. */
export const makeHttpJourneyProbe: MakeProbe = ({ probe, workload }, nowMs) => {
  const parsed = httpJourneySettings.safeParse(probe.settings);
  if (!parsed.success) return { problems: parsed.error.issues.map(({ path, message }) => problem(path, message)) };
  const settings = parsed.data;
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

const problem = (path: readonly PropertyKey[], message: string): string =>
  `settings${path.map((p) => `.${String(p)}`).join('')}: ${message}`;
