import { beforeEach, describe, expect, test } from '@jest/globals';
import { ShopHours } from '@parapet/policy';
import type { Sample } from '@parapet/signals';
import type { Measure } from '../probe.js';
import type { Window } from '../windows.js';
import { withinHours } from './within-hours.js';

const HOUR_MS = 3_600_000;
/** A Monday at the hour that clocks in Paris show. */
const hour = (h: number) => Date.parse('2026-01-11T23:00Z') + h * HOUR_MS;
const windowOf = (h: number): Window => ({ fromMs: hour(h), toMs: hour(h + 1) });
const week = (from: number, to: number) => [
  { days: [0, 1, 2, 3, 4, 5, 6], fromMs: from * HOUR_MS, toMs: to * HOUR_MS },
];
const HOURS = new ShopHours(
  {
    timeZone: 'Europe/Paris',
    weekly: week(9, 20),
    stores: [{ store: 'late', tills: ['2'], companies: [], timeZone: 'Europe/Paris', weekly: week(12, 22) }],
  },
  [],
  'production',
);

describe('a measure that knows the opening hours', () => {
  let asked: Window[];
  let measure: Measure;
  beforeEach(() => {
    asked = [];
    const sample = (atMs: number, dimensions: Record<string, string>): Sample => ({
      signal: 'orders',
      atMs,
      value: { kind: 'gauge', value: 1 },
      dimensions,
      key: JSON.stringify(dimensions),
    });
    measure = {
      kpi: 'orders',
      target: 'shop',
      needsOpenShop: true,
      rhythm: { everyMs: HOUR_MS, delayMs: 0, backfillMs: 0 },
      asOf: async () => 7,
      lagMs: async () => 3,
      measure: async (windows) => {
        asked.push(...windows);
        const measurements = windows.map((window) => ({
          window,
          samples: [{}, { till: '1' }, { till: '2' }].map((dimensions) => sample(window.toMs, dimensions)),
          isTruncated: false,
        }));
        return { measurements, rows: 4 };
      },
      gaps: (toMs) => [{ ...sample(toMs, {}), value: { kind: 'gap', reason: 'sensor-broken' }, key: `gap/${toMs}` }],
    };
  });

  const said = async (h: number) => {
    const { measurements } = await withinHours(measure, HOURS).measure([windowOf(h)]);
    return measurements.flatMap(({ samples }) =>
      samples.map(
        ({ dimensions, value }) => `${dimensions.till ?? 'all'} ${value.kind === 'gap' ? value.reason : value.kind}`,
      ),
    );
  };

  test.each<[string, number, readonly string[]]>([
    ['says of a night that all is closed', 3, ['all closed']],
    ['measures in the daytime', 15, ['all gauge', '1 gauge', '2 gauge']],
    ['says of a store that it opens later', 10, ['all gauge', '1 gauge', '2 closed']],
    ['says of all others that they close earlier', 21, ['all gauge', '1 closed', '2 gauge']],
  ])('%s', async (_, h, expected) => {
    expect(await said(h)).toEqual(expected);
  });

  test('asks the target of open windows only, and answers for all of them in their order', async () => {
    const windows = [3, 15, 23, 16].map(windowOf);
    const measured = await withinHours(measure, HOURS).measure(windows);
    expect(asked).toEqual([windowOf(15), windowOf(16)]);
    expect(measured.measurements.map(({ window }) => window)).toEqual(windows);
    expect(measured.measurements.map(({ samples }) => samples.length)).toEqual([1, 3, 1, 3]);
    expect(measured.rows).toBe(4);
  });

  test('asks nothing at night, and names its gap unlike that of a failure', async () => {
    const { measurements, rows } = await withinHours(measure, HOURS).measure([windowOf(3)]);
    expect([asked, rows]).toEqual([[], 0]);
    expect(measurements[0]?.samples.map(({ key }) => key)).toEqual([`gap/${hour(4)}/closed`]);
  });

  test('keeps the clock, the lag and the gaps of what it measures with', async () => {
    const within = withinHours(measure, HOURS);
    expect([await within.asOf(), await within.lagMs?.()]).toEqual([7, 3]);
    expect(within.gaps(hour(3))).toEqual(measure.gaps(hour(3)));
  });

  test('is asked at any hour where only some of its signals need an open shop, and those alone say closed', async () => {
    const { needsOpenShop: _, ...rest } = measure;
    const errors = (samples: readonly Sample[]) => samples.map((sample) => ({ ...sample, signal: 'errors' }));
    const both: Measure = {
      ...rest,
      openShopSignals: ['orders'],
      measure: async (windows) => {
        const measured = await measure.measure(windows);
        const measurements = measured.measurements.map((one) => ({
          ...one,
          samples: [...one.samples, ...errors(one.samples)],
        }));
        return { ...measured, measurements };
      },
    };
    const { measurements } = await withinHours(both, HOURS).measure([windowOf(3)]);
    expect(asked).toEqual([windowOf(3)]);
    expect(measurements[0]?.samples.map(({ signal, value }) => `${signal} ${value.kind}`)).toEqual([
      'orders gap',
      'orders gap',
      'orders gap',
      'errors gauge',
      'errors gauge',
      'errors gauge',
    ]);
  });

  test('is left alone where its value means the same at any hour', () => {
    const { needsOpenShop: _, ...always } = measure;
    expect(withinHours(always, HOURS)).toBe(always);
  });
});
