import { describe, expect, test } from '@jest/globals';
import { sha256 } from '@parapet/postgres';
import { GENESIS_HASH, verifyRows } from '@parapet/runtime';
import { eventLogContract } from '../contracts/event-log.js';
import { testIds } from '../database.js';
import { VirtualClock } from '../virtual/clock.js';
import { InMemoryJournal } from './journal.js';

const ACTOR = { kind: 'person', id: 'on-call' } as const;
const ref = (stream: string) => ({ tenant: 'acme', stream, environment: 'production', workload: 'odoo' });
const fresh = (committed?: ConstructorParameters<typeof InMemoryJournal>[3]) =>
  new InMemoryJournal(new VirtualClock(0), testIds(), sha256, committed);
const said = { type: 'proposal.commented', data: { text: 'a' } };

eventLogContract('a stream of the journal in memory', async () => {
  const journal = fresh();
  return (work) => journal.transact((tx) => work(tx.log(ref('rel_1'), ACTOR)));
});

describe('the journal in memory', () => {
  test('numbers the rows of all streams without gap, chains them, and each stream by itself', async () => {
    const journal = fresh();
    for (const stream of ['a', 'b', 'a'])
      await journal.transact(async (tx) => tx.append(ref(stream), 'any', [said], ACTOR));
    expect(journal.rows.map(({ seq, stream, version }) => [seq, stream, version])).toEqual([
      [1, 'a', 1],
      [2, 'b', 1],
      [3, 'a', 2],
    ]);
    expect(verifyRows(journal.rows, GENESIS_HASH, sha256)).toMatchObject({ kind: 'intact', count: 3 });
  });

  test('of a transaction that fails nothing stays: no row, nothing accepted, and nobody is told', async () => {
    const told: number[] = [];
    const journal = fresh((rows) => told.push(...rows.map((row) => row.seq)));
    const failing = journal.transact(async (tx) => {
      tx.append(ref('a'), 'any', [said], ACTOR);
      tx.accept('loop', 1);
      throw new Error('killed');
    });
    await expect(failing).rejects.toThrow('killed');
    expect(journal.rows).toEqual([]);
    expect(await journal.transact(async (tx) => [tx.accept('loop', 1), tx.accept('loop', 1)])).toEqual([true, false]);
    expect(told).toEqual([]);
  });
});
