import { describe, expect, it } from '@jest/globals';
import { MILLISECONDS_GRID, type Sample, SECONDS_GRID } from '@parapet/signals';
import { declaredSource } from '../../test/declared.js';
import { NOW_MS, plain } from '../../test/outside.js';
import { SeriesRoom } from '../door/series-room.js';
import type { OutsidePoint, OutsideSeries, OutsideValue } from './outside.js';
import { readSeries, type SeriesTaken } from './read.js';
import { Resolver } from './resolver.js';
import { Leftovers } from './sets.js';

const SIGNALS = `
- { name: errors, unit: requests, badDirection: high, form: proportion, temporality: cumulative, dimensions: [route], interval: 15s,
    from: { metric: http_requests_total, where: { code: "5*" }, of: { metric: http_requests_total, where: { job: odoo } },
            dimensions: { environment: env, arm: track, store: shop } } }
- { name: paid, unit: payments, badDirection: low, form: proportion, temporality: cumulative, interval: 15s,
    from: { metric: payments_good_total, of: { metric: payments_total } } }
- { name: orders, unit: orders, badDirection: low, form: rate, temporality: cumulative, interval: 15s, from: { metric: orders_total } }
- { name: carts, unit: carts, badDirection: low, form: gauge, interval: 15s, from: { metric: carts_open } }
- { name: seconds, unit: seconds, badDirection: high, form: histogram, temporality: cumulative, interval: 15s,
    from: { metric: request_seconds } }
- { name: millis, unit: ms, badDirection: high, form: histogram, temporality: cumulative, interval: 15s,
    from: { metric: request_millis, bounds: [100, 1000] } }
- { name: delta.orders, unit: orders, badDirection: low, form: rate, temporality: delta, interval: 15s, from: { metric: orders_delta } }
`;
const SOURCE = declaredSource('otlp', SIGNALS);
const AT = NOW_MS - 5_000;

const number = (value: number): OutsideValue => ({ kind: 'number', value });
const point = (value: OutsideValue | number, more: Partial<OutsidePoint> = {}): OutsidePoint => ({
  atMs: AT,
  startMs: null,
  value: typeof value === 'number' ? number(value) : value,
  ...more,
});
function series(
  metric: string,
  labels: Record<string, string>,
  points: readonly OutsidePoint[],
  more: Partial<OutsideSeries> = {},
): OutsideSeries {
  return { metric, labels: new Map(Object.entries(labels)), nature: null, temporality: 'cumulative', points, ...more };
}
function read(all: readonly OutsideSeries[], leftovers = new Leftovers()): SeriesTaken {
  return readSeries(all, { resolver: new Resolver(SOURCE), leftovers, room: new SeriesRoom(), nowMs: NOW_MS });
}
const valuesOf = (taken: SeriesTaken) => taken.samples.map(({ sample }) => plain(sample.value));

const REQUEST = { job: 'odoo', code: '200', handler: '/pay', instance: 'a' };

