import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { JournalRowView } from '@parapet/contracts';
import { GENESIS_HASH, hashRow } from '@parapet/runtime';
import { type Answer, type Asked, page, RELEASE } from '../test/fake-parapet.js';
import { fake, parapet } from '../test/harness.js';
import { run } from './run.js';

describe('parapet audit verify', () => {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  function chain(length: number): JournalRowView[] {
    const rows: JournalRowView[] = [];
    for (let seq = 1; seq <= length; seq++) {
      const row = {
        tenant: 'acme-retail',
        seq,
        id: `evt_${seq}`,
        stream: RELEASE,
        version: seq,
        environment: 'production',
        workload: 'odoo-retail',
        type: 'decision.made',
        data: { outcome: 'auto', n: seq / 3, text: 'é\u2028' },
        actor: { kind: 'policy' as const, id: 'careful' },
        occurredAt: '2026-11-23T09:00:00.000Z',
        recordedAt: '2026-11-23T09:00:00.001Z',
        trace: null,
        prevHash: rows.at(-1)?.hash ?? GENESIS_HASH,
      };
      rows.push({ ...row, hash: hashRow(row, sha256) });
    }
    return rows;
  }
  const serve =
    (rows: readonly JournalRowView[]) =>
    ({ query }: Asked): Answer => {
      const after = Number(query['after']);
      const items = rows.filter((row) => row.seq > after).slice(0, Number(query['limit']));
      return {
        status: 200,
        body: page(items, items.length === Number(query['limit']) ? String(items.at(-1)?.seq) : null),
      };
    };
  const rows = chain(450);
  const changed = (seq: number, change: Partial<JournalRowView>) =>
    rows.map((row) => (row.seq === seq ? { ...row, ...change } : row));
  const rehashed = (seq: number, data: Record<string, unknown>) =>
    rows.map((row) => (row.seq === seq ? { ...row, data, hash: hashRow({ ...row, data }, sha256) } : row));

  it('recomputes every row of every page', async () => {
    const world = await parapet(serve(rows));
    expect(await run(['audit', 'verify'], world)).toBe(0);
    expect(fake.asked).toHaveLength(3);
    expect(world.out).toBe(`journal of acme-retail: 450 rows, intact\nhead 450:${rows[449]?.hash}\n`);
  });

  it.each<[string, readonly JournalRowView[], readonly string[], RegExp]>([
    [
      'an altered row',
      changed(301, { data: { outcome: 'observe' } }),
      [],
      /broken: row 301 \(decision.made of rel_.*\): it was altered after it was written/,
    ],
    [
      'a row altered and hashed anew',
      rehashed(301, { outcome: 'observe' }),
      [],
      /broken: row 302 .*: it does not follow the row before it/,
    ],
    ['a removed row', rows.filter((row) => row.seq !== 200), [], /broken: row 201 .*: rows before it are missing/],
    ['a removed beginning', rows.slice(1), [], /broken: row 2 .*: rows before it are missing/],
    [
      'an actor put in place of another',
      changed(450, { actor: { kind: 'person', id: 'intruder' } }),
      [],
      /broken: row 450/,
    ],
    [
      'a row of another tenant',
      [...rows.slice(0, 449), { ...(rows[449] as JournalRowView), tenant: 'globex' }],
      [],
      /broken: row 450/,
    ],
    [
      'an end cut off, where a head was kept',
      rows.slice(0, 400),
      ['--head', `450:${rows[449]?.hash}`],
      /broken: row 450: the chain ends at row 400: its end was cut off/,
    ],
    [
      'a chain written anew, where a head was kept',
      rows,
      ['--head', `10:${'a'.repeat(64)}`],
      /broken: row 10 .*: it is not the head that was kept/,
    ],
  ])('ends 1 for %s and names the first bad row', async (_what, found, args, message) => {
    const world = await parapet(serve(found));
    expect(await run(['audit', 'verify', ...args], world)).toBe(1);
    expect(world.err).toMatch(message);
  });

  it('takes a head that was kept', async () => {
    const world = await parapet(serve(rows));
    expect(await run(['audit', 'verify', '--head', `450:${rows[449]?.hash}`, '--json'], world)).toBe(0);
    expect(JSON.parse(world.out)).toEqual({ intact: true, tenant: 'acme-retail', rows: 450, head: rows[449]?.hash });
  });
});
