import type { AnchorPlan } from './anchors.js';
import { finite } from './log-space.js';

/** Terms so far below the largest change no digit of their sum. */
const NEGLIGIBLE = -40;

/** An average over beginnings and sizes of a degradation, in logarithms (statistics 7). */
export interface Mixture {
  /**
   * Written anew by whoever asks, before each `evidence`: anchor by anchor, the sizes of the grid of each. Lent to every mixture of
   * this form, for nothing is kept in it from one question to the next.
   */
  readonly terms: Float64Array;
  /** ln of the average when that many anchors have begun; those still to come contribute their weight. */
  evidence(begun: number): number;
}

/** Weights depend on nothing but how many anchors and sizes there are: thousands of watches share them. */
const MIXTURES = new Map<string, Mixture>();

/** The average over the anchors of a plan and a number of sizes. */
export function mixtureOver(plan: AnchorPlan, sizes: number): Mixture {
  const form = `${plan.count} ${sizes}`;
  const known = MIXTURES.get(form);
  if (known !== undefined) return known;
  const made = makeMixture(plan, sizes);
  MIXTURES.set(form, made);
  return made;
}

function makeMixture(plan: AnchorPlan, sizes: number): Mixture {
  const terms = new Float64Array(plan.count * sizes);
  const shares = Float64Array.from(plan.logWeights, (logWeight) => logWeight - Math.log(sizes));
  // What the anchors still to come weigh, by how many have begun.
  const waiting = Float64Array.from({ length: plan.count + 1 }, (_, begun) =>
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
