import { describe, expect, test } from '@jest/globals';
import { adviceOn, doubtWords, INCONCLUSIVE_REASONS } from './doubts.js';
import type { InconclusiveReason, VerdictChanged } from './events.js';
import type { WatchInput, WatchSpec } from './watch-spec.js';
import { ARMS } from '../testing/arms.js';
import { latencyOfVisits } from '../testing/latency.js';
import {
  ALERTS,
  alerts,
  at,
  DELAY,
  delay,
  episode,
  merge,
  observed,
  orders,
  ORDERS,
  phase,
  play,
  specOf,
  stream,
  tick,
} from '../testing/watch.js';

const HOUR = 3600;
const healthy = (i: number) => (i % 4 === 0 ? 1 : 0);
const EVERY_QUARTER = Array.from({ length: HOUR / 15 }, (_, i) => 15 * (i + 1));

const gap = (seconds: number, reason: 'not-a-number' | 'counter-reset' | 'unreachable'): WatchInput =>
  observed(seconds, 'orders', { kind: 'gap', reason });
const thenGap = (reason: Parameters<typeof gap>[1]): readonly WatchInput[] =>
  merge(stream(15, 30, healthy), [gap(45, reason), tick(100)]);

/** Latency as values, with the visits of the shop as its traffic: one a second is usual. */
const LATENCY = latencyOfVisits({
  kind: 'values',
  fromMs: at(-HOUR),
  toMs: at(0),
  m: 240,
  mean: Math.log(0.4),
  longRunVariance: 0.01,
  deviation: 0.1,
  isAssumed: false,
  drift: 0,
});
const BUSY: WatchSpec = {
  ...specOf([LATENCY]),
  volumes: [{ signal: 'visits', intervalMs: 15_000, usual: { before: 1 } }],
};
const visits = (seconds: number, count: number) => observed(seconds, 'visits', { kind: 'count', count, of: count });
const latency = (seconds: number) => observed(seconds, 'latency', { kind: 'gauge', value: 0.4 });

const CANARY = specOf([{ ...ARMS, baselines: ORDERS.baselines }]);
const stable = (seconds: number) =>
  observed(seconds, 'orders', { kind: 'count', count: 25, of: 25 }, { arm: 'stable' });

/** For each reason a watch that comes to it. */
const STORIES: Readonly<
  Record<InconclusiveReason, { readonly spec?: WatchSpec; readonly inputs: readonly WatchInput[] }>
> = {
  'no-traffic': {
    spec: { ...specOf([{ ...ORDERS, guardrail: { ...ORDERS.guardrail, volume: 'visits' } }]), volumes: BUSY.volumes },
    inputs: merge(
      EVERY_QUARTER.slice(0, 10).map((s) => visits(s, 0)),
      [tick(151)],
    ),
  },
  'no-telemetry': { inputs: [tick(61)] },
  'too-few-samples': {
    inputs: merge(
      [phase(0, 'live')],
      EVERY_QUARTER.map((s) => orders(s, 0, 0.25)),
    ),
  },
  stale: { inputs: merge(stream(15, 300, healthy), [tick(361)]) },
  'not-a-number': { inputs: thenGap('not-a-number') },
  'counter-reset': { inputs: thenGap('counter-reset') },
  'sensor-broken': { inputs: thenGap('unreachable') },
  'sender-silent': { spec: specOf([ALERTS]), inputs: [alerts(0), alerts(10, { sources: 'silent' })] },
  'alert-unseen': { spec: specOf([ALERTS]), inputs: [alerts(0), alerts(10, { episodes: [episode('unseen', 10)] })] },
  'alert-disputed': {
    spec: specOf([ALERTS]),
    inputs: [alerts(0), alerts(10, { episodes: [episode('disputed', 10)] })],
  },
  'alert-incomplete': { spec: specOf([ALERTS]), inputs: [alerts(0), alerts(10, { isIncomplete: true })] },
  coverage: { inputs: merge([phase(0, 'live')], stream(15, 1500, healthy), stream(3015, HOUR, healthy)) },
  'no-baseline': {
    spec: specOf([
      { ...ORDERS, baselines: [{ window: 'before', baseline: { kind: 'unusable', why: 'no-history', exposure: 0 } }] },
    ]),
    inputs: [orders(15, 0, 25)],
  },
  'not-comparable': {
    spec: BUSY,
    inputs: merge(EVERY_QUARTER.slice(0, 20).flatMap((s) => [visits(s, 75), latency(s)])),
  },
  suspect: {
    spec: specOf([DELAY]),
    inputs: merge([phase(0, 'live')], [...EVERY_QUARTER.slice(0, -1).map((s) => delay(s, 5)), delay(HOUR, 93)]),
  },
  'canary-silent': { spec: CANARY, inputs: EVERY_QUARTER.slice(0, 12).map(stable) },
  closed: {
    inputs: merge(stream(15, 30, healthy), [observed(45, 'orders', { kind: 'gap', reason: 'closed' }), tick(100)]),
  },
  'not-attributed': {
    spec: specOf([{ ...ORDERS, recent: { fromMs: at(-300), stepMs: 300_000, sum: [100], n: [500] } }]),
    inputs: stream(15, 600, () => 5),
  },
};

describe('an unknown', () => {
  test.each(INCONCLUSIVE_REASONS)('%s is said of a release, with why and what to do about it', (reason) => {
    const { spec = specOf([ORDERS]), inputs } = STORIES[reason];
    const played = play(spec, inputs);
    const verdict = played.said.findLast(
      (said): said is Omit<VerdictChanged, 'evidence'> => said.type === 'VerdictChanged',
    );
    expect([verdict?.to, verdict?.reason]).toEqual(['inconclusive', reason]);
    expect(verdict?.advice).toBe(adviceOn(reason));
    if (reason === 'not-attributed') {
      expect(verdict?.words).toBe(verdict?.attribution?.words);
      return;
    }
    const [report] = verdict?.guardrails ?? [];
    expect(report).toMatchObject({ verdict: 'inconclusive', reason, advice: adviceOn(reason) });
    expect(report?.words.endsWith(`cannot be judged: ${doubtWords(reason)}`)).toBe(true);
    expect(verdict?.words).toBe(report?.words);
  });

  test.each(INCONCLUSIVE_REASONS)('%s has advice that says what to do, in one sentence', (reason) => {
    expect(adviceOn(reason)).toMatch(/^(Check|Compare|Correct|Find|Let|Look|Measure|Repair|Wait|Watch) .+[^.]\.$/);
    expect(adviceOn(reason).match(/[.!?]/g)).toHaveLength(1);
    expect(doubtWords(reason)).toMatch(/^[a-z].*[^.]$/);
  });

  test('is told apart from every other', () => {
    expect(new Set(INCONCLUSIVE_REASONS.map(doubtWords)).size).toBe(INCONCLUSIVE_REASONS.length);
    expect(new Set(INCONCLUSIVE_REASONS.map(adviceOn)).size).toBe(INCONCLUSIVE_REASONS.length);
  });
});
