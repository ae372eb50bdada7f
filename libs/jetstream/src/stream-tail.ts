import { EVENTS_PREFIX, STREAMS } from '@parapet/contracts';
import type { JetStreamConnection } from './connection.js';
import { getMessage } from './dead-letters.js';

/** The last event of a tenant that the broker holds. */
export interface TailEvent {
  readonly streamSeq: number;
  /** The event's id, `evt_…`. */
  readonly messageId: string;
  /** The journal's number of it. */
  readonly journalSeq: number;
}

/** Asks the broker how far it holds the events of a tenant, so that the relay can see a lost tail. */
export interface StreamTail {
  lastOf(tenant: string): Promise<TailEvent | null>;
}

/** The end of `EVENTS`, per tenant. */
export function streamTail(connection: JetStreamConnection): StreamTail {
  return {
    async lastOf(tenant) {
      const message = await getMessage(connection, STREAMS.events, { last_by_subj: `${EVENTS_PREFIX}.${tenant}.>` });
      if (message === null) return null;
      const event = message.json<{ id: string; journalseq: string }>();
      return { streamSeq: message.seq, messageId: event.id, journalSeq: Number(event.journalseq) };
    },
  };
}
