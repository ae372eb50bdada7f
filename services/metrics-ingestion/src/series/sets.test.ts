import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { declaredSource } from '../../test/declared.js';
import { NOW_MS, plain } from '../../test/outside.js';
import { SeriesRoom } from '../door/series-room.js';
import type { OutsideSeries } from './outside.js';
import { readSeries } from './read.js';
import { Resolver } from './resolver.js';
import { Leftovers } from './sets.js';

const declare = (temporality: string) =>
  declaredSource(
    'otlp',
    `
- { name: paid, unit: payments, badDirection: low, form: proportion, temporality: ${temporality},
    from: { metric: good, where: { kind: card }, of: { metric: all } } }
- { name: seconds, unit: seconds, badDirection: high, form: histogram, temporality: ${temporality}, from: { metric: s } }
- { name: bounded, unit: seconds, badDirection: high, form: histogram, temporality: ${temporality}, from: { metric: b, bounds: [0.5, 1] } }`,
  );
const CUMULATIVE = declare('cumulative');
const AT = NOW_MS - 5_000;

function one(metric: string, value: number, labels: Record<string, string> = {}, atMs = AT): OutsideSeries {
  const points = [
    {
      atMs,
      startMs: null,
      value: Number.isNaN(value) ? ({ kind: 'none' } as const) : { kind: 'number' as const, value },
    },
  ];
  return { metric, labels: new Map(Object.entries(labels)), nature: null, temporality: 'cumulative', points };
}
const good = (value: number, labels: Record<string, string> = {}) => one('good', value, { kind: 'card', ...labels });
const all = (value: number, labels: Record<string, string> = {}) => one('all', value, labels);
const bucket = (le: string, value: number, metric = 's') => one(`${metric}_bucket`, value, { le });

/** A source that hands in messages one after another. */
function sender(source = CUMULATIVE) {
  const leftovers = new Leftovers();
  const resolver = new Resolver(source);
  return (message: readonly OutsideSeries[], afterMs = 0) => {
    const { samples, dropped } = readSeries(message, {
      resolver,
      leftovers,
      room: new SeriesRoom(),
      nowMs: NOW_MS + afterMs,
    });
    return { values: samples.map(({ sample }) => plain(sample.value)), dropped, kept: leftovers.size };
  };
}
const PAIR = { kind: 'count', count: 9, of: 10 };

describe('two counters that are one sample', () => {
  it.each<[string, OutsideSeries[], unknown[]]>([
    ['come in either order', [all(10), good(9)], [PAIR]],
    ['are paired by their other labels', [good(9, { pod: 'a' }), all(10, { pod: 'a' }), all(7, { pod: 'b' })], [PAIR]],
    ['and by their instant', [good(9), one('all', 10, {}, AT + 1)], []],
    ['are a gap where one of them is', [good(Number.NaN), all(10)], [{ kind: 'gap', reason: 'no-series' }]],
    ['the first of two that are the same counts', [good(9), good(8), all(10)], [PAIR]],
  ])('%s', (_, message, values) => {
    expect(sender()(message).values).toEqual(values);
  });
});

describe('the buckets of one scrape', () => {
  it.each<[string, OutsideSeries[], unknown[]]>([
    [
      'are one histogram, whatever their order',
      [bucket('+Inf', 10), bucket('1.0', 9), bucket('0.5', 4)],
      [{ kind: 'histogram', bounds: [0.5, 1], counts: [4, 5, 1], sum: null }],
    ],
    ['are none without the last', [bucket('0.5', 4), bucket('1', 9)], []],
    [
      'that fall were read at slightly different instants',
      [bucket('0.5', 4), bucket('1', 3), bucket('+Inf', 10)],
      [{ kind: 'histogram', bounds: [0.5, 1], counts: [4, 0, 6], sum: null }],
    ],
    [
      'that have ended are a gap',
      [bucket('0.5', Number.NaN), bucket('+Inf', Number.NaN)],
      [{ kind: 'gap', reason: 'no-series' }],
    ],
    [
      'are kept by the declared bounds',
      ['0.1', '0.5', '1', '3', '+Inf'].map((le, i) => bucket(le, i * 2, 'b')),
      [{ kind: 'histogram', bounds: [0.5, 1], counts: [2, 2, 4], sum: null }],
    ],
    ['are none while a declared one is missing', ['0.1', '1', '+Inf'].map((le) => bucket(le, 2, 'b')), []],
  ])('%s', (_, message, values) => {
    expect(sender()(message).values).toEqual(values);
  });
});

describe('a message that ends between two parts', () => {
  it('is put together with the next', () => {
    const send = sender();
    expect(send([good(9), bucket('0.5', 4)])).toEqual({ values: [], dropped: {}, kept: 2 });
    expect(send([all(10), bucket('+Inf', 10)]).values).toEqual([
      PAIR,
      { kind: 'histogram', bounds: [0.5], counts: [4, 6], sum: null },
    ]);
  });

  it('and again, where the second had to be sent again', () => {
    const send = sender();
    send([good(9)]);
    expect([send([all(10)]).values, send([all(10)], 5_000).values]).toEqual([[PAIR], [PAIR]]);
  });

  it('is forgotten after a minute, and then it is counted', () => {
    const send = sender();
    send([good(9)]);
    expect(send([all(10)], 60_001)).toEqual({ values: [], dropped: { incomplete: 1 }, kept: 1 });
  });

  it('is not counted where it became whole', () => {
    const send = sender();
    send([good(9)]);
    send([all(10)]);
    expect(send([], 60_001)).toEqual({ values: [], dropped: {}, kept: 0 });
  });

  it('keeps no more than 5 000 of them', () => {
    const send = sender();
    send(Array.from({ length: 6_000 }, (_, i) => good(1, { pod: String(i) })));
    expect(send([])).toEqual({ values: [], dropped: { incomplete: 1_000 }, kept: 5_000 });
  });

  it('of deltas nothing is kept: the next one does not make up for a lost one', () => {
    const send = sender(declare('delta'));
    const delta = (series: OutsideSeries): OutsideSeries => ({ ...series, temporality: 'delta' });
    expect(send([delta(good(9))])).toEqual({ values: [], dropped: { incomplete: 1 }, kept: 0 });
    expect(send([delta(good(9)), delta(all(10))]).values).toEqual([PAIR]);
  });

  it('however a scrape is cut into messages, the same samples come of it', () => {
    const scrape = [good(9), all(10), ...['0.1', '0.5', '1', '+Inf'].map((le, i) => bucket(le, i * 3, 'b'))];
    const whole = sender()(scrape).values;
    expect(whole).toHaveLength(2);
    fc.assert(
      fc.property(fc.subarray([1, 2, 3, 4, 5]), (cuts) => {
        const send = sender();
        const ends = [...cuts, scrape.length];
        const values = ends.flatMap((end, i) => send(scrape.slice(i === 0 ? 0 : ends[i - 1], end)).values);
        expect(values).toEqual(whole);
      }),
    );
  });
});
