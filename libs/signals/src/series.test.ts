import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { flawOf, matchesWhere, seriesName } from './observation.js';
import { EMPTY_SERIES, type SeriesState, shortDigest, takeSample } from './series.js';
import type { Sample, SampleValue, SignalDeclaration } from './signal.js';

const DELTA: SignalDeclaration = {
  name: 's',
  unit: 'orders',
  badDirection: 'high',
  temporality: 'delta',
  dimensions: [],
  intervalMs: 15_000,
  latenessMs: 60_000,
};
const COUNTER: SignalDeclaration = { ...DELTA, temporality: 'cumulative' };
const COUNTER_LOW: SignalDeclaration = { ...COUNTER, badDirection: 'low' };
const RATE_LOW: SignalDeclaration = { ...COUNTER_LOW, isRate: true };

function sample(at: number, value: SampleValue, key = `k${at}`): Sample {
  return { signal: 's', atMs: at * 1000, value, dimensions: {}, key };
}
const pair = (at: number, count: number, of: number, key?: string) => sample(at, { kind: 'count', count, of }, key);

const buckets = (at: number, counts: readonly number[], sum: number, bounds = [0.1, 1]) =>
  sample(at, { kind: 'histogram', bounds, counts, sum });

function play(
  declaration: SignalDeclaration,
  samples: readonly Sample[],
  receivedAt = 1_000_000,
): { outcomes: string[]; state: SeriesState } {
  let state = EMPTY_SERIES;
  const outcomes = samples.map((s) => {
    const taken = takeSample(declaration, state, s, receivedAt * 1000);
    state = JSON.parse(JSON.stringify(taken.state)) as SeriesState;
    if (!('observation' in taken)) return taken.outcome;
    const { value, fromMs, atMs } = taken.observation;
    const what =
      value.kind === 'count'
        ? `${value.count}/${value.of}`
        : value.kind === 'gauge'
          ? `${value.value}`
          : value.kind === 'gap'
            ? value.reason
            : `${value.counts.join(' ')}${value.sum === null ? '' : ` = ${value.sum}`}`;
    return `${taken.outcome} ${what} (${fromMs / 1000},${atMs / 1000}]`;
  });
  return { outcomes, state };
}

