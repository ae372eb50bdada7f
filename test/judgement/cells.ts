/**
 * The cells of statistics 14: what is watched, and what is required of it. "Expected" are the figures measured there with another
 * generator; they are printed beside ours and nothing is asserted of them.
 */
import { chanceOf, type Chance } from './chance.ts';
import { medianOf, shareOf, type Estimate } from './limits.ts';
import { arms, type CountScene, counts, type Course, gauge, latency } from './plans.ts';
import { INTERVAL_MS, type Noise } from './shop.ts';
import { failedAt, type WatchPlan } from './watch.ts';

export type Requirement =
  /** A release that is not worse than tolerated is failed at most so often. */
  | { readonly kind: 'false'; readonly atMost: number }
  /** A release that is worse is found at least so often, at the median within so many minutes of its onset. */
  | { readonly kind: 'found'; readonly atLeast: number; readonly withinMinutes: number }
  /** Shows what a part of the method is for: without it so many healthy releases at least are failed. */
  | { readonly kind: 'needed'; readonly falseAtLeast: number }
  /** Measured only. */
  | { readonly kind: 'measured' };

export interface Cell {
  readonly name: string;
  readonly requirement: Requirement;
  readonly expected: string;
  /** Runs in `npm test`, and in the long simulation. */
  readonly runs: { readonly short: number; readonly long: number };
  readonly plan: (chance: Chance) => WatchPlan;
  /** Why a full run may miss what is required; absent where it may not. */
  readonly explained?: string;
  /** The tick at which it becomes worse. */
  readonly onsetTick: number;
}

export interface Measured {
  readonly runs: number;
  /** Of releases that are worse: found at or after the onset. Otherwise: failed. */
  readonly share: Estimate;
  /** Failed before it became worse. */
  readonly premature: number;
  /** Minutes from the onset, of the ones that were found. */
  readonly medianMinutes: Estimate;
}

const TICKS_PER_MINUTE = 60_000 / INTERVAL_MS;
const usual: Course = () => 1;
const always =
  (times: number): Course =>
  () =>
    times;
const from =
  (tick: number, times: number): Course =>
  (t) =>
    t >= tick ? times : 1;
const HEALTHY = { kind: 'false', atMost: 0.01 } as const;

const orders =
  (perMinute: number, noise: Noise, course: Course, rest: Partial<CountScene> = {}) =>
  (chance: Chance) =>
    counts(chance, { kind: 'proportion', perMinute, share: 0.01, noise, course, ...rest });
/** Synchronisations of the tills, of which one in a hundred fails. */
const errors = (perMinute: number, noise: Noise, course: Course) => (chance: Chance) =>
  counts(chance, { kind: 'rate', perMinute: 100 * perMinute, share: 0.01, noise, course });

const cell = (
  name: string,
  plan: Cell['plan'],
  requirement: Requirement,
  expected: string,
  rest: Partial<Pick<Cell, 'runs' | 'onsetTick' | 'explained'>> = {},
): Cell => ({
  name,
  plan,
  requirement,
  expected,
  runs: rest.runs ?? { short: 150, long: 2000 },
  onsetTick: rest.onsetTick ?? 0,
  ...(rest.explained === undefined ? {} : { explained: rest.explained }),
});

const found = (atLeast: number, withinMinutes: number) => ({ kind: 'found', atLeast, withinMinutes }) as const;
const LATENCY_RUNS = { short: 60, long: 500 } as const;

