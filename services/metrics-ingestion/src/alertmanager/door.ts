import type { DoorKind } from '../door/kind.js';
import { batchesOf, statementsOf } from './batches.js';
import { readMessage } from './read.js';

/** Takes what Alertmanager sends to a webhook. */
export const alertmanagerDoor: DoorKind = {
  name: 'alertmanager',
  // Alertmanager gives a message up on any 4xx, 429 among them.
  beyondRate: 503,
  take(document, sender, arrival) {
    const message = readMessage(document);
    return {
      batches: batchesOf(message, sender, arrival),
      records: statementsOf(message.alerts).map((statement) => JSON.stringify(statement)),
    };
  },
};