describe('a series', () => {
  const TABLE: readonly [string, SignalDeclaration, readonly Sample[], readonly string[]][] = [
    [
      'delta values stand for their own interval',
      DELTA,
      [pair(15, 1, 10), pair(30, 2, 20)],
      ['observed 1/10 (0,15]', 'observed 2/20 (15,30]'],
    ],
    [
      'the same key again replaces nothing',
      DELTA,
      [pair(15, 1, 10, 'k'), pair(15, 1, 10, 'k')],
      ['observed 1/10 (0,15]', 'repeated'],
    ],
    [
      'the same key with another value is a conflict, the first counts',
      DELTA,
      [pair(15, 1, 10, 'k'), pair(15, 9, 10, 'k')],
      ['observed 1/10 (0,15]', 'conflict'],
    ],
    [
      'late within the lateness counts',
      DELTA,
      [pair(75, 1, 10), pair(15, 2, 20)],
      ['observed 1/10 (60,75]', 'observed 2/20 (0,15]'],
    ],
    [
      'later than the lateness is history only',
      DELTA,
      [pair(76, 1, 10), pair(15, 2, 20)],
      ['observed 1/10 (61,76]', 'late 2/20 (0,15]'],
    ],
    [
      'a repeated late one is known as well',
      DELTA,
      [pair(76, 1, 10), pair(15, 2, 20), pair(15, 2, 20)],
      ['observed 1/10 (61,76]', 'late 2/20 (0,15]', 'repeated'],
    ],
    ['more than five minutes ahead of its arrival is not believed', DELTA, [pair(1_000_301, 1, 10)], ['future']],
    [
      'NaN is a gap, not a number',
      DELTA,
      [sample(15, { kind: 'gauge', value: Number.NaN })],
      ['observed not-a-number (0,15]'],
    ],
    [
      'infinite is a gap',
      DELTA,
      [sample(15, { kind: 'gauge', value: Number.POSITIVE_INFINITY })],
      ['observed not-finite (0,15]'],
    ],
    ['a negative count is a broken sensor', DELTA, [pair(15, -1, 10)], ['observed sensor-broken (0,15]']],
    ['zero traffic is a value', DELTA, [pair(15, 0, 0)], ['observed 0/0 (0,15]']],
    [
      'the first value of a counter only sets the starting point',
      COUNTER,
      [pair(15, 5, 100), pair(30, 7, 150)],
      ['start', 'observed 2/50 (15,30]'],
    ],
    [
      'a gap of a counter yields the increment of the whole gap',
      COUNTER,
      [pair(15, 5, 100), pair(75, 9, 300)],
      ['start', 'observed 4/200 (15,75]'],
    ],
    [
      'over a longer gap it covers one interval',
      COUNTER,
      [pair(15, 5, 100), pair(76, 9, 300)],
      ['start', 'observed 4/200 (61,76]'],
    ],
    [
      'a counter that restarted counts from zero',
      COUNTER,
      [pair(15, 5, 100), pair(30, 2, 50)],
      ['start', 'observed 2/50 (15,30]'],
    ],
    [
      'total fell and bad is more than total: discarded',
      COUNTER,
      [pair(15, 5, 100), pair(30, 60, 50)],
      ['start', 'reset counter-reset (15,30]'],
    ],
    [
      'only bad fell: discarded, and differenced from there',
      COUNTER,
      [pair(15, 5, 100), pair(30, 2, 150), pair(45, 3, 160)],
      ['start', 'reset counter-reset (15,30]', 'observed 1/10 (30,45]'],
    ],
    [
      'of a share that is bad when low the rest is the bad',
      COUNTER_LOW,
      [pair(15, 95, 100), pair(30, 190, 200)],
      ['start', 'observed 95/100 (15,30]'],
    ],
    [
      'of a rate there may be more events than seconds: good ones are no part of the time',
      RATE_LOW,
      [pair(15, 1_000, 5_000), pair(30, 1_100, 5_015), pair(45, 1_100, 5_030)],
      ['start', 'observed 100/15 (15,30]', 'observed 0/15 (30,45]'],
    ],
    [
      '… begun anew with its time: what was counted since is known',
      RATE_LOW,
      [pair(15, 1_000, 5_000), pair(30, 90, 12)],
      ['start', 'observed 90/12 (15,30]'],
    ],
    [
      '… begun anew while its clock went on: discarded, and differenced from there',
      RATE_LOW,
      [pair(15, 1_000, 5_000), pair(30, 90, 5_015), pair(45, 100, 5_030)],
      ['start', 'reset counter-reset (15,30]', 'observed 10/15 (30,45]'],
    ],
    [
      'counters of buckets are differenced together',
      COUNTER,
      [buckets(15, [5, 9, 2], 4), buckets(30, [8, 9, 4], 7), buckets(45, [8, 9, 4], 7)],
      ['start', 'observed 3 0 2 = 3 (15,30]', 'observed 0 0 0 = 0 (30,45]'],
    ],
    [
      '… all of which began again where there are fewer requests: what was counted since is known',
      COUNTER,
      [buckets(15, [5, 9, 2], 4), buckets(30, [1, 2, 3], 6)],
      ['start', 'observed 1 2 3 = 6 (15,30]'],
    ],
    [
      '… and where only one fell, the increment is lost',
      COUNTER,
      [buckets(15, [5, 9, 2], 4), buckets(30, [9, 3, 9], 6), buckets(45, [9, 4, 9], 7)],
      ['start', 'reset counter-reset (15,30]', 'observed 0 1 0 = 1 (30,45]'],
    ],
    [
      '… as it is where the bounds have changed',
      COUNTER,
      [buckets(15, [5, 9, 2], 4), buckets(30, [6, 9, 2], 5, [0.1, 0.5])],
      ['start', 'reset counter-reset (15,30]'],
    ],
    ['… or the form', COUNTER, [pair(15, 1, 10), buckets(30, [6, 9, 2], 5)], ['start', 'reset counter-reset (15,30]']],
    [
      'buckets that are no counters stand for their own interval',
      DELTA,
      [buckets(15, [5, 9, 2], 4), buckets(30, [5, 9, 2], 4)],
      ['observed 5 9 2 = 4 (0,15]', 'observed 5 9 2 = 4 (15,30]'],
    ],
    [
      '… and its fall is a reset on one side',
      COUNTER_LOW,
      [pair(15, 95, 100), pair(30, 198, 200)],
      ['start', 'reset counter-reset (15,30]'],
    ],
    [
      'a late counter value heals itself',
      COUNTER,
      [pair(15, 5, 100), pair(45, 9, 200), pair(30, 7, 150)],
      ['start', 'observed 4/100 (15,45]', 'healed'],
    ],
    [
      'a gap is passed on with its reason',
      DELTA,
      [sample(15, { kind: 'gap', reason: 'unreachable' })],
      ['observed unreachable (0,15]'],
    ],
    [
      'a histogram must have one count more than bounds',
      DELTA,
      [sample(15, { kind: 'histogram', bounds: [1, 2], counts: [1, 2], sum: 3 })],
      ['observed sensor-broken (0,15]'],
    ],
    [
      'a whole histogram is a value',
      DELTA,
      [sample(15, { kind: 'histogram', bounds: [1, 2], counts: [1, 2, 0], sum: 3 })],
      ['observed 1 2 0 = 3 (0,15]'],
    ],
  ];
  test.each(TABLE)('%s', (_, declaration, samples, expected) => {
    expect(play(declaration, samples).outcomes).toEqual(expected);
  });

  test('its memory stays small however many samples come', () => {
    const { state } = play(
      DELTA,
      Array.from({ length: 3000 }, (_, i) => pair(i, 1, 2, `k${i}`)),
    );
    expect(state.seen.length).toBeLessThanOrEqual(256 + 16);
    expect(JSON.stringify(state).length).toBeLessThan(20_000);
  });

  test('any order within the lateness observes the same values, each once', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([1, 2, 3, 4, 5], { minLength: 5 }),
        fc.shuffledSubarray([1, 2, 3, 4, 5]),
        (order, again) => {
          const inOrder = play(
            DELTA,
            [1, 2, 3, 4, 5].map((i) => pair(i * 15, i, 100)),
          ).outcomes;
          const shuffled = play(
            DELTA,
            [...order, ...again].map((i) => pair(i * 15, i, 100)),
          ).outcomes;
          expect(shuffled.filter((o) => o.startsWith('observed')).sort()).toEqual([...inOrder].sort());
          expect(shuffled.filter((o) => o === 'repeated')).toHaveLength(again.length);
        },
      ),
    );
  });

  test('the increments of a counter add up to what it counted, however it is sampled', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { minLength: 2, maxLength: 40 }), fc.nat(), (steps, seed) => {
        let [count, of] = [0, 0];
        const samples = steps.map((step, i) => pair((i + 1) * 15, (count += step), (of += step + 10)));
        const kept = samples.filter((_, i) => i === 0 || i === samples.length - 1 || (seed >> (i % 30)) % 2 === 0);
        const sum = play(COUNTER, kept).outcomes.reduce(
          (total, o) => total + Number(/observed (\d+)\//.exec(o)?.[1] ?? 0),
          0,
        );
        expect(sum).toBe(count - (steps[0] as number));
      }),
    );
  });
});

