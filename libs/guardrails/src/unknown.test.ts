import { describe, expect, test } from '@jest/globals';
import type { SampleValue } from '@parapet/signals';
import { adviceOn } from './doubts.js';
import type { InconclusiveReason } from './events.js';
import { isConcerned } from './take.js';
import type { WatchedGuardrail, WatchedVolume, WatchInput } from './watch-spec.js';
import { KINDS } from '../testing/kinds.js';
import { latencyOfVisits, valuesHistory } from '../testing/latency.js';
import { merge, observed, orders, ORDERS, phase, play, specOf, stream, tick } from '../testing/watch.js';

/** Every way of not knowing has its own word, and none of them is good news. */

const healthy = (i: number) => (i % 4 === 0 ? 1 : 0);
const HOUR = 3600;

const VISITS: WatchedVolume = { signal: 'visits', intervalMs: 15_000, usual: { before: 10 } };
/** Visits a second, said every 15 seconds. */
const visits = (from: number, to: number, perSecond: number): WatchInput[] => {
  const inputs: WatchInput[] = [];
  for (let s = from; s <= to; s += 15)
    inputs.push(observed(s, 'visits', { kind: 'count', count: 0, of: 15 * perSecond }));
  return inputs;
};
const gap = (seconds: number, reason: Extract<SampleValue, { kind: 'gap' }>['reason']): WatchInput =>
  observed(seconds, 'orders', { kind: 'gap', reason });
const closedFrom = (from: number, to: number, dimensions: Record<string, string> = {}): WatchInput[] => {
  const inputs: WatchInput[] = [];
  for (let s = from; s <= to; s += 15)
    inputs.push(observed(s, 'orders', { kind: 'gap', reason: 'closed' }, dimensions));
  return inputs;
};
const closedVisits = (from: number, to: number): WatchInput[] => {
  const inputs: WatchInput[] = [];
  for (let s = from; s <= to; s += 15) inputs.push(observed(s, 'visits', { kind: 'gap', reason: 'closed' }));
  return inputs;
};
const of = (watched: WatchedGuardrail, volumes: readonly WatchedVolume[] = []) => ({ ...specOf([watched]), volumes });

const WITH_VISITS = of({ ...ORDERS, guardrail: { ...ORDERS.guardrail, volume: 'visits' } }, [VISITS]);
const LATENCY = latencyOfVisits(valuesHistory(Math.log(0.2)));
const latency = (from: number, to: number, seconds: number): WatchInput[] => {
  const inputs: WatchInput[] = [];
  for (let s = from; s <= to; s += 15) inputs.push(observed(s, 'latency', { kind: 'gauge', value: seconds }));
  return inputs;
};

