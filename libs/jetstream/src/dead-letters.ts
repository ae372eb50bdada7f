import { type StoredMsg, JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { DEAD_PREFIX, type DeadLetterView, STREAMS, deadSubject } from '@parapet/contracts';
import { invariant } from '@parapet/kernel';
import type { JetStreamConnection } from './connection.js';

/** A message as it was before it was set aside. */
export interface Original {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Where it stands, if a stream holds it; names the letter, so that setting it aside twice keeps one. */
  readonly position?: { readonly stream: string; readonly streamSeq: number };
  /** Names the letter where there is no position: a digest of the content. */
  readonly digest?: string;
}

const HEADER = {
  consumer: 'Parapet-Consumer',
  reason: 'Parapet-Reason',
  subject: 'Parapet-Subject',
  stream: 'Parapet-Stream',
  streamSeq: 'Parapet-Stream-Seq',
  original: 'Parapet-Original-',
} as const;
const EXCERPT_BYTES = 2_048;
/** A message from outside is kept up to here; more would not help whoever reads it. */
const KEPT_BYTES = 512 * 1024;

/** A dead letter cannot be sent back to where it came from. */
export class NotRetriable extends Error {
  override readonly name = 'NotRetriable';
}

/** What no consumer and no door could take: set aside with its reason, listed, sent again, or dropped. */
export class DeadLetters {
  readonly #connection: JetStreamConnection;

  constructor(connection: JetStreamConnection) {
    this.#connection = connection;
  }

  /** Sets a message aside; resolves once it is stored. */
  async put(consumer: string, reason: string, original: Original): Promise<void> {
    const { position } = original;
    const name =
      position === undefined ? (original.digest ?? crypto.randomUUID()) : `${position.stream}.${position.streamSeq}`;
    const headers: Record<string, string> = {
      [HEADER.consumer]: consumer,
      [HEADER.reason]: oneLine(reason, 1_000),
      [HEADER.subject]: original.subject,
    };
    if (position !== undefined) {
      headers[HEADER.stream] = position.stream;
      headers[HEADER.streamSeq] = String(position.streamSeq);
    }
    for (const [header, value] of Object.entries(original.headers ?? {})) {
      // An inner Nats- header would act again, on us.
      headers[`${HEADER.original}${header}`] = oneLine(value, 1_000);
    }
    await this.#connection.publisher().publish(deadSubject(consumer), original.payload.subarray(0, KEPT_BYTES), {
      messageId: `dead.${consumer}.${name}`,
      headers,
    });
  }

  /** The letters of one consumer, or of all, oldest first, after a given id. */
  async list(
    options: { readonly consumer?: string; readonly after?: string; readonly limit?: number } = {},
  ): Promise<DeadLetterView[]> {
    const filter = options.consumer === undefined ? `${DEAD_PREFIX}.>` : deadSubject(options.consumer);
    const limit = options.limit ?? 50;
    const letters: DeadLetterView[] = [];
    let seq = options.after === undefined ? 1 : Number(options.after) + 1;
    while (letters.length < limit) {
      const message = await this.#get({ seq, next_by_subj: filter });
      if (message === null) break;
      letters.push(viewOf(message));
      seq = message.seq + 1;
    }
    return letters;
  }

  /** One letter; null where there is none under this id. */
  async find(id: string): Promise<DeadLetterView | null> {
    const message = await this.#letter(id);
    return message === null ? null : viewOf(message);
  }

  /** Sends a letter's message back into the stream it came from, then drops the letter. */
  async retry(id: string): Promise<void> {
    const message = await this.#letter(id);
    if (message === null) throw new NotRetriable(`there is no dead letter ${id}`);
    const subject = message.header.get(HEADER.subject);
    const stream = message.header.get(HEADER.stream);
    if (stream === '') {
      throw new NotRetriable(`dead letter ${id} was refused at a door (${subject}); its sender has to send it again`);
    }
    const headers: Record<string, string> = {};
    for (const name of message.header.keys()) {
      const inner = name.startsWith(HEADER.original) ? name.slice(HEADER.original.length) : null;
      if (inner !== null && !inner.toLowerCase().startsWith('nats-')) headers[inner] = message.header.get(name);
    }
    // Its first id is still remembered by the stream for a while, and would make this a repeat.
    await this.#connection.publisher().publish(subject, message.data, { messageId: `retry.${id}`, headers });
    await this.drop(id);
  }

  /** Drops a letter for good. */
  async drop(id: string): Promise<void> {
    await this.#connection.manager.streams.deleteMessage(STREAMS.deadLetters, sequenceOf(id), false);
  }

  async #letter(id: string): Promise<StoredMsg | null> {
    const message = await this.#get({ seq: sequenceOf(id) });
    return message?.subject.startsWith(`${DEAD_PREFIX}.`) === true ? message : null;
  }

  async #get(query: { seq: number; next_by_subj?: string }): Promise<StoredMsg | null> {
    return getMessage(this.#connection, STREAMS.deadLetters, query);
  }
}

/** Reads one message of a stream; null where there is none. */
export async function getMessage(
  connection: JetStreamConnection,
  stream: string,
  query: { seq: number; next_by_subj?: string } | { last_by_subj: string },
): Promise<StoredMsg | null> {
  try {
    return (await connection.manager.streams.getMessage(stream, query as { seq: number })) ?? null;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.NoMessageFound) return null;
    throw error;
  }
}

function sequenceOf(id: string): number {
  const seq = Number(id);
  invariant(Number.isSafeInteger(seq) && seq > 0, `a dead letter's id is its number in the stream, not ${id}`);
  return seq;
}

function viewOf(message: StoredMsg): DeadLetterView {
  return {
    id: String(message.seq),
    consumer: message.subject.slice(DEAD_PREFIX.length + 1),
    subject: message.header.get(HEADER.subject),
    reason: message.header.get(HEADER.reason),
    at: message.time.toISOString(),
    bytes: message.data.length,
    excerpt: new TextDecoder().decode(message.data.subarray(0, EXCERPT_BYTES)),
  };
}

/** Header values hold no line breaks and nothing beyond ASCII that a server might refuse. */
function oneLine(text: string, max: number): string {
  return text
    .replace(/[\r\n\t]+/g, ' ')
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, max);
}
