import type { Baseline, SampleValue } from '@parapet/signals';
import type { Guardrail, GuardrailTest } from '../src/guardrail.js';
import type { WatchedGuardrail, WatchInput, WindowedBaseline } from '../src/watch-spec.js';
import { histogramHistory, OTHER, THEN, valuesHistory } from './latency.js';
import { at, HISTORY, observed, ORDERS } from './watch.js';

/** One guardrail of every kind that judges samples, for promises that hold for all of them. */

export interface Kind {
  readonly kind: string;
  readonly watched: WatchedGuardrail;
  /**
   * A sample of an interval; `bad` from 0 (healthy) to 9 (as bad as can be), `size` from 1 to 9 for more or less traffic. Two for a
   * guardrail with a control: what got the release, and what did not.
   */
  readonly samples: (seconds: number, bad: number, size: number) => readonly WatchInput[];
  /** The same guardrail and samples in another unit; null where there is none to choose. */
  readonly inOtherUnit: Pick<Kind, 'watched' | 'samples'> | null;
}

const CANARY = { arm: 'canary' };
const STABLE = { arm: 'stable' };
const CONTROL = { kind: 'where', where: STABLE } as const;
const BEFORE = { against: 'baseline', windows: ['before', 'same-hours'], worseBy: 0.1, unacceptable: 3 } as const;
const AGAINST_CONTROL = { against: 'control', control: CONTROL, worseBy: 0.1, unacceptable: 3 } as const;

const windows = (...baselines: readonly Baseline[]): readonly WindowedBaseline[] =>
  baselines.map((baseline, i) => ({ window: i === 0 ? 'before' : 'same-hours', baseline }));

function watchedOf(test: GuardrailTest, baselines: readonly WindowedBaseline[], bad: 'high' | 'low'): WatchedGuardrail {
  const hasControl = 'against' in test && test.against === 'control';
  const guardrail: Guardrail = {
    ...ORDERS.guardrail,
    name: 'own',
    signal: 'own',
    where: hasControl ? CANARY : {},
    test,
  };
  return { guardrail, signal: { unit: '', badDirection: bad, intervalMs: 15_000, latenessMs: 60_000 }, baselines };
}

/** Samples of a guardrail: the value of what got the release and, with a control, that of a healthy rest. */
function samplesOf(watched: WatchedGuardrail, valueOf: (bad: number, size: number) => SampleValue): Kind['samples'] {
  const hasControl = Object.keys(watched.guardrail.where).length > 0;
  return (seconds, bad, size) =>
    hasControl
      ? [observed(seconds, 'own', valueOf(bad, size), CANARY), observed(seconds, 'own', valueOf(0, size), STABLE)]
      : [observed(seconds, 'own', valueOf(bad, size))];
}

function kindOf(
  kind: string,
  watched: WatchedGuardrail,
  valueOf: (bad: number, size: number) => SampleValue,
  other: { readonly watched: WatchedGuardrail; readonly valueOf: (value: SampleValue) => SampleValue } | null = null,
): Kind {
  const inOtherUnit =
    other === null
      ? null
      : {
          watched: other.watched,
          samples: samplesOf(other.watched, (bad, size) => other.valueOf(valueOf(bad, size))),
        };
  return { kind, watched, samples: samplesOf(watched, valueOf), inOtherUnit };
}

const proportion = (bad: number, size: number): SampleValue => ({
  kind: 'count',
  count: Math.min(25 * size, bad * size + (size % 2)),
  of: 25 * size,
});
/** Errors of seconds. */
const rate = (bad: number): SampleValue => ({ kind: 'count', count: bad * 2 + 1, of: 15 });
/** Orders of seconds: fewer are worse. */
const fewer = (bad: number, size: number): SampleValue => ({ kind: 'count', count: 20 + size - 2 * bad, of: 15 });
const seconds = (bad: number, size: number): SampleValue => ({ kind: 'gauge', value: 0.2 + 0.05 * bad + 0.005 * size });
const requests = (bad: number, size: number): SampleValue => ({
  kind: 'histogram',
  bounds: histogramHistory(THEN).bounds,
  // Every request is so many buckets slower.
  counts: THEN.map((_, i) => Math.round(((THEN[i - Math.min(bad, 3)] ?? 0) * size) / 100)),
  sum: null,
});

