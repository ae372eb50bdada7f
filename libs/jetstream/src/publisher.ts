import { type Msg, type NatsConnection, createInbox, headers as natsHeaders, nuid } from '@nats-io/nats-core';
import type { Published, Publisher } from '@parapet/runtime';
import { type ConnectionStatus, refusedSubject } from './connection-status.js';

/** Why a message is not known to be stored. After `timeout` and `disconnected` it may be: publish again under the same id. */
export type PublishRefusal = 'full' | 'no-stream' | 'too-large' | 'forbidden' | 'disconnected' | 'timeout' | 'refused';

/** What the publisher needs of its connection. */
export interface PublishingConnection {
  readonly nats: NatsConnection;
  readonly inboxPrefix: string;
  readonly isConnected: boolean;
  onStatus(listener: (status: ConnectionStatus) => void): () => void;
}

/** The stream did not confirm a message. */
export class PublishRefused extends Error {
  override readonly name = 'PublishRefused';
  constructor(
    readonly subject: string,
    readonly reason: PublishRefusal,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`cannot publish to ${subject}: ${detail}`, options);
  }

  /** Whether trying again later may succeed without anybody changing anything. */
  get isTransient(): boolean {
    return this.reason === 'disconnected' || this.reason === 'timeout' || this.reason === 'full';
  }
}

interface Pending {
  readonly subject: string;
  readonly deadlineMs: number;
  resolve(ack: Published): void;
  reject(why: PublishRefused): void;
}

interface PubAck {
  readonly stream?: string;
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: { readonly code: number; readonly err_code?: number; readonly description: string };
}

/**
 * Publishes with many messages under way at once: one reply inbox, one map of what is unconfirmed, a window that makes callers wait.
 * The client's own `js.publish` costs a request each and reaches a fifth of this.
 */
export class WindowedPublisher implements Publisher {
  readonly #connection: PublishingConnection;
  readonly #inbox: string;
  readonly #pending = new Map<string, Pending>();
  readonly #waiting: (() => void)[] = [];
  readonly #windowMax: number;
  readonly #timeoutMs: number;
  #next = 0;
  #reserved = 0;
  #sweep: NodeJS.Timeout | undefined;
  #idle: (() => void)[] = [];

  constructor(connection: PublishingConnection, options: { windowMax?: number; timeoutMs?: number } = {}) {
    this.#connection = connection;
    this.#windowMax = options.windowMax ?? 2_048;
    this.#timeoutMs = options.timeoutMs ?? 5_000;
    this.#inbox = createInbox(connection.inboxPrefix);
    connection.nats.subscribe(`${this.#inbox}.*`, {
      callback: (error, msg) => {
        if (error === null) this.#onReply(msg);
      },
    });
    connection.onStatus((status) => {
      if (status.kind === 'disconnected' || status.kind === 'closed') {
        this.#rejectAll(() => true, 'disconnected', 'the connection to NATS was lost before it was confirmed');
      } else if (status.kind === 'error') {
        const subject = refusedSubject(status.error);
        if (subject !== null) {
          this.#rejectAll((p) => p.subject === subject, 'forbidden', `this user may not publish there`);
        }
      }
    });
  }

  async publish(
    subject: string,
    payload: Uint8Array,
    options: { readonly messageId: string; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<Published> {
    while (this.#reserved >= this.#windowMax) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    // The client would buffer and send much later; a door has to say 503 now.
    if (!this.#connection.isConnected) throw new PublishRefused(subject, 'disconnected', 'not connected to NATS');
    this.#reserved++;
    try {
      return await this.#send(subject, payload, options);
    } finally {
      this.#reserved--;
      this.#waiting.shift()?.();
      if (this.#reserved === 0) for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  /** Resolves once nothing is unconfirmed. */
  idle(): Promise<void> {
    return this.#reserved === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  #send(
    subject: string,
    payload: Uint8Array,
    options: { readonly messageId: string; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<Published> {
    return new Promise((resolve, reject) => {
      const headers = natsHeaders();
      headers.set('Nats-Msg-Id', options.messageId);
      for (const [name, value] of Object.entries(options.headers ?? {})) headers.set(name, value);
      const token = `${++this.#next}${nuid.next().slice(-4)}`;
      this.#pending.set(token, { subject, deadlineMs: Date.now() + this.#timeoutMs, resolve, reject });
      if (this.#sweep === undefined) this.#sweep = setTimeout(() => this.#expire(), this.#timeoutMs).unref();
      try {
        this.#connection.nats.publish(subject, payload, { headers, reply: `${this.#inbox}.${token}` });
      } catch (cause) {
        this.#pending.delete(token);
        const detail = cause instanceof Error ? cause.message : String(cause);
        const reason = detail.includes('max_payload')
          ? 'too-large'
          : this.#connection.isConnected
            ? 'refused'
            : 'disconnected';
        reject(new PublishRefused(subject, reason, detail, { cause }));
      }
    });
  }

  #onReply(msg: Msg): void {
    const token = msg.subject.slice(this.#inbox.length + 1);
    const pending = this.#pending.get(token);
    if (pending === undefined) return;
    this.#pending.delete(token);
    if (msg.headers?.code === 503) {
      pending.reject(new PublishRefused(pending.subject, 'no-stream', 'no stream takes this subject'));
      return;
    }
    let ack: PubAck;
    try {
      ack = msg.json<PubAck>();
    } catch (cause) {
      pending.reject(new PublishRefused(pending.subject, 'refused', 'the answer was no acknowledgement', { cause }));
      return;
    }
    if (ack.error !== undefined || ack.seq === undefined) {
      const detail = ack.error?.description ?? 'the answer named no position';
      pending.reject(new PublishRefused(pending.subject, refusalOf(ack.error), detail));
      return;
    }
    pending.resolve({ streamSeq: ack.seq, isDuplicate: ack.duplicate === true });
  }

  #expire(): void {
    const nowMs = Date.now();
    this.#sweep = undefined;
    // Insertion order is deadline order: all wait equally long.
    for (const [token, pending] of this.#pending) {
      if (pending.deadlineMs > nowMs) {
        this.#sweep = setTimeout(() => this.#expire(), pending.deadlineMs - nowMs);
        return;
      }
      this.#pending.delete(token);
      pending.reject(new PublishRefused(pending.subject, 'timeout', `not confirmed within ${this.#timeoutMs} ms`));
    }
  }

  #rejectAll(which: (pending: Pending) => boolean, reason: PublishRefusal, detail: string): void {
    for (const [token, pending] of this.#pending) {
      if (!which(pending)) continue;
      this.#pending.delete(token);
      pending.reject(new PublishRefused(pending.subject, reason, detail));
    }
  }
}

const STREAM_STORE_FAILED = 10077;
const MESSAGE_TOO_LARGE = 10054;

function refusalOf(error: PubAck['error']): PublishRefusal {
  if (error === undefined) return 'refused';
  if (error.err_code === MESSAGE_TOO_LARGE) return 'too-large';
  // 10077 is "store failed"; with `discard: new` the limit that was reached stands in the description.
  const isFull =
    error.err_code === STREAM_STORE_FAILED ||
    /^maximum (messages|bytes)|insufficient (storage )?resources/.test(error.description);
  return isFull ? 'full' : 'refused';
}
