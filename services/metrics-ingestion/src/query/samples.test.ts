import { describe, expect, it } from '@jest/globals';
import type { SignalQuery } from '@parapet/policy';
import type { SampleValue } from '@parapet/signals';
import type { AnsweredSeries } from './query-answer.js';
import { type Answered, type AskedSignal, gapOf, samplesOf } from './samples.js';

const LABELS = { environment: 'env', store: 'shop', arm: 'arm', route: 'route' };
const VALUE: SignalQuery['asks'] = { kind: 'value', value: 'q' };
const RATIO: SignalQuery['asks'] = { kind: 'count', count: 'q', of: 'r' };
const RATE: SignalQuery['asks'] = { kind: 'count', count: 'q', of: null };
const BUCKETS: SignalQuery['asks'] = { kind: 'buckets', buckets: 'q' };

const signal = (asks: SignalQuery['asks']): AskedSignal => ({
  name: 'shop.http',
  dimensions: ['route'],
  query: { asks, labels: LABELS },
});
/** A series with its values at 60 s, 120 s, …; `null` where it has none. */
const series = (labels: Readonly<Record<string, string>>, ...values: (number | null)[]): AnsweredSeries => ({
  labels,
  points: new Map(values.flatMap((value, i) => (value === null ? [] : [[(i + 1) * 60_000, value] as const]))),
});
const answered = (own: readonly AnsweredSeries[], of: readonly AnsweredSeries[] | null = null): Answered => ({
  series: own,
  of,
  isPartial: false,
});

/** Everything that follows, one line a sample: when, where, what of, and its value; a mistake of the query is the last line. */
function told(asks: SignalQuery['asks'], answer: Answered, minutes = 1, environments = ['production']) {
  const instants = { fromMs: 60_000, toMs: minutes * 60_000, stepMs: 60_000 };
  const { placed, problem } = samplesOf(signal(asks), answer, instants, environments);
  const lines = placed.map(({ environment, sample: { atMs, dimensions, value } }) =>
    [atMs / 60_000, environment, ...Object.entries(dimensions).map((pair) => pair.join('=')), short(value)].join(' '),
  );
  return problem === null ? lines : [...lines, problem];
}

function short(value: SampleValue): string {
  switch (value.kind) {
    case 'gap':
      return value.reason;
    case 'gauge':
      return String(value.value);
    case 'count':
      return `${value.count}/${value.of}`;
    case 'histogram':
      return `${value.bounds.join('|')}: ${value.counts.join('|')}`;
  }
}

const SEVERAL =
  'shop.http: several series for shop.http{}; add them up by their dimensions: sum by (env, shop, arm, route) (…)';

