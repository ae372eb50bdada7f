import { describe, expect, test } from '@jest/globals';
import { type Look, presentMeasure } from './present.js';
import { dueWindows, type Window } from './windows.js';

const MINUTE_MS = 60_000;
const window = (toMinute: number): Window => ({ fromMs: (toMinute - 1) * MINUTE_MS, toMs: toMinute * MINUTE_MS });

/** A measure whose clock the test holds; every look finds the time it looked at. */
function measureAt(nowMs: number, looks: number[] = []) {
  return presentMeasure({
    probe: 'odoo-retail/page',
    kpi: 'page',
    target: 'shop',
    everyMs: MINUTE_MS,
    nowMs: () => nowMs,
    signals: ['a', 'b'],
    dimensions: { page: 'home' },
    look: async (atMs): Promise<Look> => {
      looks.push(atMs);
      const value = { kind: 'gauge', value: atMs } as const;
      return { findings: [{ signal: 'a', value, dimensions: { part: 'top' } }], rows: 2, notes: ['as ever'] };
    },
  });
}

describe('a measure of the present', () => {
  test('measures once at its first start, the window that has just ended', () => {
    const { rhythm } = measureAt(0);
    expect(dueWindows(rhythm, null, 10.5 * MINUTE_MS, 300)).toEqual([window(10)]);
  });

  test('looks in every round, however long the target was away', () => {
    const { rhythm } = measureAt(0);
    expect(dueWindows(rhythm, 10 * MINUTE_MS, 700.5 * MINUTE_MS, 1)).toEqual([window(700)]);
  });

  test('gives what it finds the window’s end and a key that names signal, dimensions and window', async () => {
    const measured = await measureAt(10.5 * MINUTE_MS).measure([window(10)]);
    expect(measured).toEqual({
      rows: 2,
      notes: ['as ever'],
      measurements: [
        {
          window: window(10),
          isTruncated: false,
          samples: [
            {
              signal: 'a',
              atMs: 10 * MINUTE_MS,
              value: { kind: 'gauge', value: 10 * MINUTE_MS },
              dimensions: { page: 'home', part: 'top' },
              key: 'odoo-retail/page/a/page=home/part=top/1970-01-01T00:09:00.000Z/1970-01-01T00:10:00.000Z',
            },
          ],
        },
      ],
    });
  });

  test('looks once for many windows: those in which nobody looked are gaps', async () => {
    const looks: number[] = [];
    const { measurements } = await measureAt(10.5 * MINUTE_MS, looks).measure([window(8), window(9), window(10)]);
    expect(looks).toEqual([10 * MINUTE_MS]);
    expect(
      measurements.map(({ isTruncated, samples }) => [isTruncated, samples.map(({ value }) => value.kind)]),
    ).toEqual([
      [true, ['gap', 'gap']],
      [true, ['gap', 'gap']],
      [false, ['gauge']],
    ]);
  });

  test('does not take what is seen now for an old window, also when only that one is asked for', async () => {
    const looks: number[] = [];
    const { measurements, notes } = await measureAt(20 * MINUTE_MS, looks).measure([window(8)]);
    expect(looks).toEqual([]);
    expect(measurements[0]).toMatchObject({ isTruncated: true, samples: [{ value: { kind: 'gap' } }, {}] });
    expect(notes).toEqual(['only the window that has just ended can be seen']);
  });

  test('says a gap for every signal, under a key that a later measurement does not share', () => {
    expect(
      measureAt(0)
        .gaps(10 * MINUTE_MS)
        .map(({ key }) => key),
    ).toEqual([
      'odoo-retail/page/a/page=home/gap/1970-01-01T00:10:00.000Z',
      'odoo-retail/page/b/page=home/gap/1970-01-01T00:10:00.000Z',
    ]);
  });
});
