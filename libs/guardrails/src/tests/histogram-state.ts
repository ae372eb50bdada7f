import { type Buckets, isSameBounds, rebin } from '@parapet/signals';
import type { AnchoredSums } from '../anchored-sums.js';
import type { GuardrailTest } from '../guardrail.js';
import type { WatchedGuardrail, WatchSpec } from '../watch-spec.js';
import type { Told } from './guardrail-test.js';
import type { HistogramBaseline } from './tails.js';

/** Requests per bucket of latency, compared with history or with what did not get the release. */
export type HistogramTest = Exclude<Extract<GuardrailTest, { kind: 'histogram' }>, { against: 'auto' }>;
/** A watched guardrail with such a test. */
export type WatchedHistogram = WatchedGuardrail & { readonly guardrail: { readonly test: HistogramTest } };

/** Requests by bucket of each arm, and what they come to since each anchor. */
export interface HistogramState {
  /** Requests of what got the release, those that were not judged included. */
  seen: number;
  /** Judged requests by the reader's bounds. */
  readonly watched: number[];
  readonly control: number[];
  readonly anchored: AnchoredSums;
}

/** A histogram before any sample. */
export function noRequests(bounds: readonly number[], anchored: AnchoredSums): HistogramState {
  const none = () => Array.from({ length: bounds.length + 1 }, () => 0);
  return { seen: 0, watched: none(), control: none(), anchored };
}

/** A sample's requests by the bounds that this guardrail is judged by; null where they cannot be told from those it came with. */
export function countsBy(bounds: readonly number[], { observation: { value } }: Told): readonly number[] | null {
  if (value.kind !== 'histogram') return null;
  return isSameBounds(value.bounds, bounds) ? value.counts : rebin(value, bounds);
}

/** The settle period and times too unlike the baseline are no evidence of anything (statistics 4.2, 8). */
export function isJudged(spec: WatchSpec, told: Told): boolean {
  return told.isComparable && told.observation.atMs > spec.startMs + spec.policy.warmUpMs;
}

/** All requests of a sample. */
export function requestsOf(counts: readonly number[]): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}

/** Takes one more judged sample into the totals, in place. */
export function addCounts(state: HistogramState, arm: Told['arm'], counts: readonly number[]): void {
  if (arm === 'watched') state.seen += requestsOf(counts);
  addTo(state[arm], counts);
}

/** Adds numbers one by one, in place. */
export function addTo(sums: number[], added: readonly number[]): void {
  for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) + (added[i] as number);
}

/** History of a guardrail that can be used, the newest kind first. */
export function histogramsOf(watched: WatchedGuardrail): readonly HistogramBaseline[] {
  return watched.baselines.flatMap(({ baseline }) => (baseline.kind === 'histogram' ? [baseline] : []));
}

/** The bounds that samples are read by: those of the newest history. */
export function boundsOf(history: readonly Buckets[]): readonly number[] {
  return history[0]?.bounds ?? [];
}
