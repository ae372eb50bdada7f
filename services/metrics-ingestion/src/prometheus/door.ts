import { takenOf } from '../alerts/taken.js';
import type { DoorKind } from '../door/kind.js';
import { readPush } from './read.js';

/** Takes what a Prometheus pushes to its Alertmanagers: each alert with a lease of its own. */
export const prometheusDoor: DoorKind = {
  name: 'prometheus',
  suffix: '/api/v2/alerts',
  // Prometheus repeats no request; what it was not asked for twice comes again with its next resend.
  beyondRate: 503,
  take: (message, sender, arrival) => takenOf(readPush(message.document(), arrival.nowMs), sender, arrival),
};
