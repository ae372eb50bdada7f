import { type AlertMessage, readWebhook } from '../alerts/message.js';
import type { OutsideDocument } from '../door/json.js';

/** Reads a webhook body of format 4 (Alertmanager) or 1 (those who copied it); throws Refused with the first bad value. */
export function readMessage(document: OutsideDocument): AlertMessage {
  return readWebhook(document, { versions: ['4', '1'] });
}
