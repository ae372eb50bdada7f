import { STREAMS } from '@parapet/contracts';
import type { JetStreamConnection } from './connection.js';
import { ensureConsumer } from './consumers.js';
import { DeadLetters, getMessage } from './dead-letters.js';
import { Waits, backoffMs } from './handling.js';
import type { StoredMessage } from './message.js';
import { Puller } from './pull.js';

const CONSUMER = 'dead-letter-advisories';
const FILTER = '$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>';

interface MaxDeliveriesAdvisory {
  readonly stream: string;
  readonly consumer: string;
  readonly stream_seq: number;
  readonly deliveries: number;
}

/**
 * Turns the server's "delivered too often" advisories into dead letters. A process that dies in a message's last delivery never
 * reaches our own code for that; the message then stays in its stream, is offered no more, and only the advisory tells.
 */
export class AdvisoryWatch {
  readonly #connection: JetStreamConnection;
  readonly #deadLetters: DeadLetters;
  readonly #onTrouble: (what: string, error?: unknown) => void;
  readonly #waits = new Waits();
  #puller: Puller | undefined;
  #handling = Promise.resolve();
  #isStopping = false;

  constructor(
    connection: JetStreamConnection,
    options: { readonly onTrouble?: (what: string, error?: unknown) => void } = {},
  ) {
    this.#connection = connection;
    this.#deadLetters = new DeadLetters(connection);
    this.#onTrouble = options.onTrouble ?? (() => {});
  }

  async start(): Promise<void> {
    await ensureConsumer(this.#connection, STREAMS.deadLetters, {
      name: CONSUMER,
      filter: FILTER,
      ackWaitMs: 30_000,
      ackPendingMax: 100,
      deliveriesMax: -1,
    });
    this.#puller = new Puller(this.#connection, {
      stream: STREAMS.deadLetters,
      consumer: CONSUMER,
      handMax: 50,
      onMessage: (message) => {
        this.#handling = this.#handling
          .then(() => this.#onAdvisory(message))
          .finally(() => this.#puller?.release(message));
      },
      onTrouble: (trouble) => {
        if (trouble.kind === 'gone' || trouble.kind === 'forbidden')
          this.#onTrouble(`cannot read ${CONSUMER}: ${trouble.kind}`);
      },
    });
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#puller?.stop();
    this.#waits.end();
    await this.#handling;
  }

  async #onAdvisory(advisory: StoredMessage): Promise<void> {
    if (this.#isStopping) return;
    try {
      const { stream, consumer, stream_seq, deliveries } = JSON.parse(
        new TextDecoder().decode(advisory.payload),
      ) as MaxDeliveriesAdvisory;
      const original = await getMessage(this.#connection, stream, { seq: stream_seq });
      if (original !== null) {
        const headers = Object.fromEntries([...original.header].map(([name, values]) => [name, values.at(-1) ?? '']));
        await this.#deadLetters.put(
          consumer,
          `delivered ${deliveries} times without an end; the server offers it no more`,
          {
            subject: original.subject,
            payload: original.data,
            headers,
            position: { stream, streamSeq: stream_seq },
          },
        );
      }
      advisory.ack();
    } catch (error) {
      this.#onTrouble('cannot turn an advisory into a dead letter', error);
      advisory.nak(backoffMs(advisory.position.deliveries));
    }
  }
}
