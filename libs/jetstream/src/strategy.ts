import { type CloudEvent, EVENTS_PREFIX, type STREAMS } from '@parapet/contracts';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { from, isObservable, lastValueFrom } from 'rxjs';
import type { JetStreamConnection } from './connection.js';
import { type DurableOptions, ensureConsumer, isBeyondStream, recreateConsumer } from './consumers.js';
import { DeadLetters } from './dead-letters.js';
import { type OnOutcome, Waits, backoffMs, isAway, keepWorking, traced } from './handling.js';
import { JetStreamContext, TRANSPORT } from './journal-handler.js';
import type { StoredMessage } from './message.js';
import { Puller, type PullTrouble } from './pull.js';

/** How long a message that a killed instance had in hand waits for the next one; whoever lives says `working` three times as often. */
const ACK_WAIT_MS = 5_000;

export interface JetStreamStrategyOptions {
  readonly connection: JetStreamConnection;
  /** Name of the durable consumer: the service, or the service and a purpose. */
  readonly consumer: string;
  readonly stream: typeof STREAMS.events;
  /** Failed deliveries after which a message is set aside (5). */
  readonly deliveriesMax?: number;
  /** Releases handled at the same time; within one release messages are handled one after another (8). */
  readonly releasesAtOnce?: number;
  readonly ackWaitMs?: number;
  /** Whether a failure is no fault of the message; it then waits instead of being counted. */
  readonly isAway?: (error: unknown) => boolean;
  readonly onOutcome?: OnOutcome;
  readonly onTrouble?: (what: string, error?: unknown) => void;
  readonly backoffMs?: (attempt: number) => number;
}

/** How far the server's own bound of deliveries lies above ours: a crash in the last one must not hide the message for good. */
const SERVER_DELIVERIES_SPARE = 5;

/**
 * Brings journal events from JetStream to Nest handlers. A message is acknowledged after its handlers' promises have resolved,
 * that is after their commit; a failing one comes again later, and after `deliveriesMax` failures becomes a dead letter.
 * Order holds within a release, except past a message that failed: handlers fold the journal and keep an inbox.
 */
export class JetStreamStrategy extends Server implements CustomTransportStrategy {
  override readonly transportId = TRANSPORT;
  override readonly propagatesEventHandlerErrors = true;
  readonly #options: Required<Omit<JetStreamStrategyOptions, 'onOutcome' | 'onTrouble'>> &
    Pick<JetStreamStrategyOptions, 'onOutcome' | 'onTrouble'>;
  readonly #deadLetters: DeadLetters;
  readonly #lanes = new Map<string, Promise<void>>();
  readonly #queue: StoredMessage[] = [];
  readonly #inHand = new Set<StoredMessage>();
  readonly #waits = new Waits();
  readonly #stopWorking: () => void;
  #puller: Puller | undefined;
  #isStopping = false;
  #isRepairing = false;

  constructor(options: JetStreamStrategyOptions) {
    super();
    this.#options = { deliveriesMax: 5, releasesAtOnce: 8, ackWaitMs: ACK_WAIT_MS, isAway, backoffMs, ...options };
    this.#deadLetters = new DeadLetters(options.connection);
    this.#stopWorking = keepWorking(this.#inHand, this.#options.ackWaitMs);
  }

  /** Nest's entry: makes the consumer and starts to pull. */
  listen(callback: (error?: unknown) => void): void {
    this.#start().then(() => callback(), callback);
  }

  /** Takes nothing new, lets what runs end, gives back what has not begun. */
  async close(): Promise<void> {
    this.#isStopping = true;
    this.#puller?.stop();
    for (const message of this.#queue.splice(0)) message.nak(0);
    this.#waits.end();
    await Promise.allSettled(this.#lanes.values());
    this.#stopWorking();
  }

  override on(): void {
    throw new Error('JetStreamStrategy has no events: pass onOutcome and onTrouble');
  }

  override unwrap<T>(): T {
    return this.#options.connection as T;
  }

  get #durable(): DurableOptions {
    return {
      name: this.#options.consumer,
      filter: `${EVENTS_PREFIX}.>`,
      ackWaitMs: this.#options.ackWaitMs,
      ackPendingMax: this.#handMax * 2,
      deliveriesMax: this.#options.deliveriesMax + SERVER_DELIVERIES_SPARE,
    };
  }

  get #handMax(): number {
    return this.#options.releasesAtOnce * 8;
  }