export const HEALTHY_CELLS: readonly Cell[] = [
  cell('order success 99 %, 10/min, independent', orders(10, 'independent', usual), HEALTHY, '0.0 %'),
  cell('order success 99 %, 100/min, independent', orders(100, 'independent', usual), HEALTHY, '0.0 %'),
  cell('order success 99 %, 5000/min, independent', orders(5000, 'independent', usual), HEALTHY, '0.0 %'),
  cell('order success 99 %, 10/min, correlated', orders(10, 'correlated', usual), HEALTHY, '0.0 %'),
  cell('order success 99 %, 100/min, correlated', orders(100, 'correlated', usual), HEALTHY, '0.0 %'),
  cell('order success 99 %, 5000/min, correlated', orders(5000, 'correlated', usual), HEALTHY, '0.4 %'),
  cell('POS errors 2/min, correlated', errors(2, 'correlated', usual), HEALTHY, '0.1 %'),
  cell('POS errors 50/min, correlated', errors(50, 'correlated', usual), HEALTHY, '0.4 %'),
  cell('truth at ρ₀, 10/min, independent', orders(10, 'independent', always(1.1)), HEALTHY, '≤ 0.4 %'),
  cell('truth at ρ₀, 100/min, independent', orders(100, 'independent', always(1.1)), HEALTHY, '≤ 0.4 %'),
  cell('truth at ρ₀, 5000/min, independent', orders(5000, 'independent', always(1.1)), HEALTHY, '≤ 0.4 %'),
  cell(
    'truth at ρ₀, 5000/min, independent, α = 0.05',
    orders(5000, 'independent', always(1.1), { falseRollbackRate: 0.05 }),
    { kind: 'false', atMost: 0.05 },
    '≤ 2.4 %',
  ),
  cell(
    'one interval with 50 more failures, 100/min',
    orders(100, 'independent', usual, { burst: (tick) => (tick === 40 ? 50 : 0) }),
    HEALTHY,
    '0.1 %',
  ),
  cell(
    'the same 5000/min, correlated, with φ forced to 1',
    orders(5000, 'correlated', usual, { isPhiOne: true }),
    { kind: 'needed', falseAtLeast: 0.3 },
    '57 %',
  ),
];

export const WORSE_CELLS: readonly Cell[] = [
  cell(
    'order success 99 → 97 %, 100/min, independent',
    orders(100, 'independent', always(3)),
    found(0.99, 8),
    '100 % / 6.9 min',
  ),
  cell(
    'order success 99 → 90 %, 10/min, independent',
    orders(10, 'independent', always(10)),
    found(0.99, 6.5),
    '100 % / 8.0 min with 1 h',
  ),
  cell(
    'order success 99 → 97 %, 5000/min, correlated',
    orders(5000, 'correlated', always(3)),
    found(0.99, 3),
    '100 % / 2.5 min',
    { explained: 'one sample later, as the formulas alone are in numpy (reference/counts.py)' },
  ),
  cell('POS errors ×3, 2/min, correlated', errors(2, 'correlated', always(3)), found(0.99, 6), '100 % / 5.5 min'),
  cell(
    'order success ×3 from minute 20, 5000/min',
    orders(5000, 'independent', from(20 * TICKS_PER_MINUTE, 3)),
    found(0.99, 1.5),
    '100 % / 1.0 min',
    { onsetTick: 20 * TICKS_PER_MINUTE },
  ),
  cell(
    'order success 99 → 97 %, 10/min, independent',
    orders(10, 'independent', always(3)),
    { kind: 'measured' },
    '53 % / 37 min',
  ),
];

export const LATENCY_CELLS: readonly Cell[] = [
  cell(
    'p95 gauge, 5000/min, correlated',
    (c) => gauge(c, { perMinute: 5000, noise: 'correlated', course: usual }),
    HEALTHY,
    '0.0 %',
  ),
  cell(
    'p95 gauge, 100/min, independent',
    (c) => gauge(c, { perMinute: 100, noise: 'independent', course: usual }),
    HEALTHY,
    '–',
  ),
  cell(
    'p95 gauge +20 %, 100/min, independent',
    (c) => gauge(c, { perMinute: 100, noise: 'independent', course: always(1.2) }),
    found(0.98, 10),
    '100 % / 8.8 min',
  ),
  cell(
    'histogram, 100/min, correlated',
    (c) => latency(c, { perMinute: 100, noise: 'correlated', course: usual }),
    HEALTHY,
    '–',
    { runs: LATENCY_RUNS },
  ),
  cell(
    'histogram +5 %, which is tolerated, 5000/min, independent',
    (c) => latency(c, { perMinute: 5000, noise: 'independent', course: always(1.05) }),
    HEALTHY,
    '–',
    { runs: LATENCY_RUNS },
  ),
  cell(
    'histogram ×2, 10/min, independent',
    (c) => latency(c, { perMinute: 10, noise: 'independent', course: always(2) }),
    found(0.99, 2.5),
    '100 % / 2.0 min',
    { runs: LATENCY_RUNS },
  ),
];

