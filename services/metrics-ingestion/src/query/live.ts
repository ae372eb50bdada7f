import { type InstantMs, unreachable } from '@parapet/kernel';
import type { GapReason } from '@parapet/signals';
import { type AskedOutcome, type AskedSource, askSignal, type QueryClient } from './ask-signal.js';
import { historyStart } from './history.js';
import { backoffMs, lastOf } from './loop.js';
import type { QueryPorts, SourceName } from './ports.js';
import { dueAtMs, instantsAfter, newestInstant } from './promql.js';
import { type AskedSignal, gapOf } from './samples.js';

/** How many missed instants are asked for at once: enough to catch up quickly, few enough for any Prometheus. */
const INSTANTS_MAX = 300;
/** Between two pieces of what was missed. */
const CATCH_UP_PAUSE_MS = 250;
/** Another instance asks; it may end at any time. */
const CLAIM_PAUSE_MS = 2_000;

/** Asks a source for the present, instant after instant; one that nobody could be asked about is a gap, and asked about later. */
export class LiveAsking {
  /** Signals whose query was refused; asked again once the configuration has changed and this object with it. */
  readonly #broken = new Set<string>();
  /** Signals whose query has to be changed, as people were told. */
  readonly #complained = new Set<string>();
  /** The newest instant of which a gap was told, by signal. */
  readonly #told = new Map<string, InstantMs>();
  #failures = 0;
  /** Whoever was not answered comes last the next time: one slow query keeps no other from being asked. */
  #order: readonly AskedSignal[];
  /** How many instants a signal is asked about at once, where that is fewer than usual. */
  readonly #most = new Map<string, number>();

  constructor(
    private readonly of: SourceName,
    private readonly source: AskedSource,
    signals: readonly AskedSignal[],
    private readonly everyMs: number,
    private readonly client: QueryClient,
    private readonly ports: QueryPorts,
  ) {
    this.#order = signals;
  }

  /** One round; answers how long to pause before the next. */
  async round(): Promise<number> {
    const { turns, nowMs } = this.ports;
    if (!(await turns.claim(`${this.of.tenant}/${this.of.source}`))) return Math.min(this.everyMs, CLAIM_PAUSE_MS);
    const { scrapeIntervalMs } = this.source.prometheus;
    const newestMs = newestInstant(nowMs(), scrapeIntervalMs, this.everyMs);
    const missed: AskedSignal[] = [];
    let isBehind = false;
    let down: AskedSignal | null = null;
    for (const signal of this.#order) {
      // Where nobody is there to answer one question, the next would only wait as long.
      const reached: number | 'down' | 'too-much' = down === null ? await this.#ask(signal, newestMs) : 'down';
      if (typeof reached === 'number') isBehind ||= reached < newestMs;
      else missed.push(signal);
      if (reached === 'down') down ??= signal;
    }
    if (down !== null) this.#order = lastOf(this.#order, down);
    const pauseMs = Math.max(0, dueAtMs(newestMs, scrapeIntervalMs, this.everyMs) - nowMs());
    if (missed.length > 0) return await this.#failed(missed, newestMs, pauseMs);
    this.#failures = 0;
    return isBehind ? CATCH_UP_PAUSE_MS : pauseMs;
  }

