import { setTimeout as sleep } from 'node:timers/promises';
import type { CursorKey } from './cursors.js';
import { backoffMs, jitterMs } from './pace.js';
import type { Measure } from '@parapet/probes';
import { type RoundOutcome, runRound, type RoundPorts } from './round.js';

/** Where a loop tells what went wrong. */
export interface LoopLog {
  warn(text: string, fields: Readonly<Record<string, unknown>>): void;
  info(text: string, fields: Readonly<Record<string, unknown>>): void;
}

/** Takes one measurement again and again: on time, backed off after failures, never overlapping itself. */
export class ProbeLoop {
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  #failures = 0;
  /** What was last said to be found besides numbers, so that it is said once and not every minute. */
  #noted = '';

  constructor(
    private readonly measure: Measure,
    private readonly key: CursorKey,
    private readonly ports: RoundPorts,
    private readonly log: LoopLog,
    private readonly chance: () => number,
    private readonly perTarget: number,
  ) {
    this.#ended = this.#run();
  }

  /** Resolves once the round under way has ended; begins no other. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const lateMs = jitterMs(this.measure.rhythm.everyMs, this.chance());
    let pauseMs = lateMs;
    while (await this.#paused(pauseMs)) {
      const wasFailing = this.#failures > 0;
      const outcome = await this.#round();
      if (outcome.kind === 'failed') {
        this.#failures++;
        pauseMs = backoffMs(this.measure.rhythm.everyMs, this.#failures, this.chance());
        this.log.warn('could not measure', {
          ...this.key,
          why: outcome.why,
          detail: outcome.detail,
          failures: this.#failures,
          pauseMs,
        });
      } else if (outcome.kind === 'left-alone') {
        pauseMs = outcome.pauseMs + lateMs;
      } else {
        if (wasFailing) this.log.info('measures again', { ...this.key, failures: this.#failures });
        this.#failures = 0;
        this.#note(outcome.notes);
        pauseMs = outcome.pauseMs === 0 ? 0 : outcome.pauseMs + lateMs;
      }
    }
  }

  #note(notes: readonly string[] | null): void {
    if (notes === null || notes.join('\n') === this.#noted) return;
    this.#noted = notes.join('\n');
    this.log.info('found besides numbers', { ...this.key, notes });
  }

  async #round(): Promise<Exclude<RoundOutcome, { kind: 'failed' }> | { kind: 'failed'; why: string; detail: string }> {
    try {
      const care = { perTarget: this.perTarget, isCareful: this.#failures > 0 };
      const outcome = await runRound(this.measure, this.key, this.ports, care);
      if (outcome.kind !== 'failed') return outcome;
      return { kind: 'failed', why: outcome.failure.reason, detail: outcome.failure.message };
    } catch (error) {
      // The stream or our own database did not answer: the cursor stands, the same windows come again.
      return { kind: 'failed', why: 'not-published', detail: error instanceof Error ? error.message : String(error) };
    }
  }

  /** False once the loop is stopping. */
  async #paused(ms: number): Promise<boolean> {
    const { signal } = this.#stopping;
    if (signal.aborted) return false;
    // At least a turn of the event loop, so that a long backfill starves nobody.
    await sleep(ms, undefined, { signal }).catch(() => undefined);
    return !signal.aborted;
  }
}
