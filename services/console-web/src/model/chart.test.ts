import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  chartPoints,
  nearest,
  pathOf,
  runsOf,
  scaleOf,
  timeTicks,
  valueTicks,
  worthShowing,
  xOf,
  yOf,
} from './chart.js';

const FRAME = { left: 40, top: 10, width: 100, height: 50 };
const point = (minute: number, value: number | null) => ({ atMs: minute * 60_000, value });

describe('points of the wire', () => {
  test('are put in order; what is no instant is left out, what is no number is a gap', () => {
    const points = chartPoints([
      { at: '2026-11-23T09:01:00Z', value: 2, of: 10 },
      { at: '2026-11-23T09:00:00Z', value: Number.NaN },
      { at: 'yesterday', value: 1 },
    ]);
    expect(points).toEqual([
      { atMs: Date.parse('2026-11-23T09:00:00Z'), value: null },
      { atMs: Date.parse('2026-11-23T09:01:00Z'), value: 2, of: 10 },
    ]);
  });
});

describe('lines', () => {
  test.each([
    ['points without a gap are one line', [point(0, 1), point(1, 2), point(2, 3)], [3], []],
    ['a gap breaks the line and is marked', [point(0, 1), point(1, null), point(2, 3), point(3, 3)], [1, 2], [[0, 2]]],
    [
      'a silence breaks it as a gap does',
      [point(0, 1), point(1, 1), point(2, 1), point(9, 1), point(10, 1)],
      [3, 2],
      [[2, 9]],
    ],
    ['one missing point is joined', [point(0, 1), point(1, 1), point(3, 1), point(4, 1)], [4], []],
    [
      'a gap at the end stays open to the end',
      [point(0, 1), point(1, 1), point(2, null), point(3, null)],
      [2],
      [[1, 3]],
    ],
    ['a gap at the beginning begins there', [point(0, null), point(1, null), point(2, 1)], [1], []],
    ['nothing but gaps is no line', [point(0, null), point(4, null)], [], [[0, 4]]],
    ['nothing is nothing', [], [], []],
  ])('%s', (_, points, lengths, gaps) => {
    const drawn = runsOf(points);
    expect(drawn.runs.map((run) => run.length)).toEqual(lengths);
    expect(drawn.gaps.map(({ fromMs, toMs }) => [fromMs / 60_000, toMs / 60_000])).toEqual(gaps);
  });

  test('minutes before the deployment and seconds after it are each joined, and the step between them too', () => {
    const points = [
      ...[0, 1, 2, 3].map((m) => point(m, 1)),
      ...Array.from({ length: 40 }, (_, i) => ({ atMs: 182_000 + i * 2_000, value: 1 })),
    ];
    expect(runsOf(points, 181_000).runs).toHaveLength(1);
    const silent = [...points, { atMs: 300_000, value: 1 }];
    expect(runsOf(silent, 181_000).gaps).toEqual([{ fromMs: 260_000, toMs: 300_000 }]);
  });

  test('of the time before a release as much is shown as of the time since, and at least four minutes', () => {
    const points = Array.from({ length: 61 }, (_, i) => point(i, 1));
    const first = (startMinute: number) => (worthShowing(points, startMinute * 60_000)[0]?.atMs ?? -1) / 60_000;
    expect([first(59), first(50), first(10)]).toEqual([55, 40, 0]);
    expect(worthShowing(points, null)).toHaveLength(61);
  });

  test('no value is lost and none invented, and no line crosses a gap', () => {
    const values = fc.array(fc.option(fc.double({ min: 0, max: 100, noNaN: true })), { maxLength: 60 });
    fc.assert(
      fc.property(values, (list) => {
        const points = list.map((value, i) => point(i, value));
        const { runs } = runsOf(points);
        expect(runs.flat()).toEqual(points.filter(({ value }) => value !== null));
        for (const run of runs) {
          const [first, last] = [run[0]?.atMs ?? 0, run.at(-1)?.atMs ?? 0];
          expect(points.some(({ atMs, value }) => value === null && atMs > first && atMs < last)).toBe(false);
        }
      }),
    );
  });
});

describe('the scale', () => {
  test('holds every point, both lines and the deployment', () => {
    const anyValue = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 1e7 }), fc.option(anyValue))),
        fc.option(anyValue),
        fc.option(fc.integer({ min: 0, max: 1e7 })),
        (list, limit, startMs) => {
          const points = list.map(([atMs, value]) => ({ atMs, value })).sort((a, b) => a.atMs - b.atMs);
          const scale = scaleOf(points, [limit], startMs, 5e6);
          expect(scale.high).toBeGreaterThan(scale.low);
          expect(scale.toMs).toBeGreaterThan(scale.fromMs);
          for (const { atMs, value } of points) {
            const x = xOf(scale, FRAME, atMs);
            expect(x >= 40 && x <= 140).toBe(true);
            if (value === null) continue;
            const y = yOf(scale, FRAME, value);
            expect(y >= 10 && y <= 60).toBe(true);
          }
          if (limit !== null) expect(limit >= scale.low && limit <= scale.high).toBe(true);
        },
      ),
    );
  });

  test('begins at zero, except where all values are far from it and close together', () => {
    expect(scaleOf([point(0, 1), point(1, 5)], [], null, 0).low).toBe(0);
    expect(scaleOf([point(0, 0.97), point(1, 0.99)], [0.95], null, 0).low).toBeGreaterThan(0.9);
  });

  test('draws paths in pixels', () => {
    const scale = { fromMs: 0, toMs: 100, low: 0, high: 10 };
    expect(
      pathOf(
        [
          { atMs: 0, value: 0 },
          { atMs: 100, value: 10 },
        ],
        scale,
        FRAME,
      ),
    ).toBe('M40 60L140 10');
  });

  test('finds the nearest point', () => {
    const scale = { fromMs: 0, toMs: 120_000, low: 0, high: 1 };
    expect(nearest([point(0, 1), point(1, null), point(2, 1)], scale, FRAME, 85)).toBe(1);
    expect(nearest([], scale, FRAME, 85)).toBeNull();
  });
});

describe('ticks', () => {
  test.each([
    [0, 0.1, [0, 0.05, 0.1]],
    [0, 7, [0, 2.5, 5]],
    [0.82, 1.02, [0.9, 1]],
    [-3, 3, [-2, 0, 2]],
  ])('from %d to %d', (low, high, expected) => {
    expect(valueTicks({ low, high }, 3)).toEqual(expected);
  });

  test('of time are round and never more than asked for by one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e9 }),
        fc.integer({ min: 1_000, max: 1e9 }),
        fc.integer({ min: 2, max: 8 }),
        (fromMs, spanMs, most) => {
          const ticks = timeTicks({ fromMs, toMs: fromMs + spanMs }, most);
          expect(ticks.length).toBeLessThanOrEqual(most + 1);
          for (const tick of ticks) expect(tick >= fromMs && tick <= fromMs + spanMs).toBe(true);
        },
      ),
    );
  });
});