  /** Up to where a signal is asked now; `down`: nobody answered at all, `too-much`: only this was more than can be answered. */
  async #ask(signal: AskedSignal, newestMs: InstantMs): Promise<InstantMs | 'down' | 'too-much'> {
    const { cursors, publishSamples } = this.ports;
    const key = { ...this.of, signal: signal.name };
    const begin = historyStart(this.source, signal, this.everyMs, newestMs);
    const { askedToMs } = await cursors.read(key, begin);
    if (askedToMs >= newestMs) return newestMs;
    const most = this.#most.get(signal.name) ?? INSTANTS_MAX;
    const instants = instantsAfter(askedToMs, newestMs, this.everyMs, most);
    if (this.#broken.has(signal.name)) return await this.#giveUp(signal, newestMs);
    const begunMs = performance.now();
    const outcome = await askSignal(this.client, this.source, signal, instants);
    this.ports.metrics.observe('parapet_query_seconds', { ...this.of }, (performance.now() - begunMs) / 1_000);
    this.#count(outcome);
    switch (outcome.kind) {
      case 'unreachable':
        this.#warn(signal, outcome.detail);
        if (outcome.trouble !== 'away') this.#most.set(signal.name, Math.max(1, Math.floor(most / 2)));
        return outcome.trouble === 'too-much' ? 'too-much' : 'down';
      case 'bad-query':
        await this.#complain(signal, outcome.detail);
        this.#broken.add(signal.name);
        return await this.#giveUp(signal, newestMs);
      case 'answered':
        this.#most.set(signal.name, Math.min(INSTANTS_MAX, most * 2));
        await publishSamples(this.of, outcome.placed, { isHistory: false });
        if (outcome.problem === null) this.#complained.delete(signal.name);
        else await this.#complain(signal, outcome.problem);
        await cursors.move(key, 'asked_to', instants.toMs);
        return instants.toMs;
      default:
        return unreachable(outcome);
    }
  }

  /** Tries again within the interval; before it is over the instant is a gap. Its values still come, once somebody answers. */
  async #failed(missed: readonly AskedSignal[], newestMs: InstantMs, leftMs: number): Promise<number> {
    this.#failures++;
    const pauseMs = backoffMs(this.#failures);
    if (pauseMs < leftMs) return pauseMs;
    const untold = missed.filter(({ name }) => (this.#told.get(name) ?? 0) < newestMs);
    await this.#tellGaps(untold, newestMs, 'unreachable');
    return Math.max(leftMs, 0);
  }

  /** A query that is refused is not asked again: what is missed of it is missed for good. */
  async #giveUp(signal: AskedSignal, newestMs: InstantMs): Promise<InstantMs> {
    await this.#tellGaps([signal], newestMs, 'bad-query');
    await this.ports.cursors.move({ ...this.of, signal: signal.name }, 'asked_to', newestMs);
    return newestMs;
  }

  async #tellGaps(signals: readonly AskedSignal[], atMs: InstantMs, reason: GapReason): Promise<void> {
    const gaps = signals.flatMap((signal) =>
      this.source.environments.map((environment) => gapOf(signal, environment, atMs, reason)),
    );
    if (gaps.length > 0) await this.ports.publishSamples(this.of, gaps, { isHistory: false });
    for (const { name } of signals) this.#told.set(name, atMs);
  }

  /** Said aloud once, until the query gives what it should: nobody looks at a guardrail that never had a value. */
  async #complain(signal: AskedSignal, detail: string): Promise<void> {
    if (this.#complained.has(signal.name)) return;
    const { logger, refuse, nowMs } = this.ports;
    logger.error({ ...this.of, signal: signal.name, detail }, 'a query has to be changed');
    await refuse(this.of, this.source.environments, `bad-query: ${signal.name}: ${detail}`, nowMs());
    this.#complained.add(signal.name);
  }

  #warn(signal: AskedSignal, detail: string): void {
    const fields = { ...this.of, signal: signal.name, detail, failures: this.#failures + 1 };
    this.ports.logger.warn(fields, 'Prometheus did not answer');
  }

  #count(outcome: AskedOutcome): void {
    this.ports.metrics.count('parapet_query_total', { ...this.of, outcome: wordOf(outcome) });
    if (outcome.kind === 'answered' && outcome.warnings.length > 0)
      this.ports.logger.warn({ ...this.of, warnings: outcome.warnings }, 'Prometheus warns that its answer is partial');
  }
}

function wordOf(outcome: AskedOutcome): string {
  if (outcome.kind !== 'answered') return outcome.kind;
  if (outcome.problem !== null) return 'bad-query';
  return outcome.warnings.length > 0 ? 'partial' : 'answered';
}
