import { describe, expect, test } from '@jest/globals';
import { RunningWatch } from './watch.js';
import { HISTORY, orders, ORDERS, phase, specOf, START } from '../testing/watch.js';

/**
 * The statistical promise, by simulation with a fixed seed: healthy releases are hardly ever failed, broken ones are found in
 * time. A smoke test of a few hundred runs a cell; its bounds are those of the acceptance table, widened by what luck does to so
 * few runs.
 */

/** Mulberry32: small, and good enough to draw counts with. */
function random(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function poisson(next: () => number, mean: number): number {
  if (mean > 30) {
    const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  const limit = Math.exp(-mean);
  let [k, p] = [0, next()];
  while (p > limit) {
    k += 1;
    p *= next();
  }
  return k;
}

interface Cell {
  readonly perMinute: number;
  readonly share: number;
  readonly baselineHours: number;
  readonly burst?: number;
}

/** Seconds until the release failed, or null. */
function run(next: () => number, cell: Cell): number | null {
  const baselineTotal = cell.perMinute * 60 * cell.baselineHours;
  const baseline = {
    ...HISTORY,
    exposure: baselineTotal,
    events: poisson(next, baselineTotal * 0.01),
    dispersion: { phi: 1, isAssumed: false },
    drift: 0,
  };
  const spec = specOf([{ ...ORDERS, baselines: [{ window: 'before', baseline }] }]);
  const watch = new RunningWatch(spec);
  watch.take(phase(0, 'live'));
  for (let i = 0; i < 240; i++) {
    const burst = i === 40 ? (cell.burst ?? 0) : 0;
    const total = poisson(next, cell.perMinute / 4);
    const bad = Math.min(total, poisson(next, total * cell.share));
    watch.take(orders(15 * (i + 1), bad + burst, total + burst));
    const { failure } = watch.state;
    if (failure !== null) return (failure.sinceMs - START) / 1000;
  }
  return null;
}

function runs(cell: Cell, count: number, seed: number): { readonly found: number; readonly medianSeconds: number } {
  const next = random(seed);
  const delays = Array.from({ length: count }, () => run(next, cell)).flatMap((s) => (s === null ? [] : [s]));
  delays.sort((a, b) => a - b);
  return {
    found: delays.length / count,
    medianSeconds: delays[Math.floor(delays.length / 2)] ?? Number.POSITIVE_INFINITY,
  };
}

describe('healthy releases are not rolled back', () => {
  test.each([
    ['10 orders a minute', { perMinute: 10, share: 0.01, baselineHours: 24 }],
    ['100 orders a minute, baseline of an hour', { perMinute: 100, share: 0.01, baselineHours: 1 }],
    ['100 orders a minute, exactly as bad as is tolerated', { perMinute: 100, share: 0.011, baselineHours: 24 }],
    ['one interval in which 50 fail', { perMinute: 100, share: 0.01, baselineHours: 24, burst: 50 }],
  ])('%s', (_, cell) => {
    expect(runs(cell, 60, 20261123).found).toBeLessThanOrEqual(0.01);
  });
});

describe('broken releases are found', () => {
  test.each([
    [
      'order success 99 → 97 % at 100 a minute within 8 minutes',
      { perMinute: 100, share: 0.03, baselineHours: 24 },
      0.99,
      8,
    ],
    [
      'order success 99 → 90 % at 10 a minute within 6.5 minutes',
      { perMinute: 10, share: 0.1, baselineHours: 24 },
      0.99,
      6.5,
    ],
    [
      'order success 99 → 97 % at 5000 a minute within 3 minutes',
      { perMinute: 5000, share: 0.03, baselineHours: 24 },
      0.99,
      3,
    ],
  ])('%s', (_, cell, share, minutes) => {
    const { found, medianSeconds } = runs(cell, 150, 7);
    expect(found).toBeGreaterThanOrEqual(share);
    expect(medianSeconds).toBeLessThanOrEqual(minutes * 60);
  });
});