  async #start(): Promise<void> {
    const { connection, stream } = this.#options;
    const info = await ensureConsumer(connection, stream, this.#durable);
    if (await isBeyondStream(connection, stream, info))
      await this.#recreate('its position was beyond the end of the stream');
    if (this.#isStopping) return;
    this.#puller = new Puller(connection, {
      stream,
      consumer: this.#options.consumer,
      handMax: this.#handMax,
      onMessage: (message) => this.#enqueue(message),
      onTrouble: (trouble) => this.#onTrouble(trouble),
    });
  }

  /** From the beginning: what was handled before is recognised by the handlers' inboxes. */
  async #recreate(why: string): Promise<void> {
    this.#options.onTrouble?.(`consumer ${this.#options.consumer} is made anew: ${why}`);
    await recreateConsumer(this.#options.connection, this.#options.stream, { ...this.#durable, startSeq: 1 });
  }

  #onTrouble(trouble: PullTrouble): void {
    if (trouble.kind === 'forbidden') {
      this.#options.onTrouble?.(`may not read consumer ${this.#options.consumer}`, trouble.error);
      return;
    }
    if (trouble.kind === 'closed') return;
    // After a restart the stream may be an older copy, or the consumer gone: look before going on.
    void this.#repair();
  }

  async #repair(): Promise<void> {
    if (this.#isRepairing) return;
    this.#isRepairing = true;
    try {
      for (let attempt = 1; !this.#isStopping && !this.#options.connection.nats.isClosed(); attempt++) {
        try {
          const { connection, stream } = this.#options;
          const info = await ensureConsumer(connection, stream, this.#durable);
          if (await isBeyondStream(connection, stream, info))
            await this.#recreate('its position was beyond the end of the stream');
          return;
        } catch (error) {
          this.#options.onTrouble?.(`cannot look after consumer ${this.#options.consumer}`, error);
          await this.#waits.for(backoffMs(attempt));
        }
      }
    } finally {
      this.#isRepairing = false;
    }
  }

  #enqueue(message: StoredMessage): void {
    this.#inHand.add(message);
    this.#queue.push(message);
    this.#next();
  }

  /** Starts every queued message whose release has no message under way, as far as there is room. */
  #next(): void {
    for (let i = 0; i < this.#queue.length && this.#lanes.size < this.#options.releasesAtOnce && !this.#isStopping; ) {
      const message = this.#queue[i] as StoredMessage;
      const lane = laneOf(message.subject);
      if (this.#lanes.has(lane)) {
        i++;
        continue;
      }
      this.#queue.splice(i, 1);
      const run = this.#handle(message).finally(() => {
        this.#lanes.delete(lane);
        this.#inHand.delete(message);
        this.#puller?.release(message);
        this.#next();
      });
      this.#lanes.set(lane, run);
    }
  }

  async #handle(message: StoredMessage): Promise<void> {
    try {
      await this.#try(message, performance.now());
    } catch (error) {
      // Setting it aside failed as well: the message comes again and is tried again.
      this.#options.onTrouble?.(`cannot set aside ${message.subject} at ${message.position.streamSeq}`, error);
      message.nak(this.#options.backoffMs(message.position.deliveries));
    }
  }

  async #try(message: StoredMessage, startedMs: number): Promise<void> {
    const { deliveriesMax, consumer, onOutcome } = this.#options;
    const { deliveries } = message.position;
    const tell = (outcome: 'done' | 'retried' | 'waited' | 'dead', error?: unknown): void =>
      onOutcome?.({
        consumer,
        outcome,
        durationMs: performance.now() - startedMs,
        ...(error === undefined ? {} : { error }),
      });

    // Delivered more often than it can have failed: each time the process died of it before it could say so.
    if (deliveries > deliveriesMax) {
      await this.#setAside(
        message,
        `delivered ${deliveries} times without an end; its handling was cut off every time`,
      );
      tell('dead');
      return;
    }
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#dispatch(message);
        message.ack();
        tell('done');
        return;
      } catch (error) {
        if (this.#isStopping) {
          message.nak(0);
          return;
        }
        if (this.#options.isAway(error)) {
          tell('waited', error);
          await this.#waits.for(this.#options.backoffMs(Math.min(attempt, 4)));
          continue;
        }
        if (deliveries < deliveriesMax) {
          message.nak(this.#options.backoffMs(deliveries));
          tell('retried', error);
        } else {
          await this.#setAside(message, error instanceof Error ? `${error.name}: ${error.message}` : String(error));
          tell('dead', error);
        }
        return;
      }
    }
  }

  async #setAside(message: StoredMessage, reason: string): Promise<void> {
    const { stream, streamSeq } = message.position;
    await this.#deadLetters.put(this.#options.consumer, reason, {
      subject: message.subject,
      payload: message.payload,
      headers: message.headers(),
      position: { stream, streamSeq },
    });
    message.term();
  }

  async #dispatch(message: StoredMessage): Promise<void> {
    const type = typeOf(message.subject);
    const handlers = [this.getHandlerByPattern(type), this.getHandlerByPattern('*')].filter((h) => h !== null);
    if (handlers.length === 0) return;
    const event = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(message.payload)) as CloudEvent;
    const traceparent = message.header('traceparent') ?? event.traceparent;
    const { streamSeq, receivedAtMs, deliveries } = message.position;
    const context = new JetStreamContext([
      { subject: message.subject, streamSeq, receivedAtMs, deliveries, traceparent },
    ]);
    const attributes = {
      'messaging.system': 'nats',
      'messaging.destination.name': message.subject,
      'parapet.event': event.id,
    };
    await traced(`${type} receive`, traceparent, attributes, async () => {
      // Nest's own `handleEvent` starts the handler without waiting for it; the acknowledgement has to wait.
      for (const handler of handlers) {
        const result: unknown = await handler(event, context);
        await lastValueFrom(isObservable(result) ? result : from([result]), { defaultValue: undefined });
      }
    });
  }
}

/** `verdict.changed` of `parapet.events.v1.<tenant>.<environment>.<workload>.<release>.verdict.changed`. */
function typeOf(subject: string): string {
  return subject.split('.').slice(7).join('.');
}

function laneOf(subject: string): string {
  return subject.split('.').slice(3, 7).join('.');
}
