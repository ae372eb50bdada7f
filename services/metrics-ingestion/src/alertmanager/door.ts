import { takenOf } from '../alerts/taken.js';
import type { DoorKind } from '../door/kind.js';
import { readMessage } from './read.js';

/** Takes what Alertmanager sends to a webhook. */
export const alertmanagerDoor: DoorKind = {
  name: 'alertmanager',
  // Alertmanager gives a message up on any 4xx, 429 among them.
  beyondRate: 503,
  take: (message, sender, arrival) => takenOf(readMessage(message.document()), sender, arrival),
};
