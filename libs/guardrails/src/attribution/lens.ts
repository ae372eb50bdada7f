import type { BadDirection, Baseline, Observation } from '@parapet/signals';
import { countsOf, DISPERSION_ASSUMED, toleratedRatio } from '@parapet/signals';
import type { GuardrailTest } from '../guardrail.js';
import { armDispersionOf } from '../tests/arm-dispersion.js';
import type { WatchedGuardrail, WatchSpec } from '../watch-spec.js';
import { CountLens } from './count-lens.js';
import type { Pair, Tally } from './state.js';
import { valueLens } from './value-lens.js';

/** How a guardrail's observations are read to tell when a change began, and whether something else shows it too. */
export interface Lens {
  /** What is compared: counts by their ratio, values by their difference. */
  readonly form: 'counts' | 'values';
  /** What one observation adds; null where it says nothing. */
  read(observation: Observation): Tally | null;
  /** ln of the likelihood ratio of one interval for each size of change; all 0 where nothing can be compared. */
  gains(interval: Pair): readonly number[];
  /** How much worse it is than what it is compared with, in the direction that is bad; null where that is not known. */
  effectOf(since: Pair): number | null;
  /** What a window of history says, read the same way; null where it cannot be. */
  ofBaseline(baseline: Baseline): Tally | null;
  /** ln of "then was as bad as it is now" over "then was better by the effect"; 0 where either is empty. */
  asBad(now: Tally, then: Tally, effect: number): number;
}

/** A share beyond a limit that firing by rule may be compared with: a value now and then. */
const BEYOND_USUAL = 0.02;

/** What of a watch a lens depends on. */
type Judging = Pick<WatchSpec, 'startMs'> & { readonly policy: Pick<WatchSpec['policy'], 'warmUpMs'> };

/** The lens of a guardrail; null where there is nothing to compare with, and for alerts. */
export function lensOf(spec: Judging, watched: WatchedGuardrail): Lens | null {
  const { signal } = watched;
  const { test } = watched.guardrail;
  if (signal === null) return null;
  const warmUpUntilMs = spec.startMs + spec.policy.warmUpMs;
  switch (test.kind) {
    case 'proportion':
    case 'rate': {
      const phi =
        test.against === 'control'
          ? armDispersionOf(watched).phi
          : (firstOf(watched, 'counts')?.dispersion.phi ?? DISPERSION_ASSUMED.phi);
      const read = COUNT_READERS[test.kind][signal.badDirection];
      const isFewer = test.kind === 'rate' && signal.badDirection === 'low';
      return new CountLens({ read, ofBaseline: countsOfBaseline, phi, isFewer, ...referenceOf(watched, test) });
    }
    case 'burn-rate': {
      const reference = 1 - test.objective;
      if (!(reference > 0)) return null;
      const read = (observation: Observation) => readCount('proportion', signal.badDirection, observation);
      const { phi } = DISPERSION_ASSUMED;
      return new CountLens({ read, ofBaseline: countsOfBaseline, phi, isFewer: false, reference, tolerated: 1 });
    }
    case 'threshold': {
      const read = (observation: Observation): Tally | null => {
        const value = observation.atMs > warmUpUntilMs ? valueOf(observation) : null;
        if (value === null) return null;
        return { sum: isBeyond(test, value) ? 1 : 0, n: 1 };
      };
      const ofBaseline = () => null;
      return new CountLens({ read, ofBaseline, phi: 1, isFewer: false, reference: BEYOND_USUAL, tolerated: 1 });
    }
    case 'histogram': {
      const baseline = firstOf(watched, 'histogram');
      const tail = baseline === null ? null : tailOf(baseline);
      if (baseline === null || tail === null) return null;
      const read = (observation: Observation): Tally | null =>
        observation.atMs > warmUpUntilMs ? slowerThan(tail.bound, observation) : null;
      const isConcurrent = test.against === 'control';
      return new CountLens({
        read,
        ofBaseline: (other) =>
          other.kind === 'histogram' ? slowerThan(tail.bound, { value: { ...other, sum: null } }) : null,
        phi: baseline.tailDispersions[tail.index]?.phi ?? DISPERSION_ASSUMED.phi,
        isFewer: false,
        reference: isConcurrent ? null : tail.share,
        tolerated: isConcurrent ? 1 + test.worseBy : toleratedRatio(test.worseBy, baseline.drift),
      });
    }
    case 'gauge': {
      const baseline = firstOf(watched, 'values');
      if (baseline === null || !(baseline.longRunVariance > 0)) return null;
      return valueLens({
        read: (observation) => (observation.atMs > warmUpUntilMs ? readGauge(test.transform, observation) : null),
        ofBaseline: (other) => (other.kind === 'values' ? { sum: other.mean * other.m, n: other.m } : null),
        sign: signal.badDirection === 'low' ? -1 : 1,
        usualDifference: watched.armsValues?.mean ?? 0,
        reference:
          test.against === 'control'
            ? null
            : test.against === 'limit'
              ? (transformed(test.transform, test.limit) ?? baseline.mean)
              : baseline.mean,
        variance: baseline.longRunVariance,
        deviation: Math.sqrt(baseline.longRunVariance),
        tolerated: toleratedShift(test, baseline),
      });
    }
    case 'alerts':
      return null;
  }
}

