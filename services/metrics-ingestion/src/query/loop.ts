import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceLogger } from '@parapet/telemetry';

const BACKOFF_MS_MIN = 1_000;
const BACKOFF_MS_MAX = 30_000;

/** The pause after the n-th failure in a row, from 1. */
export function backoffMs(failures: number): number {
  return Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(failures - 1, 10));
}

/** A round of things that begins behind one of them, which so comes last. */
export function lastOf<T>(all: readonly T[], one: T): readonly T[] {
  const next = all.indexOf(one) + 1;
  return [...all.slice(next), ...all.slice(0, next)];
}

/** Does something again and again until it is stopped or done; what it throws is logged, and tried again after a while. */
export class AskingLoop {
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;

  /** @param round answers how long to pause before the next one; null: there is no next one */
  constructor(
    private readonly name: Readonly<Record<string, string>>,
    private readonly round: () => Promise<number | null>,
    private readonly logger: ServiceLogger,
  ) {
    this.#ended = this.#run();
  }

  /** Resolves once the round under way has ended; begins no other. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let failures = 0;
    let pauseMs: number | null = 0;
    while (pauseMs !== null) {
      // At least a turn of the event loop, so that a long past starves nobody.
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        pauseMs = await this.round();
        failures = 0;
      } catch (error) {
        // The stream or our own database did not answer: the cursor stands, and the same is asked again.
        failures++;
        pauseMs = backoffMs(failures);
        this.logger.warn({ err: error, ...this.name, failures, pauseMs }, 'cannot keep what Prometheus answered');
      }
    }
  }
}
