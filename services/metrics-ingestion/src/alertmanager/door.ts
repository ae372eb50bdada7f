import type { DoorKind } from '../door/kind.js';
import { batchesOf, statementsOf } from './batches.js';
import { readMessage } from './read.js';

/** Takes what Alertmanager sends to a webhook. */
export const alertmanagerDoor: DoorKind = {
  name: 'alertmanager',
  // Alertmanager gives a message up on any 4xx, 429 among them.
  beyondRate: 503,
  take(message, sender, arrival) {
    const said = readMessage(message.document());
    return {
      batches: batchesOf(said, sender, arrival),
      records: statementsOf(said.alerts).map((statement) => JSON.stringify(statement)),
    };
  },
};