type CountTest = Extract<GuardrailTest, { kind: 'proportion' | 'rate' }>;

/** The rate that a count is compared with, of the newest window of history that can be used; null: with the bystanders. */
function referenceOf(
  watched: WatchedGuardrail,
  test: CountTest,
): { readonly reference: number | null; readonly tolerated: number; readonly usualRatio?: number } {
  if (test.against === 'limit') return { reference: test.limit, tolerated: 1 };
  if (test.against === 'control') {
    return { reference: null, tolerated: 1 + test.worseBy, usualRatio: watched.armsRatio?.ratio ?? 1 };
  }
  const baseline = firstOf(watched, 'counts');
  if (baseline === null) return { reference: null, tolerated: 1 + test.worseBy };
  // Half an event stands in for none: a rate of 0 would make the first event an infinite change.
  const reference = Math.max(baseline.events, 0.5) / baseline.exposure;
  return { reference, tolerated: toleratedRatio(test.worseBy, baseline.drift) };
}

function toleratedShift(
  test: Extract<GuardrailTest, { kind: 'gauge' }>,
  baseline: Extract<Baseline, { kind: 'values' }>,
): number {
  if (test.against === 'limit') return 0;
  if (test.transform === 'none') return test.worseBy * Math.abs(baseline.mean);
  return Math.log(toleratedRatio(test.worseBy, test.against === 'control' ? 0 : baseline.drift));
}

function firstOf<K extends 'counts' | 'values' | 'histogram'>(
  watched: WatchedGuardrail,
  kind: K,
): Extract<Baseline, { kind: K }> | null {
  for (const { baseline } of watched.baselines) {
    if (baseline.kind === kind) return baseline as Extract<Baseline, { kind: K }>;
  }
  return null;
}

function countsOfBaseline(baseline: Baseline): Tally | null {
  return baseline.kind === 'counts' ? { sum: baseline.events, n: baseline.exposure } : null;
}

function readCount(form: 'proportion' | 'rate', direction: BadDirection, { value }: Observation): Tally | null {
  if (value.kind !== 'count') return null;
  const { events, exposure } = countsOf(form, direction, value.count, value.of);
  return { sum: events, n: exposure };
}

/** Few enough to be shared by all watches. */
const COUNT_READERS = { proportion: readersOf('proportion'), rate: readersOf('rate') } as const;

function readersOf(form: 'proportion' | 'rate') {
  return {
    high: (observation: Observation) => readCount(form, 'high', observation),
    low: (observation: Observation) => readCount(form, 'low', observation),
  };
}

function valueOf({ value }: Observation): number | null {
  if (value.kind === 'gauge') return value.value;
  return value.kind === 'count' && value.of > 0 ? value.count / value.of : null;
}

function isBeyond(test: Extract<GuardrailTest, { kind: 'threshold' }>, value: number): boolean {
  return test.direction === 'above' ? value > test.enter : value < test.enter;
}

function readGauge(transform: 'log' | 'none', { value }: Observation): Tally | null {
  const y = value.kind === 'gauge' ? transformed(transform, value.value) : null;
  return y === null ? null : { sum: y, n: 1 };
}

/** The logarithm where it is asked for; null where there is none. */
export function transformed(transform: 'log' | 'none', value: number): number | null {
  if (transform === 'none') return value;
  return value > 0 ? Math.log(value) : null;
}

/** A share of requests that is slow by history: the bound nearest to the slowest tenth, where enough were slower. */
export function tailOf(
  baseline: Extract<Baseline, { kind: 'histogram' }>,
): { readonly bound: number; readonly index: number; readonly share: number } | null {
  const total = baseline.counts.reduce((sum, count) => sum + count, 0);
  if (!(total > 0)) return null;
  let slower = total;
  let nearest: { readonly bound: number; readonly index: number; readonly share: number } | null = null;
  baseline.bounds.forEach((bound, index) => {
    slower -= baseline.counts[index] as number;
    const share = slower / total;
    const isNearer = nearest === null || Math.abs(share - 0.1) < Math.abs(nearest.share - 0.1);
    if (share > 0 && share < 1 && isNearer) nearest = { bound, index, share };
  });
  return nearest;
}

/** Requests slower than a bound of all; null where the sensor's buckets do not know that bound. */
export function slowerThan(bound: number, { value }: Pick<Observation, 'value'>): Tally | null {
  if (value.kind !== 'histogram') return null;
  const index = value.bounds.indexOf(bound);
  if (index < 0) return null;
  const n = value.counts.reduce((sum, count) => sum + count, 0);
  const faster = value.counts.slice(0, index + 1).reduce((sum, count) => sum + count, 0);
  return { sum: n - faster, n };
}
