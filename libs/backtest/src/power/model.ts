import type { WatchedGuardrail } from '@parapet/guardrails';
import { unreachable } from '@parapet/kernel';
import { countsOf } from '@parapet/signals';
import type { Played } from '../self-test/played.js';
import type { Draws } from './draws.js';

/** The change whose being seen is asked after, and what draws a sample under it. */
export interface Effect {
  /** Such as `a fall of two points`. */
  readonly words: string;
  readonly draw: (traffic: Played, draws: Draws) => Played;
}

/** Two points of a hundred, and half as much again of what has no hundred. */
const POINTS = 0.02;
const RATE_TIMES = 1.5;
const VALUE_TIMES = 1.2;
const LATENCY_TIMES = 1.5;

/** What a guardrail is asked to see, and how its samples vary by chance; null for one that fires by rule, where chance has no part. */
export function effectFor(watched: WatchedGuardrail): Effect | null {
  const { test } = watched.guardrail;
  const isLow = watched.signal?.badDirection === 'low';
  switch (test.kind) {
    case 'proportion':
      return {
        words: isLow ? 'a fall of two points' : 'a rise of two points',
        draw: (traffic, draws) => shareWorseBy(watched, traffic, draws, POINTS),
      };
    case 'rate':
      return {
        words: isLow ? 'a fall to two thirds' : 'half as many again',
        draw: (traffic, draws) => rateTimes(watched, traffic, draws, isLow ? 1 / RATE_TIMES : RATE_TIMES),
      };
    case 'gauge':
      return {
        words: isLow ? 'a fall by a sixth' : 'a rise by a fifth',
        draw: (traffic, draws) => valueTimes(watched, traffic, draws, isLow ? 1 / VALUE_TIMES : VALUE_TIMES),
      };
    case 'histogram':
      return {
        words: 'half as slow again',
        draw: (traffic, draws) => latencyTimes(watched, traffic, draws, LATENCY_TIMES),
      };
    case 'burn-rate':
    case 'threshold':
    case 'alerts':
      return null;
    default:
      return unreachable(test);
  }
}

/** What draws a sample where nothing is wrong: the other arm of a comparison. */
export function asUsual(watched: WatchedGuardrail): Effect['draw'] {
  const { kind } = watched.guardrail.test;
  return (traffic, draws) => {
    switch (kind) {
      case 'proportion':
        return shareWorseBy(watched, traffic, draws, 0);
      case 'rate':
        return rateTimes(watched, traffic, draws, 1);
      case 'gauge':
        return valueTimes(watched, traffic, draws, 1);
      default:
        return latencyTimes(watched, traffic, draws, 1);
    }
  };
}

/** Bad events of history, and how much more they vary than independent ones would. */
export function countsOfHistory({ baselines }: WatchedGuardrail): {
  readonly rate: number;
  readonly phi: number;
  readonly drift: number;
} | null {
  for (const { baseline } of baselines)
    if (baseline.kind === 'counts')
      return { rate: baseline.events / baseline.exposure, phi: baseline.dispersion.phi, drift: baseline.drift };
  return null;
}

function shareWorseBy(watched: WatchedGuardrail, traffic: Played, draws: Draws, points: number): Played {
  if (traffic?.kind !== 'count') return traffic;
  const isLow = watched.signal?.badDirection === 'low';
  const { exposure } = countsOf('proportion', isLow ? 'low' : 'high', traffic.count, traffic.of);
  const known = countsOfHistory(watched) ?? { rate: 0, phi: 1 };
  const bad = Math.min(exposure, draws.count(exposure * Math.min(1, known.rate + points), known.phi));
  return { ...traffic, count: isLow ? exposure - bad : bad };
}

function rateTimes(watched: WatchedGuardrail, traffic: Played, draws: Draws, times: number): Played {
  if (traffic?.kind !== 'count') return traffic;
  const { rate, phi } = countsOfHistory(watched) ?? { rate: 0, phi: 1 };
  return { ...traffic, count: draws.count(traffic.of * rate * times, phi) };
}

function valueTimes(
  { guardrail: { test }, baselines }: WatchedGuardrail,
  traffic: Played,
  draws: Draws,
  times: number,
): Played {
  if (traffic?.kind !== 'gauge' || test.kind !== 'gauge') return traffic;
  for (const { baseline } of baselines) {
    if (baseline.kind !== 'values') continue;
    // All variance of the long run in each value: what is correlated shows as much, only later.
    const drawn = draws.normal(baseline.mean, Math.sqrt(baseline.longRunVariance));
    const value = test.transform === 'log' ? Math.exp(drawn) * times : drawn + Math.abs(baseline.mean) * (times - 1);
    return { ...traffic, value };
  }
  return traffic;
}

function latencyTimes({ baselines }: WatchedGuardrail, traffic: Played, draws: Draws, times: number): Played {
  if (traffic?.kind !== 'histogram') return traffic;
  for (const { baseline } of baselines) {
    if (baseline.kind !== 'histogram') continue;
    const total = baseline.counts.reduce((sum, count) => sum + count, 0);
    const requests = traffic.counts.reduce((sum, count) => sum + count, 0);
    const phi = Math.max(1, ...baseline.scoreDispersions.map(({ dispersion }) => dispersion.phi));
    const expected = slower(
      { bounds: baseline.bounds, counts: baseline.counts.map((c) => (requests * c) / total) },
      times,
    );
    return { ...traffic, bounds: baseline.bounds, counts: expected.map((mean) => draws.count(mean, phi)) };
  }
  return traffic;
}

/** Every request takes that many times longer; within a bucket requests lie evenly by the logarithm of their time. */
function slower(
  { bounds, counts }: { readonly bounds: readonly number[]; readonly counts: readonly number[] },
  times: number,
): readonly number[] {
  if (times === 1) return counts;
  const moved = counts.map(() => 0);
  counts.forEach((count, i) => {
    const upper = bounds[i];
    const to = (bucket: number, share: number) => {
      moved[bucket] = (moved[bucket] as number) + count * share;
    };
    if (upper === undefined) return to(i, 1);
    const lower = i === 0 ? upper / 2 : (bounds[i - 1] as number);
    const width = Math.log(upper / Math.max(lower, upper / 1e6));
    let reached = 0;
    for (let bucket = i; bucket < bounds.length && reached < 1; bucket++) {
      const within = 1 - Math.log((times * upper) / (bounds[bucket] as number)) / width;
      const up = Math.min(1, Math.max(0, within));
      if (up > reached) to(bucket, up - reached);
      reached = Math.max(reached, up);
    }
    if (reached < 1) to(counts.length - 1, 1 - reached);
  });
  return moved;
}
