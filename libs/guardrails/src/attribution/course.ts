import type { InstantMs } from '@parapet/kernel';
import { type AnchorPlan, slotOf } from '../anchors.js';
import { addToRow, closedEnd, type OpenRows } from '../open-rows.js';
import type { Lens } from './lens.js';
import { NEITHER, type Pair, plusPair, type Run, type Tally, type Trace, type Valley } from './state.js';

/** Slot, and a pair. */
const ROW = 5;

/** A trace before any observation. */
export function startTrace(lens: Lens | null, startMs: InstantMs): Trace {
  const trace = { newestAtMs: null, open: [], countedToMs: startMs };
  if (lens === null) return { ...trace, runs: [] };
  const valleys: readonly Valley[] = [{ fromMs: startMs, low: 0, atMs: startMs }];
  return { ...trace, runs: lens.gains(NEITHER).map(() => ({ sum: 0, valleys, since: NEITHER })) };
}

/** Takes one tally in. Late ones find their interval open, so that the order of arrival within the lateness does not matter. */
export function observeTrace(
  lens: Lens,
  plan: AnchorPlan,
  trace: Trace,
  atMs: InstantMs,
  of: 'exposed' | 'bystander',
  tally: Tally,
): Trace {
  const { sum, n } = tally;
  const open = addToRow(trace.open, slotOf(plan, atMs), of === 'exposed' ? [sum, n, 0, 0] : [0, 0, sum, n]);
  const newestAtMs = Math.max(trace.newestAtMs ?? atMs, atMs);
  const end = closedEnd(plan, open, ROW, newestAtMs);
  if (end === 0) return { newestAtMs, open, countedToMs: trace.countedToMs, runs: trace.runs };
  return {
    newestAtMs,
    open: open.slice(end),
    countedToMs: Math.max(trace.countedToMs, endOf(plan, open[end - ROW] as number)),
    runs: runOver(lens, plan, trace.runs, open, end),
  };
}

/** The runs as if every open interval were over. */
export function runsNow(lens: Lens, plan: AnchorPlan, trace: Trace): readonly Run[] {
  return runOver(lens, plan, trace.runs, trace.open, trace.open.length);
}

function endOf(plan: AnchorPlan, slot: number): InstantMs {
  return plan.startMs + (slot + 1) * plan.intervalMs;
}

function runOver(lens: Lens, plan: AnchorPlan, runs: readonly Run[], rows: OpenRows, end: number): readonly Run[] {
  let now = runs;
  for (let row = 0; row < end; row += ROW) {
    const interval: Pair = {
      exposedSum: rows[row + 1] as number,
      exposedN: rows[row + 2] as number,
      bystanderSum: rows[row + 3] as number,
      bystanderN: rows[row + 4] as number,
    };
    const gains = lens.gains(interval);
    const endMs = endOf(plan, rows[row] as number);
    now = now.map((run, i) => runOn(run, gains[i] as number, interval, endMs));
  }
  return now;
}

function runOn(run: Run, gain: number, interval: Pair, endMs: InstantMs): Run {
  const sum = run.sum + gain;
  const since = plusPair(run.since, interval);
  const [only] = run.valleys;
  // Mostly nobody else releases anything.
  if (run.valleys.length === 1 && only !== undefined && only.low !== null) {
    return sum > only.low
      ? { sum, valleys: run.valleys, since }
      : { sum, valleys: [{ fromMs: only.fromMs, low: sum, atMs: endMs }], since: NEITHER };
  }
  const current = run.valleys.findLastIndex(({ fromMs }) => fromMs < endMs);
  const isFirstOfStretch = run.valleys.some(({ fromMs, low }) => low === null && fromMs < endMs);
  // A change that began with a release began before this interval was counted.
  const valleys = isFirstOfStretch
    ? run.valleys.map((v) => (v.low === null && v.fromMs < endMs ? { ...v, low: run.sum } : v))
    : run.valleys;
  const valley = valleys[current];
  if (valley === undefined || valley.low === null || sum > valley.low) return { sum, valleys, since };
  const isLowest = valleys.every(({ low }) => low === null || sum <= low);
  return {
    sum,
    valleys: valleys.with(current, { ...valley, low: sum, atMs: endMs }),
    since: isLowest ? NEITHER : since,
  };
}

/** Begins a stretch where another release began, so that changes before and after it are told apart. */
export function divideTrace(trace: Trace, atMs: InstantMs): Trace {
  return {
    ...trace,
    runs: trace.runs.map((run) => ({ ...run, valleys: divided(run.valleys, atMs, trace.countedToMs) })),
  };
}

function divided(valleys: readonly Valley[], atMs: InstantMs, countedToMs: InstantMs): readonly Valley[] {
  const index = valleys.findLastIndex(({ fromMs }) => fromMs <= atMs);
  const within = valleys[index];
  if (within === undefined || within.fromMs === atMs) return valleys;
  const [older, newer] = [valleys.slice(0, index), valleys.slice(index + 1)];
  if (atMs >= countedToMs || within.low === null) {
    return [...older, within, { fromMs: atMs, low: null, atMs }, ...newer];
  }
  // Told too late: on which side of it the lowest point lay is known, how low the other side was is not. It gets the benefit.
  const before = { ...within, atMs: Math.min(within.atMs, atMs) };
  return [...older, before, { fromMs: atMs, low: within.low, atMs: Math.max(within.atMs, atMs) }, ...newer];
}

/** When a change most probably began, with how likely each stretch is to hold its beginning. */
export interface Course {
  readonly onsetMs: InstantMs;
  /** One point a stretch: ln of its likelihood relative to the likeliest. */
  readonly beginnings: readonly Beginning[];
  /** What was counted since the onset. */
  readonly since: Pair;
  /** ln of the likelihood ratio of the change, from its beginning on. */
  readonly strength: number;
}

/** A time at which a change may have begun. */
export interface Beginning {
  readonly atMs: InstantMs;
  readonly logLikelihood: number;
}

/** The course of the size of change that explains it best; null where nothing has become worse. */
export function courseOf(runs: readonly Run[]): Course | null {
  let best: Course | null = null;
  for (const run of runs) {
    const told = run.valleys.flatMap(({ atMs, low }) => (low === null ? [] : [{ atMs, low }]));
    const lowest = Math.min(...told.map(({ low }) => low));
    const strength = run.sum - lowest;
    const onset = told.findLast(({ low }) => low === lowest);
    if (onset === undefined || !(strength > (best?.strength ?? 0))) continue;
    best = {
      onsetMs: onset.atMs,
      beginnings: told.map(({ atMs, low }) => ({ atMs, logLikelihood: lowest - low })),
      since: run.since,
      strength,
    };
  }
  return best;
}
