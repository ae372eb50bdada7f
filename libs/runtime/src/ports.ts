import type { InstantMs } from '@parapet/kernel';

/** The clock as an argument: no code below the services reads one by itself. */
export interface Clock {
  nowMs(): InstantMs;
}

/** Who did it: a person or service by its subject id, or a policy by its name. */
export interface Actor {
  readonly kind: 'person' | 'service' | 'policy';
  readonly id: string;
  /** How they proved it: `token`, `session`, … */
  readonly auth?: string;
}

/** An aggregate's stream and where it lives; `none` for environment and workload where it has none. */
export interface StreamRef {
  readonly tenant: string;
  readonly stream: string;
  readonly environment: string;
  readonly workload: string;
}

/** An event to append, in journal form. */
export interface NewEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A row of the journal. Hashes are lower-case hex; `trace` is a W3C traceparent. */
export interface JournalRow extends StreamRef {
  readonly seq: number;
  readonly id: string;
  readonly version: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly actor: Actor;
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly trace: string | null;
  readonly prevHash: string;
  readonly hash: string;
}

/** The stream moved on since it was read; read again and decide again. */
export class VersionConflict extends Error {
  override readonly name = 'VersionConflict';
  constructor(
    readonly stream: string,
    readonly expected: number,
    readonly found: number,
  ) {
    super(`cannot append to ${stream}: expected version ${expected}, found ${found}`);
  }
}

/** The events of one stream, read and appended inside one transaction. */
export interface EventLog<Event> {
  read(): Promise<{ readonly events: readonly Event[]; readonly version: number }>;
  /** Appends after `expectedVersion`; throws VersionConflict where the stream moved on. */
  append(expectedVersion: number, events: readonly Event[]): Promise<void>;
}

/** What a stream of messages acknowledged: durable there, at this position. */
export interface Published {
  readonly streamSeq: number;
  readonly isDuplicate: boolean;
}

/** Publishes durably; resolves only when the stream has confirmed, rejects when it could not. */
export interface Publisher {
  publish(
    subject: string,
    payload: Uint8Array,
    options: { readonly messageId: string; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<Published>;
}
