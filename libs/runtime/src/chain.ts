import { canonicalJson } from '@parapet/kernel';
import type { JournalRow } from './ports.js';

/** Hashes a text (its UTF-8 bytes) to lower-case hex; injected, so that this runs wherever a digest can be had. */
export type Sha256 = (text: string) => string;

/** The `prevHash` of a chain's first row. */
export const GENESIS_HASH = '0'.repeat(64);

/** What is hashed of a row: everything but the two hashes. */
export type HashedRow = Omit<JournalRow, 'prevHash' | 'hash'>;

/** Canonical JSON of the row without `prevHash` and `hash`: what its hash vouches for. */
export function rowBytes(row: HashedRow): string {
  return canonicalJson({
    tenant: row.tenant,
    seq: row.seq,
    id: row.id,
    stream: row.stream,
    version: row.version,
    environment: row.environment,
    workload: row.workload,
    type: row.type,
    data: row.data,
    actor: row.actor,
    occurredAt: row.occurredAt,
    recordedAt: row.recordedAt,
    trace: row.trace,
  });
}

/** SHA-256 of `prevHash` (its 64 hex digits) followed by the row's bytes. */
export function hashRow(row: HashedRow & { readonly prevHash: string }, sha256: Sha256): string {
  return sha256(row.prevHash + rowBytes(row));
}

/** Whether rows continue a chain; where not, the first bad one and why. */
export type ChainCheck =
  | { readonly kind: 'intact'; readonly count: number; readonly lastSeq: number | null; readonly hash: string }
  | { readonly kind: 'broken'; readonly seq: number; readonly reason: 'gap' | 'other-predecessor' | 'altered' };

/**
 * Checks that rows, in order of `seq`, follow `previousHash` and each other without gap or change.
 * To check a chain in pages give the `hash` of one page as the `previousHash` of the next, and its `lastSeq`;
 * a chain from GENESIS_HASH must begin with row 1.
 */
export function verifyRows(
  rows: readonly JournalRow[],
  previousHash: string,
  sha256: Sha256,
  previousSeq: number | null = previousHash === GENESIS_HASH ? 0 : null,
): ChainCheck {
  let hash = previousHash;
  let seq = previousSeq;
  for (const row of rows) {
    if (seq !== null && row.seq !== seq + 1) return { kind: 'broken', seq: row.seq, reason: 'gap' };
    if (row.prevHash !== hash) return { kind: 'broken', seq: row.seq, reason: 'other-predecessor' };
    if (row.hash !== hashRow(row, sha256)) return { kind: 'broken', seq: row.seq, reason: 'altered' };
    hash = row.hash;
    seq = row.seq;
  }
  return { kind: 'intact', count: rows.length, lastSeq: seq, hash };
}
