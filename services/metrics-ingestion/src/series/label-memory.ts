import type { OutsideSeries } from './outside.js';

type Labels = OutsideSeries['labels'];

/** As much as is remembered at least, and half of what is at most: a few thousand series of a shop take a tenth of it. */
const CHARACTERS_MAX = 4 * 1024 * 1024;
/** A series whose labels are longer is met too seldom to be worth its place. */
export const NAME_CHARACTERS_MAX = 16 * 1024;

/**
 * Labels of series that came before: a sender writes the same ones with every scrape, and reading them costs more than anything else at a
 * door. Nothing depends on it; what was not met lately is forgotten.
 */
export class LabelMemory {
  #young = new Map<string, Labels>();
  #old = new Map<string, Labels>();
  #youngCharacters = 0;

  constructor(private readonly charactersMax = CHARACTERS_MAX) {}

  /** How many series are remembered. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** The labels of a name that holds all of them and the metric; made where they are not remembered. The same name gives the same object. */
  labels(name: string, make: () => Labels): Labels {
    const young = this.#young.get(name);
    if (young !== undefined) return young;
    const labels = this.#old.get(name) ?? make();
    if (name.length > NAME_CHARACTERS_MAX) return labels;
    if (this.#youngCharacters + name.length > this.charactersMax) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngCharacters = 0;
    }
    this.#young.set(name, labels);
    this.#youngCharacters += name.length;
    return labels;
  }
}
