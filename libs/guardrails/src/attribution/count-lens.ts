import type { Baseline, Observation } from '@parapet/signals';
import type { Lens } from './lens.js';
import { bystandersOf, exposedOf, type Pair, type Tally } from './state.js';

/** How many times worse than tolerated a change may be that is looked for. */
const SIZES = [1.25, 2, 5] as const;
/** An effect is taken to lie between these. */
const EFFECT_MIN = 1.25;
const EFFECT_MAX = 10;

/** What counts are compared with. */
interface CountsCompared {
  readonly read: (observation: Observation) => Tally | null;
  readonly ofBaseline: (baseline: Baseline) => Tally | null;
  readonly phi: number;
  /** Where too few events are bad. */
  readonly isFewer: boolean;
  readonly reference: number | null;
  /** How many times the rate of the bystanders is usual; once, where that is not known. */
  readonly usualRatio?: number;
  readonly tolerated: number;
}

/**
 * Bad ones of all, or events of exposure. Against a rate that is known: 5.1 with the tolerated rate as null. Against bystanders
 * (`reference` null): 5.4, interval by interval.
 */
export class CountLens implements Lens {
  readonly form = 'counts';
  readonly read: CountsCompared['read'];
  readonly ofBaseline: CountsCompared['ofBaseline'];
  readonly #phi: number;
  readonly #reference: number | null;
  readonly #direction: 1 | -1;
  readonly #usualRatio: number;
  /** What is just tolerated, and each size of change. */
  readonly #tolerated: number;
  readonly #ratios: readonly number[];
  readonly #logs: readonly number[];

  constructor(o: CountsCompared) {
    this.read = o.read;
    this.ofBaseline = o.ofBaseline;
    this.#phi = o.phi;
    this.#reference = o.reference;
    const direction = o.isFewer ? -1 : 1;
    this.#direction = direction;
    this.#usualRatio = o.usualRatio ?? 1;
    const tolerated = this.#usualRatio * o.tolerated ** direction;
    this.#tolerated = tolerated;
    this.#ratios = SIZES.map((size) => tolerated * size ** direction);
    this.#logs = this.#ratios.map((ratio) => Math.log(ratio / tolerated));
  }

  gains(pair: Pair): readonly number[] {
    const [reference, tolerated, phi] = [this.#reference, this.#tolerated, this.#phi];
    const logs = this.#logs;
    return this.#ratios.map((ratio, i) => {
      if (pair.exposedN === 0) return 0;
      if (reference === null) return divided(exposedOf(pair), bystandersOf(pair), ratio, tolerated) / phi;
      return (pair.exposedSum * (logs[i] as number) - reference * pair.exposedN * (ratio - tolerated)) / phi;
    });
  }

  effectOf({ exposedSum, exposedN, bystanderSum, bystanderN }: Pair): number | null {
    const usual = this.#reference ?? (bystanderN > 0 ? (this.#usualRatio * (bystanderSum + 0.5)) / bystanderN : null);
    if (usual === null || usual === 0 || !(exposedN > 0)) return null;
    const worse = ((exposedSum + 0.5) / exposedN / usual) ** this.#direction;
    return Math.min(EFFECT_MAX, Math.max(EFFECT_MIN, worse)) ** this.#direction;
  }

  asBad(now: Tally, then: Tally, effect: number): number {
    return divided(now, then, 1, effect) / this.#phi;
  }
}

/** ln of the likelihood ratio of "the first has `ratio` times the rate of the second" against "`against` times" (statistics 5.4). */
function divided(first: Tally, second: Tally, ratio: number, against: number): number {
  if (first.n === 0 || second.n === 0) return 0;
  const shareOf = (times: number) => (times * first.n) / (times * first.n + second.n);
  const restOf = (times: number) => second.n / (times * first.n + second.n);
  return (
    first.sum * Math.log(shareOf(ratio) / shareOf(against)) + second.sum * Math.log(restOf(ratio) / restOf(against))
  );
}
