import { describe, expect, it } from '@jest/globals';
import type { TradingCalendar } from '@parapet/policy';
import type { Period } from '@parapet/signals';
import fc from 'fast-check';
import { type HistoryPlan, historyPlan, merged, without } from './history-plan.js';

const START = Date.parse('2026-11-23T09:00:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function planned(o: { calendars?: readonly TradingCalendar[]; badTimes?: readonly Period[]; startMs?: number } = {}) {
  const rest = { durationMs: HOUR, baselineMs: DAY, environment: 'production' };
  return historyPlan({ startMs: START, calendars: [], badTimes: [], ...rest, ...o });
}
const shown = (periods: readonly Period[]) =>
  periods.map(({ fromMs, toMs }) => [fromMs, toMs].map((ms) => new Date(ms).toISOString().slice(5, 16)).join(' to '));

const promotion = (from: string, to: string): TradingCalendar => ({
  name: 'trade',
  timeZone: 'Europe/Paris',
  environments: ['production'],
  periods: [{ name: 'sale', kind: 'promotion', fromMs: Date.parse(from), toMs: Date.parse(to), repeat: null }],
});

describe('the history of a release', () => {
  it('is what came before it, and the same hour of four earlier weeks', () => {
    const plan = planned();
    expect(shown(plan.before)).toEqual(['11-22T09:00 to 11-23T09:00']);
    expect(plan.weeks.map(shown)).toEqual([
      ['11-16T09:00 to 11-16T10:00'],
      ['11-09T09:00 to 11-09T10:00'],
      ['11-02T09:00 to 11-02T10:00'],
      ['10-26T09:00 to 10-26T10:00'],
    ]);
  });

  it('is the same hour by the clocks of the shop, over the night they change', () => {
    const plan = planned({ calendars: [promotion('2020-01-01T00:00:00Z', '2020-01-02T00:00:00Z')] });
    expect(plan.weeks.map(shown)[3]).toEqual(['10-26T09:00 to 10-26T10:00']);
    const earlier = planned({
      startMs: Date.parse('2026-10-28T08:00:00Z'),
      calendars: [promotion('2020-01-01T00:00:00Z', '2020-01-02T00:00:00Z')],
    });
    expect(shown(earlier.weeks[0] as readonly Period[])).toEqual(['10-21T07:00 to 10-21T08:00']);
  });

  it('leaves a bad time out and looks further back instead', () => {
    const bad = { fromMs: START - 3 * HOUR, toMs: START - HOUR };
    expect(shown(planned({ badTimes: [bad] }).before)).toEqual([
      '11-23T08:00 to 11-23T09:00',
      '11-22T07:00 to 11-23T06:00',
    ]);
  });

  it('leaves a promotion out, and a week of which most is one', () => {
    const plan = planned({ calendars: [promotion('2026-11-09T00:00:00Z', '2026-11-16T09:20:00Z')] });
    expect(plan.weeks.map(shown)).toEqual([
      ['11-16T09:20 to 11-16T10:00'],
      ['11-02T09:00 to 11-02T10:00'],
      ['10-26T09:00 to 10-26T10:00'],
    ]);
  });

  it('of a release that begins in a promotion has promotions in it: like with like', () => {
    const plan = planned({ calendars: [promotion('2026-11-20T00:00:00Z', '2026-11-27T00:00:00Z')] });
    expect(shown(plan.before)).toEqual(['11-22T09:00 to 11-23T09:00']);
  });

  it('takes dispersion from six hours at least, however short what is compared with', () => {
    const rest = { startMs: START, durationMs: HOUR, environment: 'production', calendars: [], badTimes: [] };
    const plan = historyPlan({ ...rest, baselineMs: HOUR });
    expect(shown(plan.before)).toEqual(['11-23T08:00 to 11-23T09:00']);
    expect(shown(plan.spread)).toEqual(['11-23T03:00 to 11-23T09:00']);
  });

  it('has enough days for a drift, each with the time before it', () => {
    const plan = planned();
    expect(plan.days).toHaveLength(34);
    expect(plan.beforeDays.map(({ daysAgo, periods }) => [daysAgo, ...shown(periods)]).slice(0, 2)).toEqual([
      [1, '11-21T09:00 to 11-22T09:00'],
      [2, '11-20T09:00 to 11-21T09:00'],
    ]);
    expect(plan.beforeDays.length).toBeGreaterThanOrEqual(8);
  });

  it('has the last two hours in short steps, and a week of days at the hours of the watch', () => {
    const plan = planned();
    expect([plan.recent.fromMs, plan.recent.stepMs * plan.recent.steps]).toEqual([START - 2 * HOUR, 2 * HOUR]);
    expect(plan.earlier.map(({ daysAgo }) => daysAgo)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(plan.earlierStep.stepMs * plan.earlierStep.steps).toBe(HOUR);
  });

  it('never reaches beyond what is kept, nor into the release, nor into what is left out', () => {
    const periods = fc.record({ ago: fc.integer({ min: 0, max: 40 * 24 }), hours: fc.integer({ min: 1, max: 100 }) });
    const hours = fc.integer({ min: 1, max: 40 * 24 });
    fc.assert(
      fc.property(fc.array(periods, { maxLength: 6 }), hours, hours, (bad, duration, baseline) => {
        const badTimes = bad.map(({ ago, hours: length }) => {
          const fromMs = START - ago * HOUR;
          return { fromMs, toMs: Math.min(START, fromMs + length * HOUR) };
        });
        const plan = historyPlan({
          startMs: START,
          durationMs: duration * HOUR,
          baselineMs: baseline * HOUR,
          environment: 'production',
          calendars: [],
          badTimes,
        });
        for (const { fromMs, toMs } of allOf(plan)) {
          expect(toMs).toBeGreaterThan(fromMs);
          expect(toMs).toBeLessThanOrEqual(START);
          expect(badTimes.some((b) => b.fromMs < toMs && b.toMs > fromMs && b.fromMs < b.toMs)).toBe(false);
        }
        for (const { fromMs } of [...plan.before, ...plan.spread])
          expect(fromMs).toBeGreaterThanOrEqual(START - 35 * DAY);
      }),
      { numRuns: 60 },
    );
  });
});

function allOf(plan: HistoryPlan): readonly Period[] {
  const days = [...plan.days, ...plan.beforeDays].flatMap(({ periods }) => periods);
  return [...plan.before, ...plan.spread, ...plan.weeks.flat(), ...days];
}

describe('times', () => {
  const minutes = (...pairs: readonly (readonly [number, number])[]) =>
    pairs.map(([fromMs, toMs]) => ({ fromMs, toMs }));

  it.each<[string, readonly Period[], readonly Period[]]>([
    ['nothing left out', [], minutes([10, 20])],
    ['the beginning', minutes([0, 12]), minutes([12, 20])],
    ['the middle', minutes([12, 15]), minutes([10, 12], [15, 20])],
    ['all of it', minutes([5, 25]), []],
    ['two pieces in any order', minutes([18, 19], [11, 12]), minutes([10, 11], [12, 18], [19, 20])],
    ['beside it', minutes([0, 10], [20, 30]), minutes([10, 20])],
  ])('without %s', (_, excluded, expected) => {
    expect(without({ fromMs: 10, toMs: 20 }, excluded)).toEqual(expected);
  });

  it('that overlap or touch are one', () => {
    expect(merged(minutes([5, 8], [0, 3], [2, 4], [8, 9], [7, 8]))).toEqual(minutes([0, 4], [5, 9]));
  });
});