const inMinutes = (value: SampleValue): SampleValue =>
  value.kind === 'count' ? { ...value, of: value.of / 60 } : value;
const inMs = (value: SampleValue): SampleValue => {
  if (value.kind === 'gauge') return { ...value, value: value.value * 1000 };
  return value.kind === 'histogram' ? { ...value, bounds: value.bounds.map((bound) => bound * 1000) } : value;
};

const perSecond = { ...HISTORY, events: 5760, exposure: 86_400 };
const perMinute = { ...perSecond, exposure: perSecond.exposure / 60 };
const ordersPerSecond = { ...HISTORY, events: 120_000, exposure: 86_400 };
const ordersPerMinute = { ...ordersPerSecond, exposure: ordersPerSecond.exposure / 60 };
const logSeconds = [valuesHistory(Math.log(0.22)), valuesHistory(Math.log(0.24), { m: 700 })];
const logMs = logSeconds.map((values) => ({ ...values, mean: values.mean + Math.log(1000) }));
const plainSeconds = valuesHistory(0.22, { longRunVariance: 0.0004, deviation: 0.015 });
const plainMs = { ...plainSeconds, mean: 220, longRunVariance: 400, deviation: 15 };
const buckets = [histogramHistory(THEN), histogramHistory(OTHER)];
const bucketsMs = buckets.map((history) => ({ ...history, bounds: history.bounds.map((bound) => bound * 1000) }));

const proportionTest = (test: object) => ({ kind: 'proportion', ...test }) as GuardrailTest;
const rateTest = (test: object) => ({ kind: 'rate', ...test }) as GuardrailTest;
const gaugeTest = (transform: 'log' | 'none', test: object) => ({ kind: 'gauge', transform, ...test }) as GuardrailTest;
const histogramTest = (test: object) => ({ kind: 'histogram', ...test }) as GuardrailTest;
const LATENCY = { worseBy: 0.05, unacceptable: 1.5 };
const counts = windows(HISTORY, { ...HISTORY, events: 1300 });

