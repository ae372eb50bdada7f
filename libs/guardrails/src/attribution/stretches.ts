import type { InstantMs } from '@parapet/kernel';
import { MINUTE_MS, type Observation, type Period, type RollUp } from '@parapet/signals';
import type { Stretches, WatchedGuardrail, WatchSpec } from '../watch-spec.js';
import { lensOf } from './lens.js';
import { NONE, plus, type Tally } from './state.js';

/**
 * A piece of a guardrail's history in equal steps, from the roll-ups of all its series, as its attribution reads them; null where
 * it reads none. Times in `excluded`, such as those of a bad release, count for nothing.
 */
export function stretchesOf(
  spec: Pick<WatchSpec, 'startMs' | 'policy' | 'scope'>,
  watched: WatchedGuardrail,
  rollUps: readonly RollUp[],
  o: {
    readonly fromMs: InstantMs;
    readonly stepMs: number;
    readonly steps: number;
    readonly excluded: readonly Period[];
  },
): Stretches | null {
  // History has no warm-up of this release in it.
  const lens = lensOf({ startMs: o.fromMs, policy: { ...spec.policy, warmUpMs: 0 } }, watched);
  if (lens === null) return null;
  const tallies: Tally[] = Array.from({ length: o.steps }, () => NONE);
  for (const rollUp of rollUps) {
    const step = Math.floor((rollUp.minuteMs - o.fromMs) / o.stepMs);
    const isBad = o.excluded.some((p) => rollUp.minuteMs + MINUTE_MS > p.fromMs && rollUp.minuteMs < p.toMs);
    const before = tallies[step];
    if (before === undefined || isBad) continue;
    const added = valuesOf(watched, rollUp).reduce(
      (sum, value) => plus(sum, lens.read(asObservation(rollUp, value)) ?? NONE),
      NONE,
    );
    tallies[step] = plus(before, added);
  }
  return { fromMs: o.fromMs, stepMs: o.stepMs, sum: tallies.map(({ sum }) => sum), n: tallies.map(({ n }) => n) };
}

/** The values that a minute is read as: sums of counts and buckets, the mean of a gauge, and of a threshold its worst value. */
function valuesOf({ guardrail: { test } }: WatchedGuardrail, rollUp: RollUp): readonly Observation['value'][] {
  if (rollUp.histogram !== null) return [{ kind: 'histogram', ...rollUp.histogram, sum: null }];
  if (rollUp.of > 0 || rollUp.count > 0) return [{ kind: 'count', count: rollUp.count, of: rollUp.of }];
  if (rollUp.min === null || rollUp.max === null) return [];
  if (test.kind === 'threshold')
    return [{ kind: 'gauge', value: test.direction === 'above' ? rollUp.max : rollUp.min }];
  return [{ kind: 'gauge', value: rollUp.sum / rollUp.n }];
}

function asObservation({ minuteMs }: RollUp, value: Observation['value']): Observation {
  return { signal: '', dimensions: {}, fromMs: minuteMs, atMs: minuteMs + MINUTE_MS, value };
}
