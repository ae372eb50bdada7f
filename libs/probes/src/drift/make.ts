import type { MakeProbe } from '../probe.js';
import { readSettings } from '../settings.js';
import { driftSettings } from './config.js';
import { DriftProbe } from './probe.js';

/** Makes a drift probe of its declaration, or says every problem of its settings. */
export const makeDriftProbe: MakeProbe = (declared, nowMs) => {
  const read = readSettings(declared, driftSettings);
  if ('problems' in read) return read;
  const { workload, probe } = declared;
  return new DriftProbe({
    name: `${workload}/${probe.name}`,
    instance: probe.name,
    everyMs: probe.everyMs,
    settings: read.settings,
    nowMs,
  });
};