describe('what a declared series becomes', () => {
  const explicit: OutsideValue = { kind: 'explicit', bounds: [100, 300, 1000], counts: [1, 2, 3, 4], sum: 9 };
  const exponential: OutsideValue = {
    kind: 'exponential',
    histogram: { scale: 0, zeroCount: 1, positive: { offset: -1, bucketCounts: [2, 3] } },
    sum: 4,
  };
  it.each<[string, OutsideSeries, unknown[]]>([
    [
      'a series of a proportion that is not counted is part of all',
      series('http_requests_total', REQUEST, [point(812)]),
      [{ kind: 'count', count: 0, of: 812 }],
    ],
    [
      'one that is counted is both',
      series('http_requests_total', { ...REQUEST, code: '503' }, [point(3)]),
      [{ kind: 'count', count: 3, of: 3 }],
    ],
    [
      'one without the label that decides is nobody knows what',
      series('http_requests_total', { job: 'odoo' }, [point(3)]),
      [{ kind: 'gap', reason: 'sensor-broken' }],
    ],
    [
      'a histogram counts how many values it holds',
      series('http_requests_total', REQUEST, [point(explicit)]),
      [{ kind: 'count', count: 0, of: 10 }],
    ],
    [
      'so does an exponential one, zeros included',
      series('http_requests_total', REQUEST, [point(exponential)]),
      [{ kind: 'count', count: 0, of: 6 }],
    ],
    [
      'a rate counts over a clock that is differenced with it',
      series('orders_total', {}, [point(7)]),
      [{ kind: 'count', count: 7, of: AT / 1_000 }],
    ],
    [
      'a delta is over its own interval',
      series('orders_delta', {}, [point(7, { startMs: AT - 30_000 })], { temporality: 'delta' }),
      [{ kind: 'count', count: 7, of: 30 }],
    ],
    [
      'or over the nominal one where its sender does not say',
      series('orders_delta', {}, [point(7)], { temporality: 'delta' }),
      [{ kind: 'count', count: 7, of: 15 }],
    ],
    ['a gauge is its value', series('carts_open', {}, [point(-2.5)]), [{ kind: 'gauge', value: -2.5 }]],
    ['NaN is a gap', series('carts_open', {}, [point(Number.NaN)]), [{ kind: 'gap', reason: 'not-a-number' }]],
    [
      'NaN of a counter too',
      series('orders_total', {}, [point(Number.NaN)]),
      [{ kind: 'gap', reason: 'not-a-number' }],
    ],
    ['infinite is a gap', series('carts_open', {}, [point(-Infinity)]), [{ kind: 'gap', reason: 'not-finite' }]],
    [
      'a counter below 0 is broken',
      series('orders_total', {}, [point(-1)]),
      [{ kind: 'gap', reason: 'sensor-broken' }],
    ],
    [
      'an end of a series is a gap, never 0',
      series('http_requests_total', REQUEST, [point({ kind: 'none' })]),
      [{ kind: 'gap', reason: 'no-series' }],
    ],
    [
      'buckets as they come where no bounds are declared',
      series('request_seconds', {}, [point({ ...explicit, bounds: [0.1, 0.3, 1] })]),
      [{ kind: 'histogram', bounds: [0.1, 0.3, 1], counts: [1, 2, 3, 4], sum: 9 }],
    ],
    [
      'buckets by the declared bounds',
      series('request_millis', {}, [point(explicit)]),
      [{ kind: 'histogram', bounds: [100, 1000], counts: [1, 5, 4], sum: 9 }],
    ],
    [
      'buckets that the declared bounds are none of',
      series('request_millis', {}, [point({ ...explicit, bounds: [90, 300, 900] })]),
      [{ kind: 'gap', reason: 'sensor-broken' }],
    ],
    [
      'a histogram with a count too few',
      series('request_seconds', {}, [point({ ...explicit, counts: [1, 2, 3] })]),
      [{ kind: 'gap', reason: 'sensor-broken' }],
    ],
    [
      'a histogram of more buckets than anybody needs',
      series('request_seconds', {}, [
        point({
          kind: 'explicit',
          bounds: Array.from({ length: 1_000 }, (_, i) => i),
          counts: new Array<number>(1_001).fill(1),
          sum: null,
        }),
      ]),
      [{ kind: 'gap', reason: 'sensor-broken' }],
    ],
    [
      'a histogram that is none',
      series('request_seconds', {}, [point({ kind: 'broken' })]),
      [{ kind: 'gap', reason: 'sensor-broken' }],
    ],
  ])('%s', (_, one, values) => {
    const taken = read([one]);
    expect([valuesOf(taken), taken.dropped]).toEqual([values, {}]);
  });

  it('exponential buckets are read by the grid of the unit', () => {
    const [own] = read([series('request_seconds', {}, [point(exponential)])]).samples;
    const [ms] = read([series('request_millis', {}, [point(exponential)])]).samples;
    const boundsOf = (sample: Sample | undefined) =>
      sample?.value.kind === 'histogram' ? [sample.value.bounds[0], sample.value.bounds.at(-1)] : null;
    expect(boundsOf(own?.sample)).toEqual([2 ** SECONDS_GRID.fromPower, 2 ** SECONDS_GRID.toPower]);
    expect(boundsOf(ms?.sample)).toEqual([2 ** MILLISECONDS_GRID.fromPower, 2 ** MILLISECONDS_GRID.toPower]);
  });
});

