import type { AnchorPlan } from './anchors.js';
import { finite } from './log-space.js';

/** Terms so far below the largest change no digit of their sum. */
const NEGLIGIBLE = -40;

/** An average over beginnings and sizes of a degradation, in logarithms (statistics 7). */
export interface Mixture {
  /** Written anew by whoever asks, before each `evidence`: anchor by anchor, the sizes of the grid of each. */
  readonly terms: Float64Array;
  /** ln of the average when that many anchors have begun; those still to come contribute their weight. */
  evidence(begun: number): number;
}

/** Makes an average ready: weights and the room for its terms. */
export function mixtureOver(plan: AnchorPlan, sizes: number): Mixture {
  const terms = new Float64Array(plan.count * sizes);
  const shares = plan.logWeights.map((logWeight) => logWeight - Math.log(sizes));
  // What the anchors still to come weigh, by how many have begun.
  const waiting = Array.from({ length: plan.count + 1 }, (_, begun) =>
    Math.log(plan.logWeights.slice(begun).reduce((sum, logWeight) => sum + Math.exp(logWeight), 0)),
  );
  return {
    terms,
    evidence: (begun) => {
      const rest = waiting[begun] as number;
      let largest = rest;
      for (let anchor = 0, i = 0; anchor < begun; anchor++) {
        const share = shares[anchor] as number;
        for (let size = 0; size < sizes; size++, i++) {
          const term = (terms[i] as number) + share;
          terms[i] = term;
          if (!(term <= largest)) largest = term;
        }
      }
      let sum = Math.exp(rest - largest);
      for (let i = 0; i < begun * sizes; i++) {
        const below = (terms[i] as number) - largest;
        if (!(below < NEGLIGIBLE)) sum += Math.exp(below);
      }
      return finite(largest + Math.log(sum), 'evidence');
    },
  };
}
