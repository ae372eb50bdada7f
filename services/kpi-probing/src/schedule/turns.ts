/** Lets one piece of work at a time reach each target, in the order of asking. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  /** Runs the work once everything asked before for this target has ended, well or badly. */
  async take<T>(target: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(target) ?? Promise.resolve();
    const mine = before.then(work);
    const ended = mine.then(
      () => undefined,
      () => undefined,
    );
    this.#last.set(target, ended);
    try {
      return await mine;
    } finally {
      if (this.#last.get(target) === ended) this.#last.delete(target);
    }
  }
}
