import type { SignalBatch } from '@parapet/contracts';
import type { InstantMs } from '@parapet/kernel';
import type { SignalSource } from '@parapet/policy';
import type { SignalDeclaration } from '@parapet/signals';
import type { OutsideDocument } from './json.js';
import type { Refusal } from './refusal.js';

/** Who sent a message, proven, and what the configuration says of it. */
export interface Sender {
  readonly tenant: string;
  readonly source: SignalSource;
  /** Signals that its samples may name. */
  readonly signals: ReadonlyMap<string, SignalDeclaration>;
}

/** The circumstances of one message. */
export interface Arrival {
  readonly receipt: string;
  /** SHA-256 of the message's bytes, its compression undone. */
  readonly digest: string;
  readonly nowMs: InstantMs;
}

/** The kinds of sources that come to a door. */
export type DoorName = Exclude<SignalSource['kind'], 'prometheus-query'>;

/** What a request says of its body. */
export interface RequestHead {
  /** In small letters and without parameters, such as `application/x-protobuf`; null where the sender gave none. */
  readonly mediaType: string | null;
  /** Parameters of the media type, such as `proto`; names in small letters, values without quotes. */
  readonly parameters: Readonly<Record<string, string>>;
  /** A header by its name in small letters; of several the first. */
  header(name: string): string | undefined;
}

/** A message as its door reads it: whole, within the limits, its sender proven, its compression undone. */
export interface Message extends RequestHead {
  readonly bytes: Buffer;
  /** The bytes as one JSON document; throws Refused where they are none. */
  document(): OutsideDocument;
}

/** An answer in a door's own words; `cache-control` and `x-request-id` are added. */
export interface Reply {
  readonly status: 200 | 202 | 204 | Refusal['status'];
  readonly headers?: Readonly<Record<string, string>>;
  /** Absent: an answer without a body. */
  readonly body?: string | Uint8Array;
}

/** What of a message is stored. */
export interface Taken {
  /** One for each environment that it concerns; empty where nothing of it is to be stored. */
  readonly batches: readonly SignalBatch[];
  /** One text for each alert or sample; equal texts say the same. A door that does not tell its senders of repeats leaves them out. */
  readonly records: readonly string[];
  /** How many alerts or samples were taken, where `records` does not tell. */
  readonly accepted?: number;
  /** What of it became nothing, by reason; it is counted. */
  readonly dropped?: Readonly<Record<string, number>>;
  /** Sent once everything is stored, in place of 202 with a receipt: another status, other headers, a partial success. */
  readonly reply?: Reply;
}

/** Undoes one content encoding of a whole body; throws Refused where the body is not what it says, or too large. */
export type Decode = (raw: Buffer) => Buffer | Promise<Buffer>;

/** Which bodies a door reads; all others are 415 before they are decoded. */
export interface Accepts {
  /** Whether the door reads this type; null: the sender gave none. */
  type(head: RequestHead): boolean;
  /** For people: `application/x-protobuf, or application/json`. */
  readonly typesInWords: string;
  /** By the name in `Content-Encoding`, in small letters; a body without one is read as it is unless `isEncodingRequired`. */
  readonly encodings: Readonly<Record<string, Decode>>;
  readonly isEncodingRequired?: boolean;
}

/** A signature as it was presented, not yet compared with anything. */
export interface PresentedSignature {
  readonly signature: string;
  readonly timestamp: string;
}

/** How senders of a kind sign their bodies; asked for wherever a source has a secret. */
export interface BodySignature {
  /** What the headers hold; null where something is missing, malformed or too far from now: such a body is not even read. */
  read(head: RequestHead, nowMs: InstantMs): PresentedSignature | null;
  /** Whether it is the signature of these bytes, as they came; takes the same time for every wrong one. */
  isRight(presented: PresentedSignature, secret: string, raw: Buffer): boolean;
}

/**
 * One kind of door: at which address, what its messages mean, and how its senders want to be answered.
 *
 * A JSON door gives `name`, `beyondRate` and `take`, and calls `message.document()`. A door of another format says what it `accepts` and
 * reads `message.bytes`. Everything else (who it is, rates, limits, the store, dead letters, deadlines) is done for it.
 */
export interface DoorKind {
  /** The address is `/v1/ingest/<name>/<source>` and `suffix`; only sources of this kind are at home there. */
  readonly name: DoorName;
  /** What senders of this kind append to the address, such as `/v1/metrics`. */
  readonly suffix?: `/${string}`;
  /** Absent: POST only. */
  readonly methods?: readonly ('POST' | 'PUT')[];
  /** The answer beyond a source's rate: 429 only where its senders come again after one. */
  readonly beyondRate: 429 | 503;
  /** Absent: JSON (or no type at all), as it is or gzip. */
  readonly accepts?: Accepts;
  /** Absent: senders of this kind do not sign. */
  readonly signature?: BodySignature;
  /** How a refusal is worded where senders of this kind read no problem documents; its status and headers stay. */
  readonly wordRefusal?: (refusal: Refusal, head: RequestHead) => Pick<Reply, 'headers' | 'body'>;
  /**
   * Reads a whole message; throws Refused with the first bad value. The same message gives the same every time, and may be given again:
   * a door may remember halves of samples between messages, as long as forgetting them costs nothing that was counted.
   */
  take(message: Message, sender: Sender, arrival: Arrival): Taken;
}
