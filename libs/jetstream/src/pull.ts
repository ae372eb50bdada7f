import { type Msg, type Subscription, createInbox, nuid } from '@nats-io/nats-core';
import type { JetStreamConnection } from './connection.js';
import { refusedSubject } from './connection-status.js';
import { StoredMessage } from './message.js';

/** What a puller tells its owner besides messages. */
export type PullTrouble =
  /** The connection was lost and came back: messages on their way to us may be gone until the server delivers them again. */
  | { readonly kind: 'reconnected' }
  /** The connection was closed for good, by ourselves. */
  | { readonly kind: 'closed' }
  /** Nobody answers for the consumer: deleted, or its server has not recovered it yet. */
  | { readonly kind: 'gone' }
  /** The user may not pull from this consumer; nothing will come. */
  | { readonly kind: 'forbidden'; readonly error: Error };

export interface PullOptions {
  readonly stream: string;
  readonly consumer: string;
  /** How many messages may be in hand at once. */
  readonly handMax: number;
  /** How many bytes of messages may be in hand at once; a message beyond that comes alone (absent: any). */
  readonly handBytesMax?: number;
  onMessage(message: StoredMessage): void;
  onTrouble(trouble: PullTrouble): void;
}

const EXPIRES_MS = 10_000;
const HEARTBEAT_MS = 2_000;

/**
 * Pulls messages of one durable consumer as long as there is room in hand, with one request waiting at the server at any time.
 * The client's own `consume` waits half a minute after a server's restart before it asks again.
 */
export class Puller {
  readonly #connection: JetStreamConnection;
  readonly #options: PullOptions;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  readonly #forget: () => void;
  /** Messages given to the owner and not yet `release`d. */
  #inHand = 0;
  #bytesInHand = 0;
  /** Messages the waiting request may still bring. */
  #asked = 0;
  #watchdog: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(connection: JetStreamConnection, options: PullOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#inbox = createInbox(connection.inboxPrefix);
    this.#subscription = connection.nats.subscribe(`${this.#inbox}.*`, {
      callback: (error, msg) => {
        if (error) this.#options.onTrouble({ kind: 'forbidden', error });
        else this.#onMsg(msg);
      },
    });
    this.#forget = connection.onStatus((status) => {
      if (status.kind === 'reconnected') {
        this.#options.onTrouble({ kind: 'reconnected' });
        this.#ended(0);
      } else if (status.kind === 'closed') {
        this.stop();
        this.#options.onTrouble({ kind: 'closed' });
      } else if (status.kind === 'error' && refusedSubject(status.error) === this.#nextSubject) {
        this.#options.onTrouble({ kind: 'forbidden', error: status.error });
      }
    });
    this.#pull();
  }

  /** The owner is done with a message; there is room for another. */
  release(message: StoredMessage): void {
    this.#inHand--;
    this.#bytesInHand -= message.payload.length;
    if (this.#asked === 0 && this.#again === undefined && this.#isHalfEmpty) this.#pull();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#watchdog);
    clearTimeout(this.#again);
    this.#forget();
    if (!this.#connection.nats.isClosed()) this.#subscription.unsubscribe();
  }

  /** Asking again for every single message would cost a request each; half a hand is enough to keep busy. */
  get #isHalfEmpty(): boolean {
    const { handMax, handBytesMax = Number.POSITIVE_INFINITY } = this.#options;
    return this.#inHand <= handMax / 2 && this.#bytesInHand <= handBytesMax / 2;
  }

  get #nextSubject(): string {
    return `$JS.API.CONSUMER.MSG.NEXT.${this.#options.stream}.${this.#options.consumer}`;
  }

  #pull(isAlone = false): void {
    if (this.#isStopped || !this.#connection.isConnected) return;
    const { handMax, handBytesMax = Number.POSITIVE_INFINITY } = this.#options;
    const room = isAlone ? 1 : handMax - this.#inHand;
    const roomBytes = handBytesMax - this.#bytesInHand;
    if (room <= 0 || roomBytes <= 0) return;
    this.#asked = room;
    const request = {
      batch: room,
      expires: EXPIRES_MS * 1_000_000,
      idle_heartbeat: HEARTBEAT_MS * 1_000_000,
      ...(isAlone || !Number.isFinite(roomBytes) ? {} : { max_bytes: roomBytes }),
    };
    this.#connection.nats.publish(this.#nextSubject, JSON.stringify(request), {
      reply: `${this.#inbox}.${nuid.next()}`,
    });
    this.#watch();
  }

  /** Two missed heartbeats: the request is lost, whoever lost it. */
  #watch(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#ended(0), 2.5 * HEARTBEAT_MS);
  }

  #onMsg(msg: Msg): void {
    if (this.#isStopped) return;
    const code = msg.headers?.code ?? 0;
    if (code === 0) {
      this.#inHand++;
      this.#bytesInHand += msg.data.length;
      this.#asked = Math.max(0, this.#asked - 1);
      if (this.#asked === 0) clearTimeout(this.#watchdog);
      else this.#watch();
      this.#options.onMessage(new StoredMessage(this.#connection.nats, msg));
    } else if (code === 100) {
      this.#watch();
    } else if (code === 404 || code === 408) {
      this.#ended(0);
    } else if (code === 409 && (msg.headers?.description ?? '').includes('MaxBytes')) {
      this.#full();
    } else {
      const isGone = code === 503 || (msg.headers?.description ?? '').includes('Consumer Deleted');
      this.#ended(250);
      if (isGone) this.#options.onTrouble({ kind: 'gone' });
    }
  }

  /** The next message has no room beside those in hand: the next `release` asks for it. With nothing in hand it comes alone, however large. */
  #full(): void {
    clearTimeout(this.#watchdog);
    this.#asked = 0;
    if (this.#inHand === 0) this.#pull(true);
  }

  #ended(delayMs: number): void {
    clearTimeout(this.#watchdog);
    clearTimeout(this.#again);
    this.#again = undefined;
    this.#asked = 0;
    if (this.#isStopped) return;
    if (delayMs === 0) {
      this.#pull();
      return;
    }
    this.#again = setTimeout(() => {
      this.#again = undefined;
      this.#pull();
    }, delayMs);
  }
}