const STORIES: readonly {
  story: string;
  spec?: ReturnType<typeof of>;
  inputs: readonly WatchInput[];
  reason: InconclusiveReason;
}[] = [
  { story: 'nothing was ever heard', inputs: [tick(61)], reason: 'no-telemetry' },
  {
    story: 'the probe found no such series',
    inputs: [gap(15, 'no-series'), gap(30, 'no-series'), tick(90)],
    reason: 'no-telemetry',
  },
  { story: 'it was heard and fell silent', inputs: [...stream(15, 300, healthy), tick(361)], reason: 'stale' },
  {
    story: 'the query divides nothing by nothing',
    inputs: [gap(15, 'not-a-number'), tick(90)],
    reason: 'not-a-number',
  },
  { story: 'the query answers with infinity', inputs: [gap(15, 'not-finite'), tick(90)], reason: 'not-a-number' },
  {
    story: 'the process restarts over and over',
    inputs: [...stream(15, 60, healthy), gap(75, 'counter-reset'), tick(150)],
    reason: 'counter-reset',
  },
  { story: 'the sensor is not reached', inputs: [gap(15, 'unreachable'), tick(90)], reason: 'sensor-broken' },
  { story: 'the query is wrong', inputs: [gap(15, 'bad-query'), tick(90)], reason: 'sensor-broken' },
  {
    story: 'a sensor sends something else than was declared',
    inputs: [observed(15, 'orders', { kind: 'gauge', value: 0.99 }), tick(90)],
    reason: 'sensor-broken',
  },
  {
    story: 'its target is left alone after many failures',
    inputs: [gap(15, 'circuit-open'), tick(90)],
    reason: 'sensor-broken',
  },
  { story: 'the shop was closed when the release began', inputs: closedFrom(15, 300), reason: 'closed' },
  {
    story: 'the shop closed after it was heard',
    inputs: merge(stream(15, 300, healthy), closedFrom(315, 900)),
    reason: 'closed',
  },
  {
    story: 'the shop closed, and whoever said so has fallen silent',
    inputs: merge(stream(15, 300, healthy), closedFrom(315, 900), [tick(990)]),
    reason: 'stale',
  },
  {
    story: 'the shop opened again, and its sensor fails',
    inputs: merge(stream(15, 300, healthy), closedFrom(315, 900), [gap(915, 'sensor-broken')]),
    reason: 'sensor-broken',
  },
  {
    story: 'the probe itself had too few samples',
    inputs: [gap(15, 'too-few-samples'), tick(90)],
    reason: 'too-few-samples',
  },
  {
    story: 'the shop is closed: its sensor has nothing to say, and neither had anybody anything to do',
    spec: WITH_VISITS,
    inputs: merge(stream(15, 60, healthy), visits(15, 60, 10), visits(75, 400, 0), [tick(401)]),
    reason: 'no-traffic',
  },
  {
    story: 'the shop is closed, and the query divides nothing by nothing',
    spec: WITH_VISITS,
    inputs: merge(visits(15, 300, 0), [gap(15, 'not-a-number'), tick(301)]),
    reason: 'no-traffic',
  },
  {
    story: 'the traffic is told by somebody who says that the shop is closed',
    spec: WITH_VISITS,
    inputs: merge(stream(15, 60, healthy), visits(15, 60, 10), closedVisits(75, 400), [tick(401)]),
    reason: 'no-traffic',
  },
  {
    story: 'the shop is open, and its sensor dead',
    spec: WITH_VISITS,
    inputs: merge(visits(15, 300, 10), [tick(301)]),
    reason: 'no-telemetry',
  },
  {
    story: 'the shop is open, and its sensor fell silent',
    spec: WITH_VISITS,
    inputs: merge(stream(15, 60, healthy), visits(15, 300, 10), [tick(301)]),
    reason: 'stale',
  },
  {
    story: 'whether the shop is open is not known either',
    spec: WITH_VISITS,
    inputs: merge(stream(15, 60, healthy), visits(15, 60, 0), [tick(301)]),
    reason: 'stale',
  },
  {
    story: 'it is heard, and there was no traffic at all',
    inputs: merge(
      [phase(0, 'live')],
      stream(15, HOUR, () => 0, 0),
    ),
    reason: 'no-traffic',
  },
  {
    story: 'there was so little traffic that it shows nothing',
    inputs: merge(
      [phase(0, 'live')],
      stream(15, HOUR, () => 0, 0.25),
    ),
    reason: 'too-few-samples',
  },
  {
    story: 'half of the watch was not measured',
    inputs: merge([phase(0, 'live')], stream(15, 900, healthy), stream(2700, HOUR, healthy)),
    reason: 'coverage',
  },
  {
    story: 'there is no history',
    spec: of({
      ...ORDERS,
      baselines: [{ window: 'before', baseline: { kind: 'unusable', why: 'no-history', exposure: 0 } }],
    }),
    inputs: stream(15, 60, healthy),
    reason: 'no-baseline',
  },
  {
    story: 'the traffic is five times as much as that of its history',
    spec: of(LATENCY, [VISITS]),
    inputs: merge([phase(0, 'live')], visits(15, HOUR, 50), latency(15, HOUR, 0.2)),
    reason: 'not-comparable',
  },
];

describe('an unknown', () => {
  test.each(STORIES)('$story: $reason', ({ spec = of(ORDERS), inputs, reason }) => {
    const { reports, state } = play(spec, inputs);
    expect(reports[0]).toMatchObject({ verdict: 'inconclusive', reason, advice: adviceOn(reason) });
    expect([state.verdict, state.reason]).toEqual(['inconclusive', reason]);
  });
});

describe('a closed shop', () => {
  const words = (...inputs: WatchInput[][]) => play(of(ORDERS), merge([phase(0, 'live')], ...inputs)).words;
  const halfTheWatch = [900, 2700] as const;

  test('is no gap in the watch: what was measured while it was open may pass', () => {
    const open = [stream(15, halfTheWatch[0], healthy), stream(halfTheWatch[1], HOUR + 60, healthy)];
    expect(words(...open, closedFrom(halfTheWatch[0] + 15, halfTheWatch[1] - 15)).at(-1)).toBe('+3600 pass final');
    // The same hours without a word are a gap.
    expect(words(...open).join()).toContain('inconclusive coverage');
  });

  test('among others excuses none of them', () => {
    const open = [stream(15, halfTheWatch[0], healthy), stream(halfTheWatch[1], HOUR + 60, healthy)];
    const one = closedFrom(halfTheWatch[0] + 15, halfTheWatch[1] - 15, { store: 'porto' });
    expect(words(...open, one).join()).toContain('inconclusive coverage');
  });

  test('never passes by being closed', () => {
    expect(words(closedFrom(15, 2 * HOUR + 60)).join()).not.toContain('pass');
  });
});