describe('what is dropped, and counted', () => {
  it.each<[string, OutsideSeries, Record<string, number>]>([
    ['what nobody declared', series('node_load1', {}, [point(1), point(2)]), { undeclared: 2 }],
    ['what is declared of another job', series('http_requests_total', { job: 'web' }, [point(1)]), { undeclared: 1 }],
    ['another environment', series('http_requests_total', { ...REQUEST, env: 'dev' }, [point(1)]), { environment: 1 }],
    ['another arm', series('http_requests_total', { ...REQUEST, track: 'blue' }, [point(1)]), { arm: 1 }],
    ['a gauge where a counter is declared', series('orders_total', {}, [point(1)], { nature: 'gauge' }), { nature: 1 }],
    ['a sum that may fall', series('orders_total', {}, [point(1)], { nature: 'up-down-counter' }), { nature: 1 }],
    ['a counter where a gauge is declared', series('carts_open', {}, [point(1)], { nature: 'counter' }), { nature: 1 }],
    [
      'deltas of a cumulative signal',
      series('orders_total', {}, [point(1)], { temporality: 'delta' }),
      { temporality: 1 },
    ],
    ['no temporality at all', series('orders_total', {}, [point(1)], { temporality: null }), { temporality: 1 }],
    ['a number where a histogram is declared', series('request_seconds', {}, [point(1)]), { form: 1 }],
    [
      'a histogram where a gauge is declared',
      series('carts_open', {}, [point({ kind: 'explicit', bounds: [], counts: [1], sum: null })]),
      { form: 1 },
    ],
    ['the future', series('carts_open', {}, [point(1, { atMs: NOW_MS + 300_001 })]), { future: 1 }],
    ['no time', series('carts_open', {}, [point(1, { atMs: 0 })]), { time: 1 }],
    ['a time beyond all numbers', series('carts_open', {}, [point(1, { atMs: -(2 ** 63) })]), { time: 1 }],
    ['a label too long', series('carts_open', { x: 'é'.repeat(2_049) }, [point(1)]), { labels: 1 }],
    [
      'labels too many',
      series('carts_open', Object.fromEntries(Array.from({ length: 129 }, (_, i) => [`l${i}`, 'x'])), [point(1)]),
      { labels: 1 },
    ],
    ['a bucket without a bound', series('request_seconds_bucket', { le: 'much' }, [point(1)]), { labels: 1 }],
  ])('%s', (_, one, dropped) => {
    expect(read([one])).toEqual({ samples: [], dropped });
  });

  it('five minutes ahead is not yet the future, and old samples are taken: history is decided later', () => {
    const points = [point(1, { atMs: NOW_MS + 300_000 }), point(2, { atMs: NOW_MS - 86_400_000 })];
    expect(read([series('carts_open', {}, points)]).samples).toHaveLength(2);
  });
});

