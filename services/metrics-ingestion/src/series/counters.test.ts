import { describe, expect, it } from '@jest/globals';
import { EMPTY_SERIES, type Observation, seriesName, type SeriesState, takeSample } from '@parapet/signals';
import fc from 'fast-check';
import { declaredSource } from '../../test/declared.js';
import { version1 } from '../../test/write-requests.js';
import { readVersion1 } from '../remote-write/version-1.js';
import { LabelMemory } from './label-memory.js';
import { readSeries } from './read.js';
import { Resolver } from './resolver.js';
import { SeriesRoom } from '../door/series-room.js';
import { Leftovers } from './sets.js';

const SOURCE = declaredSource(
  'remote-write',
  `
- { name: errors, unit: requests, badDirection: high, form: proportion, temporality: cumulative, interval: 15s,
    from: { metric: requests_total, where: { code: "5*" }, of: { metric: requests_total } } }
- { name: paid, unit: payments, badDirection: low, form: proportion, temporality: cumulative, interval: 15s,
    from: { metric: good_total, of: { metric: all_total } } }`,
);
const BEGAN_MS = Date.parse('2026-11-23T09:00:00Z');
const PODS = ['a', 'b'];

/** What a pod counts until a scrape: answers that failed and that did not, and payments, of which some were good. */
const STEP = fc.record({ failed: fc.nat(9), fine: fc.nat(90), bad: fc.nat(5), good: fc.nat(20) });
/** Scrapes of both pods, and where the messages between them are cut, as a share of a scrape's series. */
const LIFE = fc.record({
  steps: fc.array(fc.tuple(STEP, STEP), { minLength: 2, maxLength: 8 }),
  sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
});

function scrape(pod: string, at: number, counted: { failed: number; fine: number; bad: number; good: number }) {
  const one = (metric: string, value: number, code?: string) => ({
    labels: [['__name__', metric], ...(code === undefined ? [] : [['code', code] as const]), ['pod', pod]] as const,
    samples: [{ value, atMs: BEGAN_MS + at * 15_000 }],
    histograms: [],
  });
  return [
    one('requests_total', counted.fine, '200'),
    one('requests_total', counted.failed, '503'),
    one('good_total', counted.good),
    one('all_total', counted.good + counted.bad),
  ];
}

/** Everything a Prometheus sends of these pods, in messages of the given sizes, through the door into the evaluator's series. */
function observed(series: ReturnType<typeof scrape>, sizes: readonly number[]): readonly Observation[] {
  const [resolver, leftovers, memory] = [new Resolver(SOURCE), new Leftovers(), new LabelMemory()];
  const states = new Map<string, SeriesState>();
  const observations: Observation[] = [];
  const room = new SeriesRoom();
  for (let from = 0, i = 0; from < series.length; i++) {
    const to = from + (sizes[i % sizes.length] as number);
    const bytes = version1(series.slice(from, to));
    from = to;
    const nowMs = BEGAN_MS + 3_600_000;
    const { samples } = readSeries(readVersion1(bytes, resolver.isWanted, memory).series, {
      resolver,
      leftovers,
      room,
      nowMs,
    });
    for (const { sample } of samples) {
      const name = seriesName(sample.signal, sample.dimensions);
      const declaration = SOURCE.signals.find((one) => one.name === sample.signal);
      if (declaration === undefined) throw new Error(`nobody declares ${sample.signal}`);
      const taken = takeSample(declaration, states.get(name) ?? EMPTY_SERIES, sample, nowMs);
      states.set(name, taken.state);
      if ('observation' in taken) observations.push(taken.observation);
    }
  }
  return observations;
}

function totals(observations: readonly Observation[], signal: string) {
  const own = observations.filter((one) => one.signal === signal);
  expect(own.every((one) => one.value.kind === 'count')).toBe(true);
  return own.reduce(
    (sum, { value }) => (value.kind === 'count' ? { count: sum.count + value.count, of: sum.of + value.of } : sum),
    { count: 0, of: 0 },
  );
}

describe('counters from a scrape to what is judged', () => {
  it('whatever the pods count, and wherever messages are cut, the increments are what was counted', () => {
    fc.assert(
      fc.property(LIFE, ({ steps, sizes }) => {
        const standing = PODS.map(() => ({ failed: 0, fine: 0, bad: 0, good: 0 }));
        const series = steps.flatMap((counted, at) =>
          PODS.flatMap((pod, p) => {
            const [own, step] = [standing[p] as (typeof standing)[number], counted[p] as (typeof counted)[number]];
            for (const name of ['failed', 'fine', 'bad', 'good'] as const) own[name] += step[name];
            return scrape(pod, at, own);
          }),
        );
        // The first scrape only sets the beginning.
        const since = (name: 'failed' | 'fine' | 'bad' | 'good') =>
          steps.slice(1).reduce((sum, [a, b]) => sum + a[name] + b[name], 0);
        const observations = observed(series, sizes);
        expect(totals(observations, 'errors')).toEqual({ count: since('failed'), of: since('failed') + since('fine') });
        expect(totals(observations, 'paid')).toEqual({ count: since('good'), of: since('good') + since('bad') });
      }),
    );
  });

  it('two Prometheus of a pair that tell of the same counters count nothing twice', () => {
    fc.assert(
      fc.property(fc.array(STEP, { minLength: 3, maxLength: 8 }), fc.boolean(), (steps, isLate) => {
        const standing = { failed: 0, fine: 0, bad: 0, good: 0 };
        const scrapes = steps.map((step, at) => {
          for (const name of ['failed', 'fine', 'bad', 'good'] as const) standing[name] += step[name];
          return scrape('a', at, standing);
        });
        // They take turns, and the second one may be a message behind.
        const [even, odd] = [0, 1].map((half) => scrapes.filter((_, i) => i % 2 === half));
        const sent = isLate ? [...(even as typeof scrapes), ...(odd as typeof scrapes)] : scrapes;
        const since = steps.slice(1).reduce((sum, one) => sum + one.failed, 0);
        expect(totals(observed(sent.flat(), [4]), 'errors').count).toBe(since);
      }),
    );
  });

  it('a pod that began again counts from zero, and the other pod is not touched by it', () => {
    const before = { failed: 50, fine: 5_000, bad: 10, good: 1_000 };
    const after = { failed: 1, fine: 40, bad: 2, good: 3 };
    const series = [
      ...PODS.flatMap((pod) => scrape(pod, 0, before)),
      ...scrape('a', 1, after),
      ...scrape('b', 1, before),
    ];
    const observations = observed(series, [3]);
    expect(totals(observations, 'errors')).toEqual({ count: 1, of: 41 });
    expect(totals(observations, 'paid')).toEqual({ count: 3, of: 5 });
  });
});
