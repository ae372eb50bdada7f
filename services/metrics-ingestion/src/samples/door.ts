import type { DoorKind } from '../door/kind.js';
import { batchesOf } from './batches.js';
import { readMessage } from './read.js';

/** Takes measurements from anything that can send JSON. */
export const samplesDoor: DoorKind = {
  name: 'samples',
  beyondRate: 429,
  take(message, sender, arrival) {
    const samples = readMessage(message.document(), sender, arrival.nowMs);
    return {
      batches: batchesOf(samples, sender, arrival),
      records: samples.map((sample) => JSON.stringify(sample)),
    };
  },
};
