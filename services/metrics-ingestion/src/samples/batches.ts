import type { SignalBatch } from '@parapet/contracts';
import type { Arrival, Sender } from '../door/kind.js';
import type { PlacedSample } from './read.js';

/** The batches of a message, one for each environment that it has samples of, in the order of the source's environments. */
export function batchesOf(
  placed: readonly PlacedSample[],
  { tenant, source }: Sender,
  { receipt }: Arrival,
): readonly SignalBatch[] {
  return source.environments.flatMap((environment) => {
    const samples = placed.filter((one) => one.environment === environment).map((one) => one.sample);
    const batch = { receipt, part: 1, parts: 1, tenant, environment, source: source.name, samples, alerts: null };
    return samples.length === 0 ? [] : [batch];
  });
}
