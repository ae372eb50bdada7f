import { describe, expect, it } from '@jest/globals';
import type { Baseline } from '@parapet/signals';
import { START } from '../testing/watch.js';
import { countHistoryOf } from './count-history.js';
import type { WatchedGuardrail } from './watch-spec.js';

const HOUR_MS = 3_600_000;
type Counts = Extract<Baseline, { kind: 'counts' }>;

function counts(events: number, exposure: number, hours: number, change: Partial<Counts> = {}): Counts {
  return {
    kind: 'counts',
    fromMs: START - hours * HOUR_MS,
    toMs: START,
    events,
    exposure,
    dispersion: { phi: 1, isAssumed: false },
    drift: 0.1,
    ...change,
  };
}

function historyOf(...baselines: readonly Baseline[]) {
  const windows = baselines.map((baseline, i) => ({ window: i === 0 ? 'before' : 'same-hours', baseline }));
  const signal = { unit: 'orders', badDirection: 'high', intervalMs: 15_000, latenessMs: 60_000 };
  return countHistoryOf({ signal, baselines: windows } as unknown as WatchedGuardrail);
}

describe('windows of history', () => {
  it.each<[string, readonly Baseline[], readonly (readonly [events: number, exposure: number])[]]>([
    ['are one where chance explains how they differ', [counts(12, 1200, 2), counts(9, 600, 1)], [[21, 1800]]],
    [
      'stay apart where it does not',
      [counts(1200, 120_000, 2), counts(900, 60_000, 1)],
      [
        [1200, 120_000],
        [900, 60_000],
      ],
    ],
    ['are one where one of them had nothing bad yet', [counts(3, 1200, 2), counts(0, 600, 1)], [[3, 1800]]],
    [
      'stay apart where one had nothing bad for too long',
      [counts(30, 1200, 2), counts(0, 600, 1)],
      [
        [30, 1200],
        [0, 600],
      ],
    ],
    [
      'stay apart all where one of them differs',
      [counts(12, 1200, 2), counts(9, 600, 1), counts(90, 600, 1)],
      [
        [12, 1200],
        [9, 600],
        [90, 600],
      ],
    ],
    [
      'do not count where they cannot be used',
      [counts(12, 1200, 2), { kind: 'unusable', why: 'no-history', exposure: 0 }],
      [[12, 1200]],
    ],
    ['are none where there is none', [], []],
  ])('%s', (_what, baselines, expected) => {
    expect(historyOf(...baselines).map(({ events, exposure }) => [events, exposure])).toEqual(expected);
    const backwards = historyOf(...[...baselines].reverse()).map(({ events, exposure }) => [events, exposure]);
    expect([...backwards].reverse()).toEqual(expected);
  });

  it('that vary more than by chance are alike over a wider range', () => {
    const noisy = { dispersion: { phi: 25, isAssumed: false } };
    expect(historyOf(counts(1200, 120_000, 2), counts(900, 60_000, 1))).toHaveLength(2);
    expect(historyOf(counts(1200, 120_000, 2, noisy), counts(900, 60_000, 1))).toHaveLength(1);
  });

  it('that are pooled keep the larger dispersion and drift, and the exposure that an interval had', () => {
    const [one] = historyOf(
      counts(12, 1200, 2, { drift: 0.2 }),
      counts(9, 600, 1, { dispersion: { phi: 1.7, isAssumed: false } }),
    );
    expect(one).toMatchObject({ phi: 1.7, drift: 0.2 });
    // 600 an hour in both, 240 intervals an hour, and half as much again where it was busy.
    expect(one?.intervalExposure).toBeCloseTo(3.75, 12);
  });
});
