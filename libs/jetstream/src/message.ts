import type { Msg, NatsConnection } from '@nats-io/nats-core';
import { invariant } from '@parapet/kernel';

/** Where a delivered message stands in its stream and in its consumer. */
export interface DeliveryPosition {
  readonly stream: string;
  readonly consumer: string;
  /** How often the server has delivered it, this time included. */
  readonly deliveries: number;
  readonly streamSeq: number;
  /** Counts deliveries of this consumer; a gap means that one was lost on the way to us. */
  readonly deliverySeq: number;
  /** The stream's own stamp: when it stored the message. */
  readonly receivedAtMs: number;
  /** How many messages the stream holds for this consumer after this one. */
  readonly pending: number;
}

/** Reads a JetStream reply subject, in its short form and in the longer one of servers with domains; null for anything else. */
export function parsePosition(reply: string | undefined): DeliveryPosition | null {
  const tokens = (reply ?? '').split('.');
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK' || tokens.length < 9) return null;
  const fields = tokens.length === 9 ? tokens.slice(2) : tokens.slice(4);
  const [stream, consumer, deliveries, streamSeq, deliverySeq, stampNs, pending] = fields;
  if (pending === undefined) return null;
  return {
    stream: stream as string,
    consumer: consumer as string,
    deliveries: Number(deliveries),
    streamSeq: Number(streamSeq),
    deliverySeq: Number(deliverySeq),
    receivedAtMs: Number(BigInt(stampNs as string) / 1_000_000n),
    pending: Number(pending),
  };
}

/** A message as a stream delivered it. Exactly one of `ack`, `nak`, `term` ends it; later ones do nothing. */
export class StoredMessage {
  readonly #nats: NatsConnection;
  readonly #msg: Msg;
  readonly position: DeliveryPosition;
  #isEnded = false;

  constructor(nats: NatsConnection, msg: Msg) {
    const position = parsePosition(msg.reply);
    invariant(position !== null, `not a JetStream message: ${msg.subject} with reply ${msg.reply ?? 'none'}`);
    this.#nats = nats;
    this.#msg = msg;
    this.position = position;
  }

  get subject(): string {
    return this.#msg.subject;
  }

  get payload(): Uint8Array {
    return this.#msg.data;
  }

  /** The value of a header; undefined where it is absent. */
  header(name: string): string | undefined {
    return this.#msg.headers?.get(name) || undefined;
  }

  /** All headers, the last value of each. */
  headers(): Record<string, string> {
    const all: Record<string, string> = {};
    for (const [name, values] of this.#msg.headers ?? []) all[name] = values.at(-1) ?? '';
    return all;
  }

  /** Done for good. */
  ack(): void {
    this.#end('+ACK');
  }

  /** Not done: deliver again, not before the delay. */
  nak(delayMs: number): void {
    this.#end(`-NAK ${JSON.stringify({ delay: Math.round(delayMs) * 1_000_000 })}`);
  }

  /** Never again. Without a reason: nats-server 2.9 ignores a termination that carries one. */
  term(): void {
    this.#end('+TERM');
  }

  /** Still at it: the server's waiting time begins anew. */
  working(): void {
    if (!this.#isEnded) this.#send('+WPI');
  }

  #end(word: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#send(word);
  }

  #send(word: string): void {
    // A closed connection cannot carry it: the message is then delivered again, which everybody here stands.
    if (!this.#nats.isClosed()) this.#nats.publish(this.#msg.reply as string, word);
  }
}