describe('samples of an answer', () => {
  it.each<[string, SignalQuery['asks'], Answered, readonly string[]]>([
    [
      'one for each series',
      VALUE,
      answered([series({ shop: 'lyon' }, 3), series({ shop: 'nice' }, 4)]),
      ['1 production store=lyon 3', '1 production store=nice 4'],
    ],
    [
      'labels that are no dimensions are left out',
      VALUE,
      answered([series({ __name__: 'q', pod: 'p-1', route: '/pay' }, 3)]),
      ['1 production route=/pay 3'],
    ],
    ['an empty label is none', VALUE, answered([series({ shop: '' }, 3)]), ['1 production 3']],
    ['nothing is a gap, never 0', VALUE, answered([]), ['1 production no-series']],
    ['not a number is a gap', VALUE, answered([series({}, Number.NaN)]), ['1 production not-a-number']],
    ['infinite is a gap', VALUE, answered([series({}, Infinity)]), ['1 production not-finite']],
    ['0 is a value', VALUE, answered([series({}, 0)]), ['1 production 0']],
    [
      'several for one place are a mistake of the query',
      VALUE,
      answered([series({ pod: 'a' }, 3), series({ pod: 'b' }, 4)]),
      ['1 production bad-query', SEVERAL],
    ],
    [
      'a count with what it is of',
      RATIO,
      answered([series({ shop: 'lyon' }, 3)], [series({ shop: 'lyon' }, 812)]),
      ['1 production store=lyon 3/812'],
    ],
    ['no requests at all', RATIO, answered([series({}, 0)], [series({}, 0)]), ['1 production 0/0']],
    [
      'a base without its count: unknown, not 0',
      RATIO,
      answered([], [series({ shop: 'lyon' }, 812)]),
      ['1 production store=lyon no-series'],
    ],
    ['a count without its base', RATIO, answered([series({}, 3)], []), ['1 production no-series']],
    ['a count of no number', RATIO, answered([series({}, Number.NaN)], [series({}, 8)]), ['1 production not-a-number']],
    ['a base that is infinite', RATIO, answered([series({}, 1)], [series({}, Infinity)]), ['1 production not-finite']],
    [
      'several bases for one place',
      RATIO,
      answered([series({}, 3)], [series({ pod: 'a' }, 4), series({ pod: 'b' }, 4)]),
      ['1 production bad-query', SEVERAL],
    ],
    ['a count without base is of the seconds of its window', RATE, answered([series({}, 42)]), ['1 production 42/60']],
    [
      'buckets, in whatever order they come',
      BUCKETS,
      answered([series({ le: '+Inf' }, 16), series({ le: '0.1' }, 5), series({ le: '0.3' }, 14)]),
      ['1 production 0.1|0.3: 5|9|2'],
    ],
    [
      'buckets by store',
      BUCKETS,
      answered([series({ le: '+Inf', shop: 'lyon' }, 1), series({ le: '+Inf', shop: 'nice' }, 2)]),
      ['1 production store=lyon : 1', '1 production store=nice : 2'],
    ],
    ['buckets without the last one', BUCKETS, answered([series({ le: '0.1' }, 5)]), ['1 production sensor-broken']],
    [
      'a bucket of no number',
      BUCKETS,
      answered([series({ le: '+Inf' }, Number.NaN), series({ le: '1' }, 2)]),
      ['1 production not-a-number'],
    ],
    [
      'a bucket without a bound',
      BUCKETS,
      answered([series({ le: '+Inf' }, 1), series({ le: 'x' }, 1)]),
      ['1 production sensor-broken'],
    ],
    [
      'buckets of two pods, that nobody added up',
      BUCKETS,
      answered([series({ le: '+Inf', pod: 'a' }, 1), series({ le: '+Inf', pod: 'b' }, 2)]),
      ['1 production bad-query', SEVERAL],
    ],
    [
      'a dimension that is longer than any label may be: the others are as good as ever',
      VALUE,
      answered([series({ shop: 'x'.repeat(4_097) }, 3), series({ shop: 'y'.repeat(4_096) }, 4)]),
      [`1 production store=${'y'.repeat(4_096)} 4`, 'shop.http: a series whose store is longer than 4096 bytes'],
    ],
    [
      'nothing but such a one is no silence',
      VALUE,
      answered([series({ shop: 'x'.repeat(4_097) }, 3)]),
      ['1 production bad-query', 'shop.http: a series whose store is longer than 4096 bytes'],
    ],
    [
      'more places than a message may hold samples',
      VALUE,
      answered(Array.from({ length: 10_001 }, (_, i) => series({ shop: String(i) }, i))),
      ['1 production bad-query', 'shop.http: 10001 series, and 10000 at most; add some of them up'],
    ],
    ['an arm that is none is left out', VALUE, answered([series({ arm: 'blue' }, 3)]), ['1 production no-series']],
    ['an arm', VALUE, answered([series({ arm: 'canary' }, 3)]), ['1 production arm=canary 3']],
  ])('%s', (_, asks, answer, expected) => {
    expect(told(asks, answer)).toEqual(expected);
  });

  it('in the order of time; an absent point is absent, and an instant without any is a gap', () => {
    const answer = answered([series({ shop: 'lyon' }, 1, null, null, 4), series({ shop: 'nice' }, 5, 6)]);
    expect(told(VALUE, answer, 4)).toEqual([
      '1 production store=lyon 1',
      '1 production store=nice 5',
      '2 production store=nice 6',
      '3 production no-series',
      '4 production store=lyon 4',
    ]);
  });

  it('of pods that follow each other are of one place; only the instants that two of them claim are unknown', () => {
    const answer = answered([series({ pod: 'a' }, 1, 2, 3, null, null), series({ pod: 'b' }, null, null, 30, 40, 50)]);
    expect(told(VALUE, answer, 5)).toEqual([
      '1 production 1',
      '2 production 2',
      '3 production bad-query',
      '4 production 40',
      '5 production 50',
      SEVERAL,
    ]);
    expect(told(RATIO, { ...answer, of: [series({}, 8, 8, 8, 8, 8)] }, 5)).toContain('3 production bad-query');
    expect(told(RATIO, { ...answered([series({}, 1, 1, 1, 1, 1)]), of: answer.series }, 5)).toContain(
      '3 production bad-query',
    );
  });

  it('go to the environment that a label names; one that is not heard of is a gap, and others are not ours', () => {
    const answer = answered([series({ env: 'staging' }, 3), series({ env: 'test' }, 4)]);
    expect(told(VALUE, answer, 1, ['production', 'staging'])).toEqual(['1 staging 3', '1 production no-series']);
  });

  it('have keys of their instant and series alone, so that asking twice says the same', () => {
    const keys = (asks: SignalQuery['asks'], answer: Answered) =>
      samplesOf(signal(asks), answer, { fromMs: 60_000, toMs: 120_000, stepMs: 60_000 }, ['production']).placed.map(
        ({ sample }) => sample.key,
      );
    const first = keys(VALUE, answered([series({ shop: 'lyon', pod: 'a' }, 1, 2)]));
    expect(keys(VALUE, answered([series({ pod: 'b', shop: 'lyon' }, 1, 2)]))).toEqual(first);
    expect(new Set(first).size).toBe(2);
    const gap = (reason: 'no-series' | 'unreachable') => gapOf(signal(VALUE), 'production', 60_000, reason).sample.key;
    expect(new Set([...first, gap('no-series'), gap('unreachable')]).size).toBe(4);
  });

  it('are marked where Prometheus warned', () => {
    const instants = { fromMs: 60_000, toMs: 60_000, stepMs: 60_000 };
    const answer = { ...answered([series({}, 3)]), isPartial: true };
    expect(samplesOf(signal(VALUE), answer, instants, ['production']).placed[0]?.sample.isPartial).toBe(true);
  });
});
