import {
  DISPERSION_ASSUMED,
  isSameBounds,
  rebin,
  shapeOf,
  SHIFT_GRID,
  shiftScores,
  toleratedRatio,
} from '@parapet/signals';
import { type AnchorPlan, INTERVALS_MIN } from '../anchors.js';
import { type Mixture, mixtureOver } from '../mixture.js';
import { finite, logMeanExp } from '../log-space.js';
import { tailKernel } from './tail-kernel.js';
import { type HistogramBaseline, TAIL_GRID, tailsOf } from './tails.js';

/**
 * One window of history made ready: which sums over the buckets of a sample its tails and shifts need, and what these say. Its
 * numbers are linear in the requests, so that samples add up whatever their order.
 */
export interface LatencyHistory {
  readonly baseline: HistogramBaseline;
  /** How many sums it needs of a sample: one for each tail, one for each shift. */
  readonly width: number;
  /** Writes the sums of a sample, by the bounds of the reader, into `row` from `at` on. */
  read(counts: readonly number[], row: number[], at: number): void;
  /** The sums of one interval as they count (statistics 7): row and target hold the sums from their offsets on. */
  cap(requests: number, row: readonly number[], at: number, into: Float64Array, to: number): void;
  /** ln of the e-value of this window from what came since each anchor; rows of `stride`, requests first, own sums at `at`. */
  evidence(since: Float64Array, begun: number, stride: number, at: number): number;
  /** ln of the mean over the tails of the e-values against "unacceptable" (section 9). */
  acceptance(requests: number, row: readonly number[], at: number): number;
}

/**
 * Latency against one window of history (statistics 5.6): tails and shift, half of the weight each.
 * @param bounds those that samples are read by; null if the window's own cannot be read from them
 */
export function latencyHistory(
  plan: AnchorPlan,
  baseline: HistogramBaseline,
  bounds: readonly number[],
  worseBy: number,
): LatencyHistory | null {
  const columns = columnsOf(baseline, bounds);
  if (columns === null) return null;
  const tails = tailsOf(baseline);
  const tolerated = toleratedRatio(worseBy, baseline.drift);
  const shape = shapeOf(baseline);
  const scores = shape === null ? [] : SHIFT_GRID.map((times) => shiftScores(shape, tolerated, times));
  if (tails.length === 0 && scores.length === 0) return null;

  const width = tails.length + scores.length;
  const coefficients = Float64Array.from(
    columns.flatMap((own) => [
      ...tails.map(({ bound }) => (own > bound ? 1 : 0)),
      ...scores.map((score) => score[own] as number),
    ]),
  );
  const total = baseline.counts.reduce((sum, count) => sum + count, 0);
  const tail = tailKernel(plan, baseline, tails, { tolerated, isAlone: scores.length === 0 });
  const phis = scores.map((_, i) => scorePhi(baseline, SHIFT_GRID[i] as number));
  const shiftShare = tails.length === 0 ? 1 : 0.5;
  const shiftMax = (plan.evidenceNeeded + Math.log(scores.length) - Math.log(shiftShare)) / INTERVALS_MIN;
  const sizes = tails.length * TAIL_GRID.length + scores.length;
  const mixture: Mixture = mixtureOver(plan, sizes);
  // The mixture weighs all its terms the same: what this adds gives each component its own weight.
  const shiftOffset = Math.log((sizes * shiftShare) / scores.length);

  return {
    baseline,
    width,
    read: (counts, row, at) => {
      for (let c = 0; c < width; c++) row[at + c] = 0;
      for (let bucket = 0, i = 0; bucket < counts.length; bucket++) {
        const count = counts[bucket] as number;
        if (count === 0) {
          i += width;
          continue;
        }
        for (let c = 0; c < width; c++, i++)
          row[at + c] = (row[at + c] as number) + count * (coefficients[i] as number);
      }
    },
    cap: (requests, row, at, into, to) => {
      for (let j = 0; j < tails.length; j++) into[to + j] = tail.capped(j, row[at + j] as number, requests);
      for (let s = 0; s < scores.length; s++) {
        const c = tails.length + s;
        into[to + c] = Math.min(row[at + c] as number, (phis[s] as number) * shiftMax);
      }
    },
    evidence: (since, begun, stride, at) => {
      for (let anchor = 0, i = 0; anchor < begun; anchor++) {
        const row = anchor * stride;
        const requests = since[row] as number;
        i = tail.write(since, row + at, requests, mixture.terms, i);
        const finiteBaseline = total / (total + requests);
        for (let s = 0; s < scores.length; s++, i++) {
          const score = since[row + at + tails.length + s] as number;
          mixture.terms[i] = (score / (phis[s] as number)) * finiteBaseline + shiftOffset;
        }
      }
      return mixture.evidence(begun);
    },
    acceptance: (requests, row, at) =>
      logMeanExp(tails.map((_, j) => finite(tail.acceptable(j, row[at + j] as number, requests), 'evidence of tails'))),
  };
}

/** For each bucket between the reader's bounds the bucket of the baseline that it lies in; null where it lies in several. */
function columnsOf(baseline: HistogramBaseline, bounds: readonly number[]): readonly number[] | null {
  if (isSameBounds(baseline.bounds, bounds)) return [...bounds.keys(), bounds.length];
  const marked = [...bounds.keys(), bounds.length].map((bucket) => {
    const one = Array.from({ length: bounds.length + 1 }, (_, i) => (i === bucket ? 1 : 0));
    return rebin({ bounds, counts: one }, baseline.bounds)?.indexOf(1) ?? -1;
  });
  return marked.includes(-1) ? null : marked;
}

function scorePhi({ scoreDispersions }: HistogramBaseline, times: number): number {
  return (scoreDispersions.find((s) => s.times === times)?.dispersion ?? DISPERSION_ASSUMED).phi;
}
