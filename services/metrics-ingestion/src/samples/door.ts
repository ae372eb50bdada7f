import type { DoorKind } from '../door/kind.js';
import { SeriesRooms } from '../door/series-room.js';
import { batchesOf } from './batches.js';
import { readMessage } from './read.js';

/** Takes measurements from anything that can send JSON. */
export function samplesDoor(rooms = new SeriesRooms()): DoorKind {
  return {
    name: 'samples',
    beyondRate: 429,
    take(message, sender, arrival) {
      const room = rooms.of(sender.tenant, sender.source.name);
      const samples = readMessage(message.document(), sender, room, arrival.nowMs);
      return {
        batches: batchesOf(samples, sender, arrival),
        records: samples.map((sample) => JSON.stringify(sample)),
      };
    },
  };
}
