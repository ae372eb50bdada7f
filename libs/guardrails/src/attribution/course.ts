import type { InstantMs } from '@parapet/kernel';
import { type AnchorPlan, slotOf } from '../anchors.js';
import { addToRow, closedEnd, dropRows } from '../open-rows.js';
import type { Lens } from './lens.js';
import { NEITHER, type Pair, type Run, type Tally, type Trace, type Valley } from './state.js';

/** No single interval says more than this: a burst is no beginning. */
const GAIN_MAX = 4;
/** Slot, and a pair. */
const ROW = 5;
/** Where the numbers of a trace stand: its newest sample, up to when it has counted, its runs. */
const NEWEST_MS = 0;
const COUNTED_TO_MS = 1;
const RUNS = 2;
/** Where the numbers of a run stand in its part. */
const SUM = 0;
const FROM_MS = 1;
const LOW = 2;
const AT_MS = 3;
const LOWEST = 4;
const SINCE = 5;
const RUN = SINCE + 4;
const NO_STRETCHES: readonly Valley[] = [];
const NONE_OLDER: Trace['older'] = [];

/** A trace before any observation. */
export function startTrace(lens: Lens | null, startMs: InstantMs): Trace {
  const sizes = lens === null ? 0 : lens.gains(NEITHER).length;
  const runs = Array.from({ length: sizes }, () => [0, startMs, 0, startMs, 0, 0, 0, 0, 0]).flat();
  return { sizes, numbers: [startMs, startMs, ...runs], older: NONE_OLDER };
}

/** The newest sample; the start of the watch before any. */
export function newestMsOf({ numbers }: Trace): InstantMs {
  return numbers[NEWEST_MS] as number;
}

/**
 * Takes one tally in, in place. Late ones find their interval open, so that the order of arrival within the lateness does not matter.
 * @param startsMs where other releases began, in order: each divides the time, so that changes before and after are told apart
 */
export function observeTrace(
  lens: Lens,
  plan: AnchorPlan,
  trace: Trace,
  startsMs: readonly InstantMs[],
  { atMs, of, tally }: { readonly atMs: InstantMs; readonly of: 'exposed' | 'bystander'; readonly tally: Tally },
): void {
  const { sum, n } = tally;
  const pair = of === 'exposed' ? [sum, n, 0, 0] : [0, 0, sum, n];
  const from = rowsFrom(trace);
  const { numbers } = trace;
  addToRow(numbers, slotOf(plan, atMs), pair, from);
  const newestAtMs = Math.max(newestMsOf(trace), atMs);
  numbers[NEWEST_MS] = newestAtMs;
  const end = closedEnd(plan, numbers, ROW, newestAtMs, from);
  if (end > from) runOver(lens, plan, trace, startsMs, end);
}

function rowsFrom({ sizes }: Trace): number {
  return RUNS + sizes * RUN;
}

/** The runs as if every open interval were over. */
export function runsNow(lens: Lens, plan: AnchorPlan, trace: Trace, startsMs: readonly InstantMs[]): readonly Run[] {
  const whole = { ...trace, numbers: [...trace.numbers] };
  runOver(lens, plan, whole, startsMs, whole.numbers.length);
  return unpacked(whole);
}

function endOf(plan: AnchorPlan, slot: number): InstantMs {
  return plan.startMs + (slot + 1) * plan.intervalMs;
}

/** Counts the rows before a place, in place; then they are gone. */
function runOver(lens: Lens, plan: AnchorPlan, trace: Trace, startsMs: readonly InstantMs[], end: number): void {
  const from = rowsFrom(trace);
  const { numbers } = trace;
  for (let row = from; row < end; row += ROW) {
    const interval: Pair = {
      exposedSum: numbers[row + 1] as number,
      exposedN: numbers[row + 2] as number,
      bystanderSum: numbers[row + 3] as number,
      bystanderN: numbers[row + 4] as number,
    };
    const endMs = endOf(plan, numbers[row] as number);
    if (startsMs.length > 0) trace.older = begin(trace, numbers, endMs, startsMs);
    runOn(numbers, trace.sizes, lens.gains(interval), interval, endMs);
    numbers[COUNTED_TO_MS] = Math.max(numbers[COUNTED_TO_MS] as number, endMs);
  }
  dropRows(numbers, from, end);
}

