import type { SignalDeclaration } from '@parapet/signals';
import { BUILT_IN_SIGNALS, type Configuration, sendsAlerts, type SignalSource } from '@parapet/policy';

/** The alert sources that speak of an environment. */
export function alertSourcesOf(configuration: Configuration, environment: string): readonly SignalSource[] {
  return configuration.signalSources.filter(
    (source) => sendsAlerts(source) && source.environments.includes(environment),
  );
}

/**
 * How a signal is declared: by the source that sends it, else by any of the tenant, else as built in with a probe, whose
 * schedule is then the signal's interval. Null for a signal that nobody declares.
 * @param source who sent the sample: a `SignalSource`, or `workload/probe`; null where it does not matter
 */
export function declarationOf(
  configuration: Configuration,
  environment: string,
  signal: string,
  source: string | null,
): SignalDeclaration | null {
  const own = configuration.signalSources.filter((s) => s.name === source);
  for (const candidate of [...own, ...configuration.signalSources]) {
    const declared = candidate.signals.find((s) => s.name === signal);
    if (declared !== undefined) return declared;
  }
  const builtIn = BUILT_IN_SIGNALS.find((s) => s.name === signal);
  if (builtIn === undefined) return null;
  const everyMs = probeEveryMs(configuration, environment, source);
  return everyMs === null
    ? builtIn
    : { ...builtIn, intervalMs: everyMs, latenessMs: Math.max(LATENESS_MS_MIN, 4 * everyMs) };
}

const LATENESS_MS_MIN = 60_000;

/** The schedule of the probe that sends; of the slowest of the environment where the sender does not matter. */
function probeEveryMs(configuration: Configuration, environment: string, source: string | null): number | null {
  const probes = configuration.workloads.flatMap((workload) =>
    workload.probes
      .filter((probe) => probe.environment === environment)
      .map((probe) => ({ name: `${workload.name}/${probe.name}`, everyMs: probe.everyMs })),
  );
  const own = probes.filter((probe) => probe.name === source);
  const asked = own.length > 0 ? own : probes;
  return asked.length === 0 ? null : Math.max(...asked.map((probe) => probe.everyMs));
}
