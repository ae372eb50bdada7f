import { setImmediate as afterLooking } from 'node:timers/promises';

/**
 * Lets messages through a few at a time, in the order in which they came, and looks at the network in between.
 * Node accepts one connection each time it looks: where dozens of messages are read before it looks again, the next senders wait
 * for many seconds without any answer, while whoever has a connection already is served again and again.
 */
export class Turns {
  #asked = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly together: number) {}

  /** Resolves when it is the caller's turn; what the caller then does without waiting is its turn. */
  next(): Promise<unknown> {
    if (this.#asked++ % this.together === 0) this.#last = this.#last.then(() => afterLooking());
    return this.#last;
  }
}
