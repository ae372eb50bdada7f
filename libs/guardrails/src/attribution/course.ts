import type { InstantMs } from '@parapet/kernel';
import { type AnchorPlan, slotOf } from '../anchors.js';
import { addToRow, closedEnd, type OpenRows } from '../open-rows.js';
import type { Lens } from './lens.js';
import { NEITHER, type Pair, type Run, type Tally, type Trace, type Valley } from './state.js';

/** No single interval says more than this: a burst is no beginning. */
const GAIN_MAX = 4;
/** Slot, and a pair. */
const ROW = 5;
const NO_STRETCHES: readonly Valley[] = [];

/** A trace before any observation. */
export function startTrace(lens: Lens | null, startMs: InstantMs): Trace {
  const run: Run = { sum: 0, fromMs: startMs, low: 0, atMs: startMs, lowest: 0, ...NEITHER, older: NO_STRETCHES };
  const runs = lens === null ? [] : lens.gains(NEITHER).map(() => run);
  return { newestAtMs: null, open: [], countedToMs: startMs, runs };
}

/**
 * Takes one tally in. Late ones find their interval open, so that the order of arrival within the lateness does not matter.
 * @param startsMs where other releases began, in order: each divides the time, so that changes before and after are told apart
 */
export function observeTrace(
  lens: Lens,
  plan: AnchorPlan,
  trace: Trace,
  startsMs: readonly InstantMs[],
  { atMs, of, tally }: { readonly atMs: InstantMs; readonly of: 'exposed' | 'bystander'; readonly tally: Tally },
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
    runs: runOver(lens, plan, trace.runs, startsMs, open, end),
  };
}

/** The runs as if every open interval were over. */
export function runsNow(lens: Lens, plan: AnchorPlan, trace: Trace, startsMs: readonly InstantMs[]): readonly Run[] {
  return runOver(lens, plan, trace.runs, startsMs, trace.open, trace.open.length);
}

function endOf(plan: AnchorPlan, slot: number): InstantMs {
  return plan.startMs + (slot + 1) * plan.intervalMs;
}

function runOver(
  lens: Lens,
  plan: AnchorPlan,
  runs: readonly Run[],
  startsMs: readonly InstantMs[],
  rows: OpenRows,
  end: number,
): readonly Run[] {
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
    now = now.map((run, i) => runOn(run, Math.min(gains[i] as number, GAIN_MAX), interval, endMs, startsMs));
  }
  return now;
}

function runOn(before: Run, gain: number, interval: Pair, endMs: InstantMs, startsMs: readonly InstantMs[]): Run {
  const run = startsMs.length === 0 ? before : withBegun(before, endMs, startsMs);
  const sum = run.sum + gain;
  const isLower = sum <= run.low;
  const isLowest = sum <= run.lowest;
  return {
    sum,
    fromMs: run.fromMs,
    low: isLower ? sum : run.low,
    atMs: isLower ? endMs : run.atMs,
    lowest: isLowest ? sum : run.lowest,
    exposedSum: isLowest ? 0 : run.exposedSum + interval.exposedSum,
    exposedN: isLowest ? 0 : run.exposedN + interval.exposedN,
    bystanderSum: isLowest ? 0 : run.bystanderSum + interval.bystanderSum,
    bystanderN: isLowest ? 0 : run.bystanderN + interval.bystanderN,
    older: run.older,
  };
}

/** The run with a stretch begun for every release that began before the end of an interval: had it done it, it did so by then. */
function withBegun(run: Run, endMs: InstantMs, startsMs: readonly InstantMs[]): Run {
  let now = run;
  for (const startMs of startsMs) {
    if (startMs <= now.fromMs || startMs >= endMs) continue;
    const { fromMs, low, atMs } = now;
    now = { ...now, fromMs: startMs, low: run.sum, atMs: startMs, older: [...now.older, { fromMs, low, atMs }] };
  }
  return now;
}

/**
 * The trace after other releases were told of. Where samples after the beginning of one were counted already, it is known on which
 * side of it the lowest point lay and not how low the other side was: that gets the benefit of the doubt. Stretches of releases
 * that are looked at no more join the ones before them.
 */
export function divideTrace(trace: Trace, startsMs: readonly InstantMs[]): Trace {
  return { ...trace, runs: trace.runs.map((run) => divided(run, startsMs, trace.countedToMs)) };
}

function divided(run: Run, startsMs: readonly InstantMs[], countedToMs: InstantMs): Run {
  const { fromMs, low, atMs } = run;
  const known = joined([...run.older, { fromMs, low, atMs }], startsMs);
  const valleys = startsMs.filter((startMs) => startMs < countedToMs).reduce(withDivision, known);
  const newest = valleys.at(-1) as Valley;
  return { ...run, ...newest, older: valleys.length === 1 ? NO_STRETCHES : valleys.slice(0, -1) };
}

function withDivision(valleys: readonly Valley[], startMs: InstantMs): readonly Valley[] {
  const index = valleys.findLastIndex(({ fromMs }) => fromMs <= startMs);
  const within = valleys[index];
  if (within === undefined || within.fromMs === startMs) return valleys;
  const before = { ...within, atMs: Math.min(within.atMs, startMs) };
  const after = { fromMs: startMs, low: within.low, atMs: Math.max(within.atMs, startMs) };
  return [...valleys.slice(0, index), before, after, ...valleys.slice(index + 1)];
}

function joined(valleys: readonly Valley[], startsMs: readonly InstantMs[]): readonly Valley[] {
  return valleys.reduce<readonly Valley[]>((kept, valley) => {
    const before = kept.at(-1);
    if (before === undefined || startsMs.includes(valley.fromMs)) return [...kept, valley];
    return valley.low <= before.low ? kept.with(-1, { ...valley, fromMs: before.fromMs }) : kept;
  }, []);
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
  let best: Run | null = null;
  for (const run of runs) {
    const strength = run.sum - run.lowest;
    if (strength > (best === null ? 0 : best.sum - best.lowest)) best = run;
  }
  if (best === null) return null;
  const { sum, lowest, older, fromMs, low, atMs } = best;
  const beginnings = [...older, { fromMs, low, atMs }].map((v) => ({ atMs: v.atMs, logLikelihood: lowest - v.low }));
  const onset = beginnings.findLast(({ logLikelihood }) => logLikelihood === 0) ?? { atMs };
  return { onsetMs: onset.atMs, beginnings, since: best, strength: sum - lowest };
}
