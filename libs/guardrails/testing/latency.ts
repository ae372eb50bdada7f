import type { Baseline, SampleValue } from '@parapet/signals';
import type { GuardrailPolicy, GuardrailTest } from '../src/guardrail.js';
import type { Arm, StatisticalTest } from '../src/tests/guardrail-test.js';
import type { WatchedGuardrail, WatchSpec } from '../src/watch-spec.js';
import { at, ORDERS, specOf, START } from './watch.js';

/** Watches of one gauge or one latency histogram, for tests: as it is told, without the life of a watch around it. */

export const BOUNDS = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.2, 2] as const;
export const THEN = [30, 410, 900, 1020, 1290, 610, 420, 110, 60, 30, 10] as const;
export const OTHER = [40, 500, 870, 930, 1150, 640, 480, 170, 90, 40, 20] as const;
const PHI_TAIL = { phi: 1.4, isAssumed: false } as const;
const PHI_SCORE = { phi: 1.6, isAssumed: false } as const;

export type HistogramHistory = Extract<Baseline, { kind: 'histogram' }>;
export const histogramHistory = (counts: readonly number[], o: Partial<HistogramHistory> = {}): HistogramHistory => ({
  kind: 'histogram',
  fromMs: START - 7_200_000,
  toMs: START,
  bounds: BOUNDS,
  counts,
  tailDispersions: BOUNDS.map(() => PHI_TAIL),
  scoreDispersions: [1.1, 1.25, 1.5, 2, 3].map((times) => ({ times, dispersion: PHI_SCORE })),
  drift: 0.03,
  tailDrift: 0.1,
  ...o,
});

export type ValuesHistory = Extract<Baseline, { kind: 'values' }>;
export const valuesHistory = (mean: number, o: Partial<ValuesHistory> = {}): ValuesHistory => ({
  kind: 'values',
  fromMs: START - 3_600_000,
  toMs: START,
  m: 240,
  mean,
  longRunVariance: 0.05,
  deviation: 0.15,
  isAssumed: false,
  drift: 0.03,
  ...o,
});

export const CONTROL = { kind: 'where', where: { arm: 'stable' } } as const;
export const AGAINST = {
  baseline: { against: 'baseline', windows: ['before', 'same-hours'], worseBy: 0.05, unacceptable: 1.5 },
  control: { against: 'control', control: CONTROL, worseBy: 0.05, unacceptable: 1.5 },
} as const;

export const SIGNAL = { unit: 's', badDirection: 'high', intervalMs: 15_000, latenessMs: 60_000 } as const;

/** A watched guardrail with its test, and the watch of an hour around it. */
export function watchOf<T extends GuardrailTest>(
  test: T,
  baselines: readonly Baseline[],
  o: {
    readonly signal?: Partial<WatchedGuardrail['signal'] & object>;
    readonly spec?: Partial<WatchSpec>;
    readonly policy?: Partial<GuardrailPolicy>;
  } = {},
): { readonly spec: WatchSpec; readonly watched: WatchedGuardrail & { readonly guardrail: { readonly test: T } } } {
  const watched = {
    guardrail: {
      name: 'checkout',
      signal: 'checkout',
      where: {},
      test,
      mode: 'act',
      weight: 1,
      isRequired: true,
      staleAfterMs: 60_000,
    },
    signal: { ...SIGNAL, ...o.signal },
    baselines: baselines.map((baseline, i) => ({
      window: i === 0 ? ('before' as const) : ('same-hours' as const),
      baseline,
    })),
  } as const;
  return { spec: { ...specOf([watched], { warmUpMs: 120_000, ...o.policy }), ...o.spec }, watched };
}

/** One sample: the interval it ends, counted from 0, its arm and its value. */
export type Sample = readonly [interval: number, arm: Arm, value: SampleValue];
export const gauge = (value: number): SampleValue => ({ kind: 'gauge', value });
export const histogram = (counts: readonly number[], bounds: readonly number[] = BOUNDS): SampleValue => ({
  kind: 'histogram',
  bounds,
  counts,
  sum: null,
});

/** State and acceptance of a test after samples, through JSON after each where asked for; a misfit throws. */
export function told<S, A>(
  test: StatisticalTest<S, A>,
  samples: readonly Sample[],
  o: { readonly isThroughJson?: boolean; readonly isComparable?: (interval: number) => boolean } = {},
): { readonly state: S; readonly acceptance: A; readonly evidence: number; readonly acceptable: number } {
  const kept = <T>(value: T): T => (o.isThroughJson === true ? (JSON.parse(JSON.stringify(value)) as T) : value);
  let state = test.start();
  let acceptance = test.startAcceptance();
  let newestAtMs = START;
  for (const [interval, arm, value] of samples) {
    const atMs = at(15 * (interval + 1));
    newestAtMs = Math.max(newestAtMs, atMs);
    const observation = { signal: 'checkout', dimensions: {}, fromMs: atMs - 15_000, atMs, value };
    const one = { arm, observation, newestAtMs, isComparable: o.isComparable?.(interval) ?? true };
    const next = test.observe(state, one);
    if (next === null) throw new Error(`interval ${interval} is a misfit`);
    state = kept(next);
    acceptance = kept(test.accept(acceptance, one));
  }
  return { state, acceptance, evidence: test.evidence(state), acceptable: test.acceptance(acceptance) };
}

/** The generator of libs/guardrails/reference/latency.py. */
function numbers(seed: number): () => number {
  let x = seed;
  return () => (x = (x * 16807) % 2147483647);
}

/** Requests per bucket of `n` intervals; from an interval on three quarters of each bucket are one bucket slower. */
export function histograms(n: number, slowerFrom = Number.POSITIVE_INFINITY): readonly (readonly number[])[] {
  const next = numbers(11);
  return Array.from({ length: n }, (_, t) => {
    const row = THEN.map((c) => {
      const of = 30 + (next() % 20);
      return Math.trunc((c * of) / 4890 + (next() % 100) / 100);
    });
    if (t < slowerFrom) return row;
    const moved = row.slice(0, -1).map((c) => Math.floor((c * 3) / 4));
    return row.map((c, i) => c - (moved[i] ?? 0) + (moved[i - 1] ?? 0));
  });
}

/** `n` values around `base`; from an interval on `times` as large. */
export function series(n: number, base: number, from = Number.POSITIVE_INFINITY, times = 1): readonly number[] {
  const next = numbers(5);
  return Array.from({ length: n }, (_, t) => base * (0.8 + (next() % 400) / 1000) * (t >= from ? times : 1));
}

/** Latency as values against the time before, with the visits of the shop as its traffic. */
export function latencyOfVisits(baseline: Baseline): WatchedGuardrail {
  return {
    guardrail: {
      ...ORDERS.guardrail,
      name: 'latency',
      signal: 'latency',
      volume: 'visits',
      test: {
        kind: 'gauge',
        transform: 'log',
        against: 'baseline',
        windows: ['before'],
        worseBy: 0.05,
        unacceptable: 1.5,
      },
    },
    signal: { unit: 'seconds', badDirection: 'high', intervalMs: 15_000, latenessMs: 60_000 },
    baselines: [{ window: 'before', baseline }],
  };
}
