import { createHash } from 'node:crypto';
import { fromJournal, isPublicType, type PublicEvent, toJournal } from '@parapet/contracts';
import { canonicalJson, formatInstant, invariant, isId, type MakeId } from '@parapet/kernel';
import {
  type Actor,
  type EventLog,
  hashRow,
  type JournalRow,
  type NewEvent,
  type Sha256,
  type StreamRef,
  VersionConflict,
} from '@parapet/runtime';
import type { Tx } from './transaction.js';

/** SHA-256 of a text's UTF-8 bytes, in lower-case hex. */
export const sha256: Sha256 = (text) => createHash('sha256').update(text, 'utf8').digest('hex');

/** Who appends, in which trace, and when it happened where that is not now. */
export interface AppendOptions {
  readonly actor: Actor;
  readonly trace?: string;
  readonly occurredAtMs?: number;
}

const COLUMNS =
  'tenant, seq, id, stream, version, environment, workload, type, data, actor, occurred_at, recorded_at, trace, prev_hash, hash';

interface StoredRow {
  readonly tenant: string;
  readonly seq: number;
  readonly id: string;
  readonly stream: string;
  readonly version: number;
  readonly environment: string;
  readonly workload: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly actor: Actor;
  readonly occurred_at: Date;
  readonly recorded_at: Date;
  readonly trace: string | null;
  readonly prev_hash: string;
  readonly hash: string;
}

/** The one append-only table: event store, audit log and outbox. */
export class Journal {
  constructor(private readonly makeId: MakeId) {}

  /**
   * Appends events to a stream after `expectedVersion`; throws VersionConflict where it moved on.
   * Holds the tenant's chain until the transaction ends: append last, and keep what follows short.
   */
  async append(
    tx: Tx,
    ref: StreamRef,
    expectedVersion: number | 'any',
    events: readonly NewEvent[],
    o: AppendOptions,
  ): Promise<JournalRow[]> {
    if (events.length === 0) return [];
    // A release is published whole, so that subscribers can take its version for a sequence without gaps.
    const secret = isId(ref.stream, 'rel') ? events.find((event) => !isPublicType(event.type)) : undefined;
    invariant(
      secret === undefined,
      `${secret?.type} never leaves the house, so it cannot be part of release ${ref.stream}`,
    );
    const [head] = await tx.query<{ seq: number; hash: string; recorded_at: Date; version: number }>(
      'SELECT seq, hash, recorded_at, version FROM journal_lock($1, $2)',
      [ref.tenant, ref.stream],
    );
    invariant(head, `journal_lock answered nothing for ${ref.tenant}`);
    if (expectedVersion !== 'any' && expectedVersion !== head.version) {
      throw new VersionConflict(ref.stream, expectedVersion, head.version);
    }

    const recordedAt = head.recorded_at.toISOString();
    const occurredAt = o.occurredAtMs === undefined ? recordedAt : formatInstant(o.occurredAtMs);
    const actor = asStored(o.actor, `actor of ${ref.stream}`);
    let prevHash = head.hash;
    const rows = events.map((event, i): JournalRow => {
      const unhashed = {
        tenant: ref.tenant,
        seq: head.seq + i + 1,
        id: this.makeId('evt'),
        stream: ref.stream,
        version: head.version + i + 1,
        environment: ref.environment,
        workload: ref.workload,
        type: event.type,
        data: asStored(event.data, `${event.type} of ${ref.stream}`),
        actor,
        occurredAt,
        recordedAt,
        trace: o.trace ?? null,
        prevHash,
      };
      const hash = hashRow(unhashed, sha256);
      prevHash = hash;
      return { ...unhashed, hash };
    });

    await tx.query(
      `INSERT INTO journal (${COLUMNS})
       SELECT $1, seq, id, $2, version, $3, $4, type, data, $5::jsonb, $6, $7, $8, prev_hash, hash
         FROM unnest($9::bigint[], $10::text[], $11::bigint[], $12::text[], $13::jsonb[], $14::text[], $15::text[])
           AS added (seq, id, version, type, data, prev_hash, hash)`,
      [
        ref.tenant,
        ref.stream,
        ref.environment,
        ref.workload,
        canonicalJson(actor),
        occurredAt,
        recordedAt,
        o.trace ?? null,
        rows.map((r) => r.seq),
        rows.map((r) => r.id),
        rows.map((r) => r.version),
        rows.map((r) => r.type),
        rows.map((r) => canonicalJson(r.data)),
        rows.map((r) => r.prevHash),
        rows.map((r) => r.hash),
      ],
    );
    return rows;
  }

  /** A stream's rows after a version, oldest first; in a transaction of all tenants the tenant must be named. */
  async read(tx: Tx, stream: string, afterVersion = 0, tenant: string = tx.tenant): Promise<JournalRow[]> {
    invariant(tenant !== '*', `whose stream ${stream}?`);
    const rows = await tx.query<StoredRow>(
      `SELECT ${COLUMNS} FROM journal WHERE tenant = $1 AND stream = $2 AND version > $3 ORDER BY version`,
      [tenant, stream, afterVersion],
    );
    return rows.map(asJournalRow);
  }

  /** A tenant's rows after a seq, oldest first; in a transaction of all tenants the tenant must be named. */
  readTenant(tx: Tx, afterSeq: number, limit: number, tenant: string = tx.tenant): Promise<JournalRow[]> {
    return readTenantRows(tx, tenant, afterSeq, limit);
  }
}

/** A tenant's rows after a seq, oldest first. */
export async function readTenantRows(tx: Tx, tenant: string, afterSeq: number, limit: number): Promise<JournalRow[]> {
  invariant(tenant !== '*', 'whose journal?');
  const rows = await tx.query<StoredRow>(
    `SELECT ${COLUMNS} FROM journal WHERE tenant = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
    [tenant, afterSeq, limit],
  );
  return rows.map(asJournalRow);
}

/** A stream's events as a decider reads and appends them, inside one transaction. */
export function streamLog(
  journal: Journal,
  tx: Tx,
  ref: StreamRef,
  o: { readonly actor: Actor; readonly trace?: string },
): EventLog<PublicEvent> {
  return {
    async read() {
      const rows = await journal.read(tx, ref.stream, 0, ref.tenant);
      const events = rows.map(fromJournal).filter((event) => event !== null);
      return { events, version: rows.at(-1)?.version ?? 0 };
    },
    async append(expectedVersion, events) {
      await journal.append(tx, ref, expectedVersion, events.map(toJournal), o);
    },
  };
}

function asJournalRow(row: StoredRow): JournalRow {
  const { occurred_at, recorded_at, prev_hash, ...same } = row;
  return { ...same, occurredAt: occurred_at.toISOString(), recordedAt: recorded_at.toISOString(), prevHash: prev_hash };
}

// JSON writes U+0000 and unpaired surrogates as escapes; jsonb takes neither. A run of backslashes before counts in pairs.
const UNSTORABLE = /(?:^|[^\\])(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/;

/** The value exactly as it will be read back; throws on what jsonb cannot keep, which the doors have replaced long before. */
function asStored<T extends object>(value: T, what: string): T {
  const text = canonicalJson(value);
  invariant(!UNSTORABLE.test(text), `${what} holds U+0000 or an unpaired surrogate`);
  return JSON.parse(text) as T;
}