const canary = (perMinute: number, noise: Noise, times: number) => (chance: Chance) =>
  arms(chance, { perMinute, share: 0.01, canary: 0.2, noise, course: always(times) });

export const CONTROL_CELLS: readonly Cell[] = [
  cell('canary 20 % against 80 %, 5000/min, correlated', canary(5000, 'correlated', 1), HEALTHY, '–'),
  cell('canary at ρ₀, 5000/min, independent', canary(5000, 'independent', 1.1), HEALTHY, '≤ 0.4 %'),
  cell('canary ×3, 100/min, independent', canary(100, 'independent', 3), { kind: 'measured' }, '81 % / 31 min'),
  cell('canary ×3, 5000/min, independent', canary(5000, 'independent', 3), { kind: 'measured' }, '100 % / 1.2 min'),
];

export const CELLS: readonly Cell[] = [...HEALTHY_CELLS, ...WORSE_CELLS, ...LATENCY_CELLS, ...CONTROL_CELLS];

/** Runs a cell so many times. Each run has a seed of its own: the same one, the same run. */
export function measure(of: Cell, runs: number, seed: number): Measured {
  const failed = Array.from({ length: runs }, (_, run) => failedAt(of.plan(chanceOf(seedOf(of.name, seed, run)))));
  const isAtOnset = (tick: number | null): tick is number => tick !== null && tick >= of.onsetTick;
  const minutes = failed.filter(isAtOnset).map((tick) => (tick - of.onsetTick + 1) / TICKS_PER_MINUTE);
  return {
    runs,
    share: shareOf(failed.filter(isAtOnset).length, runs),
    premature: failed.filter((tick) => tick !== null && tick < of.onsetTick).length,
    medianMinutes: medianOf(minutes),
  };
}

/** What so many runs contradict of a requirement; null where nothing is. A figure inside the 95 % limits is no contradiction. */
export function contradiction(requirement: Requirement, measured: Measured): string | null {
  const { share, medianMinutes } = measured;
  const percent = (value: number) => `${(100 * value).toFixed(2)} %`;
  switch (requirement.kind) {
    case 'false':
      return share.low > requirement.atMost
        ? `at least ${percent(share.low)} of healthy releases are failed, ${percent(requirement.atMost)} may be`
        : null;
    case 'needed':
      return share.high < requirement.falseAtLeast
        ? `at most ${percent(share.high)} are failed without it, ${percent(requirement.falseAtLeast)} were to be`
        : null;
    case 'found':
      if (share.high < requirement.atLeast)
        return `at most ${percent(share.high)} are found, ${percent(requirement.atLeast)} are to be`;
      return medianMinutes.low > requirement.withinMinutes
        ? `the median is at least ${medianMinutes.low} min, ${requirement.withinMinutes} min may be`
        : null;
    case 'measured':
      return null;
  }
}

/** One line of the table: what was required, what was measured and within which limits, and what was expected. */
export function lineOf(
  { name, requirement, expected }: Cell,
  { runs, share, premature, medianMinutes }: Measured,
): readonly string[] {
  const percent = (value: number) => `${(100 * value).toFixed(1)}`;
  const shareText = `${percent(share.value)} % (${percent(share.low)}–${percent(share.high)})`;
  const isWorse =
    requirement.kind === 'found' || (requirement.kind === 'measured' && Number.isFinite(medianMinutes.value));
  const median = isWorse ? `${medianMinutes.value.toFixed(2)} min (${medianMinutes.low}–${medianMinutes.high})` : '';
  return [
    name,
    requiredOf(requirement),
    String(runs),
    shareText + (premature > 0 ? `, ${premature} early` : ''),
    median,
    expected,
  ];
}

/** What is required, as the table says it. */
export function requiredOf(requirement: Requirement): string {
  switch (requirement.kind) {
    case 'false':
      return `false ≤ ${100 * requirement.atMost} %`;
    case 'needed':
      return `false ≥ ${100 * requirement.falseAtLeast} %`;
    case 'found':
      return `≥ ${100 * requirement.atLeast} %, ≤ ${requirement.withinMinutes} min`;
    case 'measured':
      return '';
  }
}

/** FNV-1a of a cell's name, so that adding a cell changes no other. */
function seedOf(name: string, seed: number, run: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return Math.imul(hash ^ run, 0x9e3779b1) ^ (run << 7);
}