/** In a plain unit; what has another one says so by `inOtherUnit`. */
export const KINDS: readonly Kind[] = [
  kindOf('proportion against history', watchedOf(proportionTest(BEFORE), counts, 'high'), proportion),
  kindOf(
    'proportion against a limit',
    watchedOf(proportionTest({ against: 'limit', limit: 0.02, unacceptable: 3 }), counts, 'high'),
    proportion,
  ),
  kindOf('proportion against a control', watchedOf(proportionTest(AGAINST_CONTROL), counts, 'high'), proportion),
  kindOf('rate against history', watchedOf(rateTest(BEFORE), windows(perSecond), 'high'), rate, {
    watched: watchedOf(rateTest(BEFORE), windows(perMinute), 'high'),
    valueOf: inMinutes,
  }),
  kindOf('rate of what should happen', watchedOf(rateTest(BEFORE), windows(ordersPerSecond), 'low'), fewer, {
    watched: watchedOf(rateTest(BEFORE), windows(ordersPerMinute), 'low'),
    valueOf: inMinutes,
  }),
  kindOf(
    'rate against a limit',
    watchedOf(rateTest({ against: 'limit', limit: 0.1, unacceptable: 3 }), windows(perSecond), 'high'),
    rate,
    {
      watched: watchedOf(rateTest({ against: 'limit', limit: 6, unacceptable: 3 }), windows(perMinute), 'high'),
      valueOf: inMinutes,
    },
  ),
  kindOf('rate against a control', watchedOf(rateTest(AGAINST_CONTROL), windows(perSecond), 'high'), rate, {
    watched: watchedOf(rateTest(AGAINST_CONTROL), windows(perMinute), 'high'),
    valueOf: inMinutes,
  }),
  kindOf(
    'gauge against history, by its logarithm',
    watchedOf(gaugeTest('log', { ...BEFORE, ...LATENCY }), windows(...logSeconds), 'high'),
    seconds,
    { watched: watchedOf(gaugeTest('log', { ...BEFORE, ...LATENCY }), windows(...logMs), 'high'), valueOf: inMs },
  ),
  kindOf(
    'gauge against history, as it is',
    watchedOf(gaugeTest('none', { ...BEFORE, ...LATENCY }), windows(plainSeconds), 'high'),
    seconds,
    { watched: watchedOf(gaugeTest('none', { ...BEFORE, ...LATENCY }), windows(plainMs), 'high'), valueOf: inMs },
  ),
  kindOf(
    'gauge against a limit',
    watchedOf(gaugeTest('log', { against: 'limit', limit: 0.3, unacceptable: 1.5 }), windows(...logSeconds), 'high'),
    seconds,
    {
      watched: watchedOf(
        gaugeTest('log', { against: 'limit', limit: 300, unacceptable: 1.5 }),
        windows(...logMs),
        'high',
      ),
      valueOf: inMs,
    },
  ),
  kindOf(
    'gauge against a control',
    watchedOf(gaugeTest('log', { ...AGAINST_CONTROL, ...LATENCY }), windows(...logSeconds), 'high'),
    seconds,
    {
      watched: watchedOf(gaugeTest('log', { ...AGAINST_CONTROL, ...LATENCY }), windows(...logMs), 'high'),
      valueOf: inMs,
    },
  ),
  kindOf(
    'histogram against history',
    watchedOf(histogramTest({ ...BEFORE, ...LATENCY }), windows(...buckets), 'high'),
    requests,
    { watched: watchedOf(histogramTest({ ...BEFORE, ...LATENCY }), windows(...bucketsMs), 'high'), valueOf: inMs },
  ),
  kindOf(
    'histogram against a control',
    watchedOf(histogramTest({ ...AGAINST_CONTROL, ...LATENCY }), windows(...buckets), 'high'),
    requests,
    {
      watched: watchedOf(histogramTest({ ...AGAINST_CONTROL, ...LATENCY }), windows(...bucketsMs), 'high'),
      valueOf: inMs,
    },
  ),
  kindOf(
    'burn rate',
    watchedOf(
      {
        kind: 'burn-rate',
        objective: 0.98,
        rows: [{ longMs: 300_000, shortMs: 60_000, factor: 6 }],
        badMin: 3,
        scope: 'release',
      },
      [],
      'high',
    ),
    proportion,
  ),
  kindOf(
    'threshold',
    watchedOf(
      {
        kind: 'threshold',
        direction: 'above',
        enter: 0.4,
        leave: 0.35,
        forMs: 45_000,
        keepMs: 30_000,
        maxGapMs: 60_000,
      },
      [],
      'high',
    ),
    seconds,
    {
      watched: watchedOf(
        {
          kind: 'threshold',
          direction: 'above',
          enter: 400,
          leave: 350,
          forMs: 45_000,
          keepMs: 30_000,
          maxGapMs: 60_000,
        },
        [],
        'high',
      ),
      valueOf: inMs,
    },
  ),
];

/** Why there is no value, said of a guardrail at an instant. */
export const gapOf = (watched: WatchedGuardrail, when: number, reason: GapReason): WatchInput =>
  observed(when, 'own', { kind: 'gap', reason }, watched.guardrail.where);
export type GapReason = Extract<SampleValue, { kind: 'gap' }>['reason'];
/** The latest of all instants of some inputs, so that all of them came at once. */
export const allAtOnce = (inputs: readonly WatchInput[], when: number): WatchInput[] =>
  inputs.map((input) => ({ ...input, clockMs: at(when) }));