describe('where a sample belongs', () => {
  const placed = (labels: Record<string, string>) => {
    const [one] = read([series('http_requests_total', { ...REQUEST, ...labels }, [point(1)])]).samples;
    return [one?.environment, plain(one?.sample.dimensions)];
  };
  const rest = { series: expect.any(String) };

  it.each<[string, Record<string, string>, unknown[]]>([
    ['the first environment where none is named', {}, ['production', rest]],
    ['the named one', { env: 'staging' }, ['staging', rest]],
    ['a dimension from the label of its own name', { route: '/pay' }, ['production', { route: '/pay', ...rest }]],
    ['or of another', { shop: 'lyon', track: 'canary' }, ['production', { store: 'lyon', arm: 'canary', ...rest }]],
    ['an empty label is an absent one', { route: '' }, ['production', rest]],
    ['a character that no store keeps', { route: 'a\0b' }, ['production', { route: 'a\uFFFDb', ...rest }]],
  ])('%s', (_, labels, place) => {
    expect(placed(labels)).toEqual(place);
  });

  it('series that differ in any label are told apart, in whatever order the labels come', () => {
    const of = (labels: Record<string, string>) =>
      read([series('http_requests_total', labels, [point(1)])]).samples[0]?.sample.dimensions['series'];
    const { instance: _, ...others } = REQUEST;
    expect(of({ instance: 'a', ...others })).toBe(of({ ...others, instance: 'a' }));
    expect(of({ ...REQUEST, instance: 'b' })).not.toBe(of(REQUEST));
    expect(of({ ...REQUEST, code: '503' })).not.toBe(of(REQUEST));
    expect(of({ ...REQUEST, job: 'odoo' })).toBe(of(REQUEST));
  });

  it('a series that its dimensions tell apart needs nothing else', () => {
    expect(read([series('orders_total', {}, [point(1)])]).samples[0]?.sample).toEqual(
      expect.objectContaining({ dimensions: {}, key: `orders{}@2026-11-23T09:15:25.000Z` }),
    );
  });

  it('one series may be two signals', () => {
    const both = declaredSource(
      'otlp',
      `
- { name: a, unit: x, badDirection: high, form: gauge, from: { metric: m } }
- { name: b, unit: x, badDirection: low, form: gauge, from: { metric: m, where: { till: ["1", "2*"] } } }`,
    );
    const resolver = new Resolver(both);
    const signals = (till: string) =>
      readSeries([series('m', { till }, [point(1)])], {
        resolver,
        leftovers: new Leftovers(),
        room: new SeriesRoom(),
        nowMs: NOW_MS,
      }).samples.map(({ sample }) => sample.signal);
    expect([signals('1'), signals('27'), signals('3')]).toEqual([['a', 'b'], ['a', 'b'], ['a']]);
  });
});

describe('more series than a signal may have', () => {
  it('are dropped and counted; those that are known go on, and other signals too', () => {
    const resolver = new Resolver(SOURCE);
    const room = new SeriesRoom(2);
    const taken = (metric: string, ...pods: string[]) => {
      const all = pods.map((pod) => series(metric, { pod }, [point(1), point(2, { atMs: AT + 1 })]));
      const { samples, dropped } = readSeries(all, { resolver, leftovers: new Leftovers(), room, nowMs: NOW_MS });
      return [samples.length, dropped];
    };
    expect(taken('orders_total', 'a', 'b', 'c')).toEqual([4, { cardinality: 2 }]);
    expect(taken('orders_total', 'c', 'b')).toEqual([2, { cardinality: 2 }]);
    expect(taken('carts_open', 'c')).toEqual([2, {}]);
  });
});

describe('a counter that has just begun', () => {
  const begun = (sinceMs: number, value: OutsideValue | number = 7, metric = 'orders_total') =>
    read([series(metric, {}, [point(value, { startMs: AT - sinceMs })])]).samples.map(({ sample }) => [
      sample.atMs,
      plain(sample.value),
    ]);

  it('is told to have begun at zero, so that what it counted since is an increment', () => {
    const startMs = AT - 10_000;
    expect(begun(10_000)).toEqual([
      [startMs, { kind: 'count', count: 0, of: startMs / 1_000 }],
      [AT, { kind: 'count', count: 7, of: AT / 1_000 }],
    ]);
  });

  it('of a histogram every bucket began at zero', () => {
    const value: OutsideValue = { kind: 'explicit', bounds: [1], counts: [3, 4], sum: 9 };
    expect(begun(10_000, value, 'request_seconds')[0]).toEqual([
      AT - 10_000,
      { kind: 'histogram', bounds: [1], counts: [0, 0], sum: 0 },
    ]);
  });

  it.each([
    ['two intervals ago, still', 30_000, 2],
    ['longer ago: its beginning was said before', 30_001, 1],
    ['not before its own point', 0, 1],
    ['in the time to come', -1, 1],
  ])('%s', (_, sinceMs, samples) => {
    expect(begun(sinceMs)).toHaveLength(samples);
  });

  it('a gap and a gauge have no zero', () => {
    expect(begun(10_000, Number.NaN)).toHaveLength(1);
    expect(begun(10_000, 4, 'carts_open')).toHaveLength(1);
  });
});
