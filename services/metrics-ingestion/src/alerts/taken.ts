import type { Arrival, Sender, Taken } from '../door/kind.js';
import { batchesOf, statementsOf } from './batches.js';
import type { AlertMessage } from './message.js';

/** What of a message about alerts is stored. */
export function takenOf(message: AlertMessage, sender: Sender, arrival: Arrival): Taken {
  return {
    batches: batchesOf(message, sender, arrival),
    records: statementsOf(message.alerts).map((statement) => JSON.stringify(statement)),
  };
}
