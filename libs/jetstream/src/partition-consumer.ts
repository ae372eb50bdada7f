import type { ConsumerInfo } from '@nats-io/jetstream';
import { MalformedBatch, STREAMS, type SignalBatch, decodeSignalBatch, partitionFilter } from '@parapet/contracts';
import type { JetStreamConnection } from './connection.js';
import { type DurableOptions, ensureConsumer, recreateConsumer } from './consumers.js';
import { DeadLetters } from './dead-letters.js';
import { type OnOutcome, Waits, backoffMs, isAway, keepWorking, traced } from './handling.js';
import type { StoredMessage } from './message.js';
import { Puller } from './pull.js';

/** A message with its place in the stream. */
export interface Received<T> {
  readonly message: T;
  readonly streamSeq: number;
  /** The stream's own stamp: one clock for all doors. */
  readonly receivedAtMs: number;
  readonly deliveries: number;
  readonly traceparent?: string;
}

export interface PartitionConsumerOptions {
  /** Most messages of one batch (100). */
  readonly batchMax?: number;
  /** Most bytes of one batch, but for a single message (8 MiB); twice as many are in hand at most, whatever waits in the stream. */
  readonly batchBytesMax?: number;
  /** The last position that was committed, if one was: the truth, of which the consumer's own is only a copy. */
  readonly afterSeq?: number;
  /** Failures of one message alone after which it is set aside (5). */
  readonly triesMax?: number;
  readonly ackWaitMs?: number;
  readonly isAway?: (error: unknown) => boolean;
  readonly onOutcome?: OnOutcome;
  readonly onTrouble?: (what: string, error?: unknown) => void;
  /** The stream ends before the committed position (a restored disk): what comes next has numbers after `lastSeq`, seen or not. */
  readonly onStreamBehind?: (lastSeq: number) => Promise<void>;
  readonly backoffMs?: (attempt: number) => number;
}

const BATCH_BYTES_MAX = 8 * 1024 * 1024;

/** Thrown by a handler that has been told to end: its batch is no failure and stays for the next owner. */
export class HandlerEnded extends Error {
  override readonly name = 'HandlerEnded';
  constructor() {
    super('the handler has ended');
  }
}

type Handler = (batch: readonly Received<SignalBatch>[]) => Promise<void>;

/**
 * Reads one partition of `SIGNALS` in the order of the stream, without a gap: its reader skips whatever lies before its committed
 * position, so a message that came late would be lost. Hence a failing message is tried again in place and not handed back,
 * and whenever something may have been lost on the way (a reconnect, a gap in the delivery numbers, a predecessor
 * that died with messages in hand) the consumer is made anew right after the last message that was handled.
 */
export class PartitionConsumer {
  readonly #connection: JetStreamConnection;
  readonly #name: string;
  readonly #filter: string;
  readonly #options: Required<
    Omit<PartitionConsumerOptions, 'afterSeq' | 'onOutcome' | 'onTrouble' | 'onStreamBehind'>
  > &
    PartitionConsumerOptions;
  readonly #deadLetters: DeadLetters;
  readonly #waits = new Waits();
  #queue: StoredMessage[] = [];
  #puller: Puller | undefined;
  #running: Promise<void> | undefined;
  #handledSeq: number | undefined;
  #nextDelivery = 1;
  #pendingLast = Number.POSITIVE_INFINITY;
  #isHandling = false;
  #isStopping = false;
  #isStale = true;
  #isFirstOpening = true;
  /** How often in a row the process ended with the first waiting message in hand. */
  #cutOffs = 0;
  #wake: () => void = () => {};