describe('traffic unlike that of history', () => {
  const spec = of(LATENCY, [VISITS]);
  test('is no evidence that the release made things slow', () => {
    const slow = merge(latency(15, 1000, 0.2), latency(1015, 1800, 0.4));
    expect(play(spec, merge(visits(15, 1800, 10), slow)).state.failure?.leader).toBe('latency');
    expect(play(spec, merge(visits(15, 900, 10), visits(915, 1800, 60), slow)).state.failure).toBeNull();
  });

  test('is no time that was covered either', () => {
    const { reports } = play(spec, merge(visits(15, 1800, 60), latency(15, 1800, 0.2)));
    expect(reports[0]?.coverage).toBeLessThan(0.05);
  });

  test('says nothing against counts, which have their own exposure', () => {
    const counts = of({ ...ORDERS, guardrail: { ...ORDERS.guardrail, volume: 'visits' } }, [VISITS]);
    const { state } = play(
      counts,
      merge(
        visits(15, 600, 60),
        stream(15, 600, () => 3),
      ),
    );
    expect(state.failure?.leader).toBe('orders');
  });
});

describe('two windows of history', () => {
  const spec = (before: number, earlier: number) => {
    const [first] = ORDERS.baselines;
    if (first?.baseline.kind !== 'counts') throw new Error('orders have history');
    return of({
      ...ORDERS,
      baselines: [
        { window: 'before', baseline: { ...first.baseline, events: before } },
        { window: 'same-hours', baseline: { ...first.baseline, events: earlier } },
      ],
    });
  };
  const fourPercent = stream(15, 900, () => 1);

  test('worse than both is worse', () => {
    expect(play(spec(1440, 1400), fourPercent).state.failure).not.toBeNull();
  });
  test.each([
    ['before', 1440, 6000],
    ['in earlier weeks', 6000, 1440],
  ])('worse than only %s is not', (_, before, earlier) => {
    expect(play(spec(before, earlier), fourPercent).state.failure).toBeNull();
  });
  test('of which one cannot be used, the other decides', () => {
    const [first] = ORDERS.baselines;
    if (first === undefined) throw new Error('orders have history');
    const half = of({
      ...ORDERS,
      baselines: [
        { window: 'before', baseline: { kind: 'unusable', why: 'no-history', exposure: 0 } },
        { ...first, window: 'same-hours' },
      ],
    });
    expect(play(half, fourPercent).state.failure).not.toBeNull();
  });
});

describe('what concerns a watch', () => {
  test.each<[string, WatchInput, boolean]>([
    ['its own signals', orders(15, 0, 10), true],
    ['its volumes', visits(15, 15, 1)[0] as WatchInput, true],
    ['no others', observed(15, 'weather', { kind: 'gauge', value: 3 }), false],
    ['nothing from before it began', orders(-15, 0, 10), false],
    ['everything that is no sample', tick(1), true],
  ])('%s', (_, input, expected) => {
    expect(isConcerned(WITH_VISITS, input)).toBe(expected);
  });
  test('both arms of a guardrail with a control', () => {
    const kind = KINDS.find((one) => one.kind === 'proportion against a control');
    if (kind === undefined) throw new Error('there is one');
    const spec = specOf([kind.watched]);
    expect(kind.samples(15, 0, 1).map((input) => isConcerned(spec, input))).toEqual([true, true]);
    const nobodys = observed(15, 'own', { kind: 'count', count: 0, of: 1 }, { arm: 'shadow' });
    expect(isConcerned(spec, nobodys)).toBe(false);
  });
});

test('what a guardrail is compared with is settled before its watch begins', () => {
  const test = { kind: 'proportion', against: 'auto', windows: ['before'], worseBy: 0.1, unacceptable: 3 } as const;
  const spec = of({ ...ORDERS, guardrail: { ...ORDERS.guardrail, test } });
  expect(() => play(spec, [tick(1)])).toThrow('settled before its watch began');
});