test.each([
  [{}, { store: 'a' }, true],
  [{ store: 'a' }, { store: 'a', till: '1' }, true],
  [{ store: 'a' }, { store: 'b' }, false],
  [{ store: 'a' }, {}, false],
  [{ constructor: 'a' } as Record<string, string>, {}, false],
])('where %j of %j is %s', (where, dimensions, expected) => {
  expect(matchesWhere(where, dimensions as Record<string, string>)).toBe(expected);
});

test('the name of a series does not depend on the order of its dimensions, and tells quotes apart', () => {
  expect(seriesName('s', { a: '1', b: '2' })).toBe(seriesName('s', { b: '2', a: '1' }));
  expect(seriesName('s', { a: '1","b":"2' })).not.toBe(seriesName('s', { a: '1', b: '2' }));
});

test('digests of a hundred thousand keys are all different', () => {
  const seen = new Set<string>();
  for (let i = 0; i < 100_000; i++) seen.add(shortDigest(`lyon-2/2026-11-23T09:${i}`));
  expect(seen.size).toBe(100_000);
});

test('a usable value has no flaw', () => {
  expect(flawOf({ kind: 'gauge', value: -3 })).toBeNull();
  expect(flawOf({ kind: 'count', count: 5, of: 3 })).toBeNull();
});