  constructor(connection: JetStreamConnection, partition: number, options: PartitionConsumerOptions = {}) {
    this.#connection = connection;
    this.#name = `partition-${partition}`;
    this.#filter = partitionFilter(partition);
    this.#options = {
      batchMax: 100,
      batchBytesMax: BATCH_BYTES_MAX,
      triesMax: 5,
      ackWaitMs: 30_000,
      isAway,
      backoffMs,
      ...options,
    };
    this.#handledSeq = options.afterSeq;
    this.#deadLetters = new DeadLetters(connection);
  }

  /** Begins to read; batches come one after another, each acknowledged after its handler has resolved. */
  run(handler: Handler): void {
    this.#running ??= this.#read(handler);
  }

  /** Ends after the batch under way; what was not handled stays for the next owner. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#puller?.stop();
    this.#waits.end();
    this.#wake();
    await this.#running;
  }

  /** Whether everything the partition holds has been handled, as far as the server has told. */
  caughtUp(): boolean {
    const isIdle = this.#queue.length === 0 && !this.#isHandling;
    return this.#connection.isConnected && !this.#isStale && !this.#isStopping && isIdle && this.#pendingLast === 0;
  }

  async #read(handler: Handler): Promise<void> {
    const stopWorking = keepWorking({ [Symbol.iterator]: () => this.#queue.values() }, this.#options.ackWaitMs);
    for (let attempt = 1; !this.#isStopping && !this.#connection.nats.isClosed(); attempt++) {
      try {
        await this.#open();
        attempt = 0;
        await this.#handleUntilStale(handler);
      } catch (error) {
        this.#options.onTrouble?.(`cannot read ${this.#name}`, error);
        await this.#waits.for(this.#options.backoffMs(attempt));
      } finally {
        this.#puller?.stop();
        this.#queue = [];
      }
    }
    stopWorking();
  }

  async #open(): Promise<void> {
    this.#isStale = true;
    const info = await this.#consumerAtPosition();
    if (this.#isStopping) return;
    this.#queue = [];
    this.#nextDelivery = info.delivered.consumer_seq + 1;
    this.#pendingLast = info.num_pending;
    this.#isStale = false;
    this.#puller = new Puller(this.#connection, {
      stream: STREAMS.signals,
      consumer: this.#name,
      handMax: this.#options.batchMax * 2,
      handBytesMax: this.#options.batchBytesMax * 2,
      onMessage: (message) => this.#onMessage(message),
      onTrouble: (trouble) => {
        if (trouble.kind === 'forbidden') this.#options.onTrouble?.(`may not read ${this.#name}`, trouble.error);
        this.#startOver();
      },
    });
  }

  /** The consumer with nothing in hand and its next delivery right after what was handled. */
  async #consumerAtPosition(): Promise<ConsumerInfo> {
    await this.#clampToStream();
    const start = this.#handledSeq === undefined ? {} : { startSeq: this.#handledSeq + 1 };
    const info = await ensureConsumer(this.#connection, STREAMS.signals, { ...this.#durable, ...start });
    // Until the first acknowledgement a consumer's floor is 0, wherever it was told to begin.
    const floor = Math.max(info.ack_floor.stream_seq, (info.config.opt_start_seq ?? 1) - 1);
    const handledSeq = this.#handledSeq ?? floor;
    const isClean = info.num_ack_pending === 0 && info.delivered.stream_seq <= handledSeq;
    if (this.#isFirstOpening) this.#cutOffs = isClean ? 0 : cutOffsAfter(info.config.description, handledSeq);
    this.#isFirstOpening = false;
    if (isClean) return info;
    return recreateConsumer(this.#connection, STREAMS.signals, {
      ...this.#durable,
      startSeq: handledSeq + 1,
      description: cutOffNote(this.#cutOffs, handledSeq),
    });
  }

  async #clampToStream(): Promise<void> {
    if (this.#handledSeq === undefined) return;
    const { state } = await this.#connection.manager.streams.info(STREAMS.signals);
    if (this.#handledSeq <= state.last_seq) return;
    this.#options.onTrouble?.(
      `${STREAMS.signals} ends at ${state.last_seq}, before position ${this.#handledSeq} of ${this.#name}`,
    );
    await this.#options.onStreamBehind?.(state.last_seq);
    this.#handledSeq = state.last_seq;
  }

  get #durable(): DurableOptions {
    return {
      name: this.#name,
      filter: this.#filter,
      ackWaitMs: this.#options.ackWaitMs,
      ackPendingMax: this.#options.batchMax * 4,
      // Order is kept by trying in place; the server's count only sees restarts.
      deliveriesMax: -1,
    };
  }

  #onMessage(message: StoredMessage): void {
    if (message.position.deliverySeq !== this.#nextDelivery) {
      this.#startOver();
      return;
    }
    this.#nextDelivery++;
    this.#pendingLast = message.position.pending;
    this.#queue.push(message);
    this.#wake();
  }

  #startOver(): void {
    this.#isStale = true;
    this.#puller?.stop();
    this.#wake();
  }

  async #handleUntilStale(handler: Handler): Promise<void> {
    while (!this.#isStopping && !this.#isStale) {
      if (this.#queue.length === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      // After the process died with messages in hand: one at a time, so that the one at fault stands alone.
      const isCareful = this.#cutOffs > 1;
      const messages = this.#queue.slice(0, isCareful ? 1 : this.#batchLength());
      this.#isHandling = true;
      try {
        await this.#handle(messages, handler);
        // Else the process could die of the next message before the server has heard of this one.
        if (isCareful) await this.#connection.nats.flush();
      } finally {
        this.#isHandling = false;
      }
    }
  }

  /** How many of the waiting messages make the next batch: one at least. */
  #batchLength(): number {
    const { batchMax, batchBytesMax } = this.#options;
    const lengthMax = Math.min(this.#queue.length, batchMax);
    let bytes = (this.#queue[0] as StoredMessage).payload.length;
    for (let i = 1; i < lengthMax; i++) {
      bytes += (this.#queue[i] as StoredMessage).payload.length;
      if (bytes > batchBytesMax) return i;
    }
    return lengthMax;
  }

  /** Handles the first messages of the queue; they leave it one by one or together, but only from the front. */
  async #handle(messages: readonly StoredMessage[], handler: Handler): Promise<void> {
    const first = messages[0] as StoredMessage;
    if (this.#cutOffs >= this.#options.triesMax) {
      await this.#setAside(first, `the process ended ${this.#cutOffs} times while this message was handled`);
      this.#cutOffs = 0;
      return;
    }
    const readable = await this.#decode(messages);
    if (readable.length === 0) return;
    const failure = await this.#try(readable, handler);
    if (failure === null || this.#isInterrupted) return;
    if (readable.length === 1) return this.#tryAlone(readable, handler, failure);
    for (const one of readable) {
      if (this.#isInterrupted) return;
      await this.#tryAlone([one], handler, await this.#try([one], handler));
    }
  }

  get #isInterrupted(): boolean {
    return this.#isStopping || this.#isStale;
  }

  async #tryAlone(one: readonly Decoded[], handler: Handler, firstFailure: unknown): Promise<void> {
    let failure = firstFailure;
    for (let tries = 1; failure !== null && !this.#isInterrupted; tries++) {
      if (tries >= this.#options.triesMax) {
        const reason = failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure);
        await this.#setAside((one[0] as Decoded).stored, reason);
        return;
      }
      await this.#waits.for(this.#options.backoffMs(tries));
      if (!this.#isInterrupted) failure = await this.#try(one, handler);
    }
  }

  /** Runs the handler until it resolves (then all are acknowledged, and null is answered) or fails by a fault of the messages. */
  async #try(batch: readonly Decoded[], handler: Handler): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      const startedMs = performance.now();
      const tell = (outcome: 'done' | 'retried' | 'waited', error?: unknown): void =>
        this.#options.onOutcome?.({
          consumer: this.#name,
          outcome,
          durationMs: performance.now() - startedMs,
          ...(error === undefined ? {} : { error }),
        });
      try {
        const { traceparent } = (batch[0] as Decoded).received;
        await traced(`${this.#name} batch`, traceparent, { 'messaging.batch.message_count': batch.length }, () =>
          handler(batch.map((decoded) => decoded.received)),
        );
        for (const { stored } of batch) this.#done(stored, 'ack');
        tell('done');
        return null;
      } catch (error) {
        if (this.#isStopping && error instanceof HandlerEnded) return error;
        if (!this.#options.isAway(error)) {
          tell('retried', error);
          return error ?? new Error('the handler failed without an error');
        }
        tell('waited', error);
        await this.#waits.for(this.#options.backoffMs(Math.min(attempt, 4)));
        if (this.#isInterrupted) return error;
      }
    }
  }

  async #decode(messages: readonly StoredMessage[]): Promise<Decoded[]> {
    const readable: Decoded[] = [];
    for (const stored of messages) {
      const message = readBatch(stored.payload);
      if (message instanceof MalformedBatch) {
        // Only from the front: what is readable before it is handled first.
        if (readable.length > 0) return readable;
        await this.#setAside(stored, message.message);
        continue;
      }
      const { streamSeq, receivedAtMs, deliveries } = stored.position;
      const traceparent = stored.header('traceparent');
      readable.push({
        stored,
        received: {
          message,
          streamSeq,
          receivedAtMs,
          deliveries,
          ...(traceparent === undefined ? {} : { traceparent }),
        },
      });
    }
    return readable;
  }

  async #setAside(message: StoredMessage, reason: string): Promise<void> {
    const { stream, streamSeq } = message.position;
    await this.#deadLetters.put(this.#name, reason, {
      subject: message.subject,
      payload: message.payload,
      headers: message.headers(),
      position: { stream, streamSeq },
    });
    this.#done(message, 'term');
    this.#options.onOutcome?.({ consumer: this.#name, outcome: 'dead', durationMs: 0, error: reason });
  }

  #done(message: StoredMessage, how: 'ack' | 'term'): void {
    message[how]();
    this.#handledSeq = message.position.streamSeq;
    this.#cutOffs = 0;
    // After a start over the queue is another one; what was handled has left it with the old.
    if (this.#queue[0] === message) {
      this.#queue.shift();
      this.#puller?.release(message);
    }
  }
}

interface Decoded {
  readonly stored: StoredMessage;
  readonly received: Received<SignalBatch>;
}

function readBatch(payload: Uint8Array): SignalBatch | MalformedBatch {
  try {
    return decodeSignalBatch(payload);
  } catch (error) {
    if (error instanceof MalformedBatch) return error;
    throw error;
  }
}

/** Kept in the consumer's description, the one place that survives a crash and exists on nats-server 2.9. */
function cutOffNote(cutOffs: number, afterSeq: number): string {
  return `cut off ${cutOffs} times after ${afterSeq}`;
}

function cutOffsAfter(description: string | undefined, afterSeq: number): number {
  const note = /^cut off (\d+) times after (\d+)$/.exec(description ?? '');
  return note !== null && Number(note[2]) === afterSeq ? Number(note[1]) + 1 : 1;
}
