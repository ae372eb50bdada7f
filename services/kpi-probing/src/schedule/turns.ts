/** Work that waits for its turn. */
interface Waiting {
  readonly limit: number;
  begin(): void;
}

interface Target {
  running: number;
  readonly waiting: Waiting[];
}

/**
 * Lets so many pieces of work at a time reach each target, in the order of asking. Probes that name the same target with different
 * limits: each begins only while fewer than its own limit run, so that the most careful of them is never joined by too many.
 */
export class Turns {
  readonly #targets = new Map<string, Target>();

  /** Runs the work once its turn has come; the turn ends with the work, well or badly. */
  async take<T>(target: string, limit: number, work: () => Promise<T>): Promise<T> {
    const at = this.#targets.get(target) ?? { running: 0, waiting: [] };
    this.#targets.set(target, at);
    await new Promise<void>((resolve) => {
      at.waiting.push({ limit: Math.max(1, limit), begin: resolve });
      beginNext(at);
    });
    try {
      return await work();
    } finally {
      at.running--;
      beginNext(at);
      if (at.running === 0 && at.waiting.length === 0) this.#targets.delete(target);
    }
  }
}

/** In the order of asking: who has to wait for a small limit is not overtaken by those with larger ones. */
function beginNext(at: Target): void {
  for (let next = at.waiting[0]; next !== undefined && at.running < next.limit; next = at.waiting[0]) {
    at.waiting.shift();
    at.running++;
    next.begin();
  }
}
