import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GENESIS_HASH, hashRow, rowBytes, type Sha256, verifyRows } from './chain.js';
import type { JournalRow } from './ports.js';

const sha256: Sha256 = (text) => createHash('sha256').update(text, 'utf8').digest('hex');

function chain(texts: readonly string[], after = { seq: 0, hash: GENESIS_HASH }): JournalRow[] {
  let prevHash = after.hash;
  return texts.map((text, i) => {
    const row = {
      tenant: 'acme',
      seq: after.seq + i + 1,
      id: `evt_${after.seq + i + 1}`,
      stream: 'rel_1',
      version: after.seq + i + 1,
      environment: 'production',
      workload: 'odoo',
      type: 'proposal.commented',
      data: { text },
      actor: { kind: 'person' as const, id: 'on-call' },
      occurredAt: '2026-11-23T09:18:04.120Z',
      recordedAt: '2026-11-23T09:18:04.121Z',
      trace: null,
      prevHash,
    };
    prevHash = hashRow(row, sha256);
    return { ...row, hash: prevHash };
  });
}

describe('the bytes of a row', () => {
  test('are canonical JSON of everything but the two hashes', () => {
    const [row] = chain(['ü']);
    expect(rowBytes(row as JournalRow)).toBe(
      '{"actor":{"id":"on-call","kind":"person"},"data":{"text":"ü"},"environment":"production","id":"evt_1","occurredAt":"2026-11-23T09:18:04.120Z",' +
        '"recordedAt":"2026-11-23T09:18:04.121Z","seq":1,"stream":"rel_1","tenant":"acme","trace":null,"type":"proposal.commented","version":1,"workload":"odoo"}',
    );
  });

  test('do not depend on the order of members', () => {
    const [row] = chain(['a']) as [JournalRow];
    const reversed = Object.fromEntries(Object.entries(row).reverse()) as unknown as JournalRow;
    expect(rowBytes(reversed)).toBe(rowBytes(row));
  });

  test('the hash is that of the hash before and the bytes, so that anybody can check it with sha256sum', () => {
    const [row] = chain(['a']) as [JournalRow];
    expect(row.hash).toBe(
      createHash('sha256')
        .update(`${'0'.repeat(64)}${rowBytes(row)}`)
        .digest('hex'),
    );
  });
});

describe('verifying rows', () => {
  const rows = chain(['a', 'b', 'c', 'd']);
  const last = rows.at(-1) as JournalRow;
  const edit = (seq: number, change: Partial<JournalRow>) => rows.map((r) => (r.seq === seq ? { ...r, ...change } : r));

  test.each<{ sentence: string; rows: readonly JournalRow[]; previous?: string; expected: object }>([
    {
      sentence: 'an untouched chain is intact',
      rows,
      expected: { kind: 'intact', count: 4, lastSeq: 4, hash: last.hash },
    },
    {
      sentence: 'no rows are an intact chain of none',
      rows: [],
      expected: { kind: 'intact', count: 0, lastSeq: 0, hash: GENESIS_HASH },
    },
    {
      sentence: 'a later page follows the hash of the page before',
      rows: rows.slice(2),
      previous: rows[1]?.hash ?? '',
      expected: { kind: 'intact', count: 2, lastSeq: 4, hash: last.hash },
    },
    {
      sentence: 'a chain from the beginning must begin with row 1',
      rows: rows.slice(1),
      expected: { kind: 'broken', seq: 2, reason: 'gap' },
    },
    {
      sentence: 'a page that does not follow the one before',
      rows: rows.slice(2),
      previous: rows[0]?.hash ?? '',
      expected: { kind: 'broken', seq: 3, reason: 'other-predecessor' },
    },
    {
      sentence: 'edited data',
      rows: edit(2, { data: { text: 'B' } }),
      expected: { kind: 'broken', seq: 2, reason: 'altered' },
    },
    {
      sentence: 'another author',
      rows: edit(3, { actor: { kind: 'person', id: 'intruder' } }),
      expected: { kind: 'broken', seq: 3, reason: 'altered' },
    },
    {
      sentence: 'another time',
      rows: edit(3, { occurredAt: '2026-11-23T09:18:04.121Z' }),
      expected: { kind: 'broken', seq: 3, reason: 'altered' },
    },
    {
      sentence: 'edited data with its hash made anew: the next row tells',
      rows: edit(2, rehashed(2)),
      expected: { kind: 'broken', seq: 3, reason: 'other-predecessor' },
    },
    {
      sentence: 'a removed row',
      rows: rows.filter((r) => r.seq !== 3),
      expected: { kind: 'broken', seq: 4, reason: 'gap' },
    },
    {
      sentence: 'a repeated row',
      rows: rows.flatMap((r) => (r.seq === 2 ? [r, r] : [r])),
      expected: { kind: 'broken', seq: 2, reason: 'gap' },
    },
    {
      sentence: 'two rows exchanged',
      rows: [rows[0], rows[2], rows[1], rows[3]] as JournalRow[],
      expected: { kind: 'broken', seq: 3, reason: 'gap' },
    },
  ])('$sentence', ({ rows: given, previous = GENESIS_HASH, expected }) => {
    expect(verifyRows(given, previous, sha256)).toEqual(expected);
  });

  function rehashed(seq: number): Partial<JournalRow> {
    const changed = { ...(rows[seq - 1] as JournalRow), data: { text: 'B' } };
    return { data: changed.data, hash: hashRow(changed, sha256) };
  }

  test('property: whatever one field of one row becomes, the chain is broken at that row or the next', () => {
    const fields = [
      'tenant',
      'id',
      'stream',
      'environment',
      'workload',
      'type',
      'occurredAt',
      'recordedAt',
      'trace',
      'prevHash',
      'hash',
    ] as const;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.constantFrom(...fields), fc.string(), (seq, field, value) => {
        fc.pre(rows[seq - 1]?.[field] !== value);
        expect(verifyRows(edit(seq, { [field]: value }), GENESIS_HASH, sha256)).toMatchObject({ kind: 'broken', seq });
      }),
    );
  });

  test('property: a chain verified in pages is verified as in one go', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 12 }), fc.integer({ min: 1, max: 5 }), (texts, size) => {
        const all = chain(texts);
        let hash = GENESIS_HASH;
        let seq: number | null = 0;
        for (let i = 0; i < all.length; i += size) {
          const page = verifyRows(all.slice(i, i + size), hash, sha256, seq);
          if (page.kind === 'broken') throw new Error(`broken at ${page.seq}`);
          ({ hash, lastSeq: seq } = page);
        }
        expect({ hash, seq }).toEqual({ hash: all.at(-1)?.hash ?? GENESIS_HASH, seq: all.length });
      }),
    );
  });
});
