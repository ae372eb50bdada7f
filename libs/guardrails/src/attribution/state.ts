import type { InstantMs } from '@parapet/kernel';
import type { NearbyRelease } from '../watch-spec.js';

/** A sum and what it is a sum over: bad ones of all, events of exposure, or values of their number. */
export interface Tally {
  readonly sum: number;
  readonly n: number;
}

/** The same time seen twice, flat because it is made anew with every sample: what got the release, and what did not. */
export interface Pair {
  readonly exposedSum: number;
  readonly exposedN: number;
  readonly bystanderSum: number;
  readonly bystanderN: number;
}

/** The lowest point of a run within a stretch of time: had the change begun within it, it most probably began there. */
export interface Valley {
  /** Where the stretch begins: the start of the watch, or that of another release. */
  readonly fromMs: InstantMs;
  readonly low: number;
  readonly atMs: InstantMs;
}

/**
 * The running log likelihood ratio of one size of change against none. The likelihood of a change that began at an instant is that
 * of all that came after it: the lower the run was then, the likelier it began there (Page's cumulative sum). With it the valley of
 * the stretch under way, and what was counted since the lowest point of all.
 */
export interface Run extends Valley, Pair {
  readonly sum: number;
  readonly lowest: number;
  /** The stretches before, in order; none while nobody else releases anything. */
  readonly older: readonly Valley[];
}

/** What one guardrail's observations say about when a change began, and about what did not get the release. */
export interface Trace {
  /** How many runs there are: one for each size of change that is looked for, none where there is nothing to compare with. */
  readonly sizes: number;
  /**
   * The newest sample, up to when the runs have counted, the runs, and the rows of slot and pair that late samples may still join
   * (see `course.ts`): one flat array, for every sample of every watch makes it anew.
   */
  readonly numbers: number[];
  /** Of each run the stretches before the one under way; empty while nobody else releases anything. */
  older: readonly (readonly Valley[])[];
}

/** All that whom to blame rests on; JSON, of bounded size. */
export interface AttributionState {
  /** In the order of the watch's guardrails. */
  readonly traces: readonly Trace[];
  /** Null until the other releases were told. */
  readonly nearby: readonly NearbyRelease[] | null;
  /** Where they began, in order, those before the watch left out. */
  readonly startsMs: readonly InstantMs[];
  /** How many more there are than are kept. */
  readonly nearbyLeftOut: number;
}

/** Nothing counted. */
export const NONE: Tally = { sum: 0, n: 0 };
/** Nothing counted of either. */
export const NEITHER: Pair = { exposedSum: 0, exposedN: 0, bystanderSum: 0, bystanderN: 0 };

/** Both together. */
export function plus(a: Tally, b: Tally): Tally {
  return { sum: a.sum + b.sum, n: a.n + b.n };
}

/** What got the release. */
export function exposedOf(pair: Pair): Tally {
  return { sum: pair.exposedSum, n: pair.exposedN };
}

/** What did not. */
export function bystandersOf(pair: Pair): Tally {
  return { sum: pair.bystanderSum, n: pair.bystanderN };
}