/** Takes one interval into the runs, in place. */
function runOn(next: number[], sizes: number, gains: readonly number[], interval: Pair, endMs: InstantMs): void {
  for (let size = 0; size < sizes; size++) {
    const at = RUNS + size * RUN;
    const sum = (next[at + SUM] as number) + Math.min(gains[size] as number, GAIN_MAX);
    next[at + SUM] = sum;
    if (sum <= (next[at + LOW] as number)) {
      next[at + LOW] = sum;
      next[at + AT_MS] = endMs;
    }
    const isLowest = sum <= (next[at + LOWEST] as number);
    if (isLowest) next[at + LOWEST] = sum;
    const since = at + SINCE;
    next[since] = isLowest ? 0 : (next[since] as number) + interval.exposedSum;
    next[since + 1] = isLowest ? 0 : (next[since + 1] as number) + interval.exposedN;
    next[since + 2] = isLowest ? 0 : (next[since + 2] as number) + interval.bystanderSum;
    next[since + 3] = isLowest ? 0 : (next[since + 3] as number) + interval.bystanderN;
  }
}

function unpacked({ sizes, numbers, older }: Trace): readonly Run[] {
  return Array.from({ length: sizes }, (_, size) => {
    const at = RUNS + size * RUN;
    const of = (place: number) => numbers[at + place] as number;
    return {
      sum: of(SUM),
      fromMs: of(FROM_MS),
      low: of(LOW),
      atMs: of(AT_MS),
      lowest: of(LOWEST),
      exposedSum: of(SINCE),
      exposedN: of(SINCE + 1),
      bystanderSum: of(SINCE + 2),
      bystanderN: of(SINCE + 3),
      older: older[size] ?? NO_STRETCHES,
    };
  });
}

/** Writes where the stretches under way begin, and their lowest points; answers the older stretches. */
function pack(runs: readonly Run[], into: number[]): Trace['older'] {
  runs.forEach(({ fromMs, low, atMs }, size) => {
    const at = RUNS + size * RUN;
    into[at + FROM_MS] = fromMs;
    into[at + LOW] = low;
    into[at + AT_MS] = atMs;
  });
  return runs.every(({ older }) => older.length === 0) ? NONE_OLDER : runs.map(({ older }) => older);
}

/** Begins a stretch for every release that began before the end of an interval: had it done it, it did so by then. */
function begin(trace: Trace, into: number[], endMs: InstantMs, startsMs: readonly InstantMs[]): Trace['older'] {
  // The runs of a trace are divided alike: the first one tells whether anything begins.
  const newestMs = trace.sizes === 0 ? endMs : (trace.numbers[RUNS + FROM_MS] as number);
  if (!startsMs.some((startMs) => startMs > newestMs && startMs < endMs)) return trace.older;
  return pack(
    unpacked(trace).map((run) => withStretches(run, endMs, startsMs)),
    into,
  );
}

function withStretches(run: Run, endMs: InstantMs, startsMs: readonly InstantMs[]): Run {
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
  const numbers = [...trace.numbers];
  const countedToMs = numbers[COUNTED_TO_MS] as number;
  const older = pack(
    unpacked(trace).map((run) => divided(run, startsMs, countedToMs)),
    numbers,
  );
  return { sizes: trace.sizes, numbers, older };
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
  const onset = beginnings.find(({ logLikelihood }) => logLikelihood === 0) ?? { atMs };
  return { onsetMs: onset.atMs, beginnings, since: best, strength: sum - lowest };
}
