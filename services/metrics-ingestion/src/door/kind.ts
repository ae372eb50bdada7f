import type { SignalBatch } from '@parapet/contracts';
import type { InstantMs } from '@parapet/kernel';
import type { SignalSource } from '@parapet/policy';
import type { SignalDeclaration } from '@parapet/signals';
import type { OutsideDocument } from './json.js';

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
  /** SHA-256 of the message's bytes. */
  readonly digest: string;
  readonly nowMs: InstantMs;
}

/** What of a message is stored. */
export interface Taken {
  /** One for each environment that it concerns. */
  readonly batches: readonly SignalBatch[];
  /** One text for each alert or sample; equal texts say the same. */
  readonly records: readonly string[];
}

/** One kind of door: what its messages mean. */
export interface DoorKind {
  readonly name: SignalSource['kind'];
  /** The answer beyond a source's rate: 429 only where its senders come again after one. */
  readonly beyondRate: 429 | 503;
  /** Reads a whole message; throws Refused with the first bad value. */
  take(document: OutsideDocument, sender: Sender, arrival: Arrival): Taken;
}
