import { takenOf } from '../alerts/taken.js';
import type { DoorKind } from '../door/kind.js';
import { readMessage } from './read.js';
import { grafanaSignature } from './signature.js';

/** Takes what Grafana's alerting sends to a webhook, signed where its source has a secret. */
export const grafanaDoor: DoorKind = {
  name: 'grafana',
  // Its contact point may be set to either.
  methods: ['POST', 'PUT'],
  // Not known to come again after 429: treated as Alertmanager.
  beyondRate: 503,
  signature: grafanaSignature,
  take: (message, sender, arrival) => takenOf(readMessage(message.document()), sender, arrival),
};
