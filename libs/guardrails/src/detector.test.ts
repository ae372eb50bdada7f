import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { betweenArms } from './between-arms.js';
import { detect, type DetectorState, isAlarming, limitGains, startDetector } from './detector.js';
import { GRID } from './grid.js';
import { proportionLimit } from './proportion-limit.js';
import { rateLimit } from './rate-limit.js';
import { binomial, poisson, random } from '../testing/random.js';

/** The expected numbers were computed by libs/guardrails/reference/detector.py, from the definition of R, not from its recursion. */

const NO_CAP = 1e9;
const RATE = rateLimit({ limit: 0.02, unacceptable: 3, phi: 1 });
const PROPORTION = proportionLimit({ limit: 0.02, unacceptable: 3, phi: 1.2 });
const ARMS = betweenArms({ worseBy: 0.1, unacceptable: 3, phi: 1.25, bad: 'more' });

/** The mean of R, out of its logarithms. */
const meanR = (state: DetectorState) => state.reduce((sum, log) => sum + Math.expm1(log), 0) / state.length;
const COUNTS = [
  [0, 25],
  [1, 25],
  [0, 25],
  [2, 25],
  [3, 25],
  [1, 25],
  [4, 25],
] as const;

describe('the detector agrees with the independent computation', () => {
  test.each([
    [
      'of a rate against a limit',
      COUNTS.map(([x, n]) => limitGains(RATE, GRID, x, n)),
      [
        0.46369201105248853, 1.4156103867147334, 1.3459527471225474, 4.921056995027846, 41.85706108773891,
        37.81803568693429, 1440.2520007774383,
      ],
    ],
    [
      'of a proportion against a limit',
      COUNTS.map(([x, n]) => limitGains(PROPORTION, GRID, x, n)),
      [
        0.5084628409577362, 1.4713912087802665, 1.4638732803175858, 4.706795358197199, 30.217196452093663,
        27.713884809153356, 613.0289717567797,
      ],
    ],
    [
      'of two arms',
      (
        [
          [0, 25, 1, 100],
          [1, 25, 0, 100],
          [2, 30, 2, 90],
          [3, 25, 1, 100],
          [0, 25, 3, 100],
          [4, 25, 2, 100],
        ] as const
      ).map(([watchedEvents, watchedExposure, controlEvents, controlExposure]) =>
        ARMS.gains({ watchedEvents, watchedExposure, controlEvents, controlExposure }, GRID, NO_CAP),
      ),
      [
        0.7526595747896491, 2.9914418182173006, 4.85795669927802, 24.743702923820397, 9.069699247540656,
        50.2414864736015,
      ],
    ],
  ])('%s', (_, gains, expected) => {
    let state = startDetector(GRID);
    gains.forEach((gain, i) => {
      state = JSON.parse(JSON.stringify(detect(state, gain))) as DetectorState;
      expect(meanR(state) / (expected[i] as number)).toBeCloseTo(1, 9);
      expect(isAlarming(state, (expected[i] as number) * (1 - 1e-9))).toBe(true);
      expect(isAlarming(state, (expected[i] as number) * (1 + 1e-9))).toBe(false);
    });
  });
});

test('a detector that has seen nothing is silent, and its memory is one number a size', () => {
  expect(startDetector(GRID)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(isAlarming(startDetector(GRID), 1e-9)).toBe(false);
});

test('years of health or of disaster keep it finite', () => {
  fc.assert(
    fc.property(fc.constantFrom(-1e6, -5, 5, 1e6), fc.integer({ min: 1, max: 300 }), (gain, intervals) => {
      let state = startDetector(GRID);
      const gains = GRID.map(() => gain);
      for (let i = 0; i < intervals; i++) state = detect(state, gains);
      for (const log of state) expect(Number.isFinite(log) && log >= 0).toBe(true);
      expect(isAlarming(state, 1000)).toBe(gain > 0 && gain * intervals > Math.log(1000) - 1);
    }),
  );
});

/** Intervals until the first alarm of each run. */
function runLengths(intervals: number, runs: number, seed: number, gains: (next: () => number) => readonly number[]) {
  const next = random(seed);
  return Array.from({ length: runs }, () => {
    let state = startDetector(GRID);
    for (let i = 1; ; i++) {
      state = detect(state, gains(next));
      if (isAlarming(state, intervals)) return i;
    }
  });
}

describe('on average false alarms are at least as far apart as was asked for', () => {
  const asked = 50;
  test.each([
    ['a rate at its limit', (next: () => number) => limitGains(RATE, GRID, poisson(next, 0.02 * 200), 200)],
    [
      'a proportion at its limit',
      (next: () => number) =>
        limitGains(proportionLimit({ limit: 0.02, unacceptable: 3, phi: 1 }), GRID, binomial(next, 200, 0.02), 200),
    ],
    [
      'a canary as bad as is tolerated, its traffic and its failures going up and down',
      (next: () => number) => {
        const [busy, share] = [0.5 + next(), 0.01 + 0.02 * next()];
        const [watchedExposure, controlExposure] = [Math.round(200 * busy), Math.round(800 * busy)];
        return betweenArms({ worseBy: 0.1, unacceptable: 3, phi: 1, bad: 'more' }).gains(
          {
            watchedEvents: poisson(next, 1.1 * share * watchedExposure),
            watchedExposure,
            controlEvents: poisson(next, share * controlExposure),
            controlExposure,
          },
          GRID,
          NO_CAP,
        );
      },
    ],
  ])('%s', (name, gains) => {
    const lengths = runLengths(asked, 400, 20261123, gains);
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    const deviation = Math.sqrt(lengths.reduce((sum, l) => sum + (l - mean) ** 2, 0) / (lengths.length - 1));
    const reach = (1.96 * deviation) / Math.sqrt(lengths.length);
    console.log(`${name}: ${mean.toFixed(0)} intervals between false alarms [±${reach.toFixed(0)}], asked: ${asked}`);
    expect(mean - reach).toBeGreaterThan(asked);
  });

  test('and a rate three times its limit is found within minutes', () => {
    const lengths = runLengths(5760, 100, 7, (next) => limitGains(RATE, GRID, poisson(next, 3 * 0.02 * 200), 200));
    expect(Math.max(...lengths)).toBeLessThanOrEqual(12);
  });
});
