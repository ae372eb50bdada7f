import { formatInstant, invariant, isId, parseInstant } from '@parapet/kernel';
import { type EventName, type EventType, EVENT_TYPES, fromJournal, type PublicEvent } from './event-types.js';
import type { CloudEvent } from './rest/index.js';
import { eventSubject } from './subjects.js';

/** A row of the journal, as far as it goes out: the shape that runtime calls JournalRow. */
export interface PublicRow {
  readonly tenant: string;
  readonly seq: number;
  readonly id: string;
  readonly stream: string;
  readonly version: number;
  readonly environment: string;
  readonly workload: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly occurredAt: string;
  readonly trace: string | null;
  readonly hash: string;
}

export const CLOUD_EVENT_MEDIA_TYPE = 'application/cloudevents+json';
/**
 * The most that one event's body may weigh; larger members are left out and linked. The stream takes 256 KiB with the headers
 * counted, and an event it refuses would hold up every later one of its tenant.
 */
export const EVENT_BYTES_MAX = 255 * 1024;

const PUBLIC_TYPES = new Map<string, EventName>(
  Object.entries(EVENT_TYPES).map(([name, type]) => [type, name as EventName]),
);

/** Whether a journal type leaves the house; configuration and sign-ins do not. */
export function isPublicType(type: string): type is EventType {
  return PUBLIC_TYPES.has(type);
}

/** Makes the event that subscribers get out of its journal row. Throws for a type that does not leave the house. */
export function cloudEvent(row: PublicRow): CloudEvent {
  invariant(isPublicType(row.type), `${row.type} is not public`);
  const release = isId(row.stream, 'rel') ? { release: row.stream } : {};
  // Known only once the row is in the journal: an actuation's fence is the place of its start there.
  const fence = row.type === EVENT_TYPES.ActuationStarted ? { fence: row.seq } : {};
  const event: CloudEvent = {
    specversion: '1.0',
    id: row.id,
    source: `/parapet/${row.tenant}/${row.environment}`,
    type: `dev.parapet.${row.type}.v1`,
    subject: row.stream,
    time: row.occurredAt,
    datacontenttype: 'application/json',
    dataschema: `https://parapet.dev/schemas/${row.type}.v1.json`,
    sequence: String(row.version).padStart(12, '0'),
    partitionkey: row.stream,
    journalseq: String(row.seq),
    journalhash: row.hash,
    data: {
      tenant: row.tenant,
      environment: row.environment,
      ...release,
      sequence: row.version,
      ...row.data,
      ...fence,
    },
  };
  return row.trace === null ? event : { ...event, traceparent: row.trace };
}

/** Where the event of a row is published; sources have neither workload nor release. */
export function publicSubject(row: Pick<PublicRow, 'tenant' | 'environment' | 'workload' | 'stream' | 'type'>): string {
  return eventSubject(
    row.tenant,
    row.environment,
    row.workload,
    isId(row.stream, 'rel') ? row.stream : 'none',
    row.type,
  );
}

/**
 * The bytes of an event, 256 KiB at most. The largest members of what is beyond that are left out, named in `omitted`,
 * and found behind `dataref` (an attribute of CloudEvents for exactly this).
 */
export function encodeEvent(event: CloudEvent, bytesMax = EVENT_BYTES_MAX): Uint8Array {
  const bytes = new TextEncoder().encode(JSON.stringify(event));
  if (bytes.length <= bytesMax) return bytes;
  const data: Record<string, unknown> = { ...event.data };
  const bySize = Object.keys(data).sort((a, b) => sizeOf(data[b]) - sizeOf(data[a]));
  const omitted: string[] = [];
  for (const member of bySize) {
    delete data[member];
    omitted.push(member);
    const dataref = `/v1/releases/${event.subject}/events?after=${Number(event.sequence) - 1}&limit=1`;
    const cut = new TextEncoder().encode(JSON.stringify({ ...event, omitted: omitted.join(','), dataref, data }));
    if (cut.length <= bytesMax) return cut;
  }
  throw new Error(`cannot publish event ${event.id}: its envelope alone is larger than ${bytesMax} bytes`);
}

function sizeOf(value: unknown): number {
  return (JSON.stringify(value) ?? '').length;
}

/** An event as a subscriber of ours reads it. */
export interface DecodedEvent {
  readonly event: PublicEvent;
  readonly id: string;
  readonly tenant: string;
  readonly environment: string;
  /** Null for events of sources. */
  readonly release: string | null;
  readonly stream: string;
  readonly sequence: number;
  readonly seq: number;
  readonly hash: string;
  readonly time: string;
  readonly traceparent: string | null;
  /** False where members were left out for their size: the journal has the whole. */
  readonly isComplete: boolean;
}

/** Members that the envelope adds to `data`, unless the event has them itself. */
const OWN_MEMBERS: Partial<Record<EventName, readonly string[]>> = {
  ReleaseRegistered: ['environment'],
  RollbackOrdered: ['environment', 'release'],
};

/**
 * Reads an event. Null for a type we do not know: within a version only fields and types are added, and a reader treats a new type as nothing.
 * Throws for a known type whose envelope is broken: that is not an event of ours.
 */
export function decodeEvent(value: CloudEvent): DecodedEvent | null {
  const type = /^dev\.parapet\.(.+)\.v1$/.exec(String(value.type))?.[1];
  const name = type === undefined ? undefined : PUBLIC_TYPES.get(type);
  if (type === undefined || name === undefined) return null;
  const envelope = readEnvelope(value);
  const own = OWN_MEMBERS[name] ?? [];
  const added = ['tenant', 'environment', 'release', 'sequence', 'fence'].filter((member) => !own.includes(member));
  const members = Object.fromEntries(Object.entries(value.data).filter(([key]) => !added.includes(key)));
  const event = fromJournal({ type, data: members });
  invariant(event !== null, `${type} is public and has no domain event`);
  return { event, ...envelope };
}

/** Reads the bytes of an event. Throws where they are no JSON object with the attributes of ours. */
export function decodeEventBytes(bytes: Uint8Array): DecodedEvent | null {
  const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  if (typeof value !== 'object' || value === null) throw new Error('cannot read event: not a JSON object');
  return decodeEvent(value as CloudEvent);
}

function readEnvelope(value: CloudEvent): Omit<DecodedEvent, 'event'> {
  const fail = (what: string): never => {
    throw new Error(`cannot read event ${String(value.id)}: ${what}`);
  };
  const text = (member: keyof CloudEvent): string => {
    const found = value[member];
    return typeof found === 'string' && found !== '' ? found : fail(`${member} is missing`);
  };
  const count = (member: 'sequence' | 'journalseq'): number => {
    const found = Number(text(member));
    return Number.isSafeInteger(found) && found > 0 ? found : fail(`${member} is not a count: ${text(member)}`);
  };
  if (value.specversion !== '1.0') fail(`specversion is ${String(value.specversion)}`);
  if (typeof value.data !== 'object' || value.data === null) fail('data is missing');
  const at = parseInstant(text('time')) ?? fail(`time is not RFC 3339: ${text('time')}`);
  const [, root, tenant, environment] = text('source').split('/');
  if (root !== 'parapet' || tenant === undefined || environment === undefined) fail(`source is ${text('source')}`);
  const stream = text('subject');
  return {
    id: text('id'),
    tenant: tenant as string,
    environment: environment as string,
    release: isId(stream, 'rel') ? stream : null,
    stream,
    sequence: count('sequence'),
    seq: count('journalseq'),
    hash: text('journalhash'),
    time: formatInstant(at),
    traceparent: value.traceparent ?? null,
    isComplete: !('omitted' in value),
  };
}
