import type { InstantMs } from '@parapet/kernel';
import { seriesName } from '@parapet/signals';
import { type AskedOutcome, type AskedSource, askSignal, isAnyWindow, type QueryClient } from './ask-signal.js';
import type { CursorStart, QueryCursor } from './cursors.js';
import { backoffMs, lastOf } from './loop.js';
import type { QueryPorts, SourceName } from './ports.js';
import { type Instants, instantsIn, newestInstant, POINTS_MAX } from './promql.js';
import type { AskedSignal } from './samples.js';

/** History is kept by the minute: more points of the past say nothing more. */
const STEP_MS = 60_000;
/** A day of minutes: a question that any Prometheus can answer. */
const POINTS_OF_PART = 1_440;
const POINTS_OF_PART_MIN = 30;
/** At most so many samples of the past a second, so that live ones need not queue behind them. */
const SAMPLES_PER_SECOND = 10_000;
const PAUSE_MS_MIN = 250;
/** The past of a signal with very many series is shorter: all of it passes through the stream that live signals need. */
const SAMPLES_OF_SIGNAL_MAX = 1_000_000;
const ROOM_PAUSE_MS = 60_000;
const CLAIM_PAUSE_MS = 2_000;

/** Where a signal that is new begins, and how much of the past before it is asked for: whole steps, so that the last one ends there. */
export function historyStart(
  source: AskedSource,
  signal: AskedSignal,
  everyMs: number,
  newestMs: InstantMs,
): CursorStart {
  const stepMs = stepOf(signal, everyMs);
  return { newestMs, historyMs: Math.floor((source.historyMs ?? 0) / stepMs) * stepMs };
}

function stepOf(signal: AskedSignal, everyMs: number): number {
  return isAnyWindow(signal) ? Math.max(everyMs, STEP_MS) : everyMs;
}

/** The next part of the past, oldest first; null where it is filled. */
export function nextPart({ filledToMs, beganMs }: QueryCursor, stepMs: number, points: number): Instants | null {
  const left = Math.floor((beganMs - filledToMs) / stepMs);
  if (left < 1) return null;
  const fromMs = filledToMs + stepMs;
  return { fromMs, toMs: fromMs + (Math.min(left, points, POINTS_MAX) - 1) * stepMs, stepMs };
}

/**
 * Fills the baseline of a source's signals from what its Prometheus holds already: once for each, a part after the other, oldest first,
 * at a pace that hurts neither it nor our own live signals. The cursor moves after the stream has stored a part; a part that comes twice
 * all the same is history once, because the evaluator takes the past of a series in order only.
 */
export class HistoryFill {
  #points = POINTS_OF_PART;
  #failures = 0;
  /** Whoever was not answered comes last the next time: the past of one slow query keeps no other from being filled. */
  #order: readonly AskedSignal[];
  readonly #begun = new Set<string>();
  readonly #complained = new Set<string>();
  readonly #broken = new Set<string>();

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

  /** Asks for one part; answers how long to pause before the next, null once everything is filled. */
  async round(): Promise<number | null> {
    const { turns, cursors, nowMs } = this.ports;
    if (!(await turns.claim(`${this.of.tenant}/${this.of.source}`))) return CLAIM_PAUSE_MS;
    const newestMs = newestInstant(nowMs(), this.source.prometheus.scrapeIntervalMs, this.everyMs);
    let leftMs = 0;
    let next: { readonly signal: AskedSignal; readonly cursor: QueryCursor; readonly part: Instants } | null = null;
    for (const signal of this.#order.filter(({ name }) => !this.#broken.has(name))) {
      const key = { ...this.of, signal: signal.name };
      const begin = historyStart(this.source, signal, this.everyMs, newestMs);
      const cursor = await cursors.read(key, begin);
      const part = nextPart(cursor, stepOf(signal, this.everyMs), this.#points);
      if (part === null) continue;
      leftMs += cursor.beganMs - cursor.filledToMs;
      next ??= { signal, cursor, part };
    }
    this.ports.metrics.set('parapet_query_history_left_seconds', { ...this.of }, leftMs / 1000);
    if (next === null) return null;
    if (await this.ports.hasRoomForPast()) return await this.#fill(next.signal, next.cursor, next.part);
    this.ports.logger.warn({ ...this.of }, 'the stream of signals is half full: the baseline waits');
    return ROOM_PAUSE_MS;
  }

  async #fill(signal: AskedSignal, cursor: QueryCursor, part: Instants): Promise<number> {
    const { logger, cursors, publishSamples } = this.ports;
    const about = { ...this.of, signal: signal.name };
    if (!this.#begun.has(signal.name)) {
      this.#begun.add(signal.name);
      logger.info({ ...about, days: daysOf(cursor.beganMs - cursor.filledToMs) }, 'fills the baseline from the past');
    }
    const begunMs = performance.now();
    const outcome = await askSignal(this.client, this.source, signal, part);
    if (outcome.kind === 'bad-query') {
      this.#broken.add(signal.name);
      logger.error({ ...about, detail: outcome.detail }, 'cannot fill the baseline: Prometheus refuses the query');
      return 0;
    }
    if (outcome.kind === 'unreachable') return this.#failed(signal, outcome);
    this.#failures = 0;
    this.#complain(about, outcome.problem);
    // Gaps leave no trace in history: an absent minute and an empty one are the same unknown.
    const known = outcome.placed.filter(({ sample }) => sample.value.kind !== 'gap');
    await publishSamples(this.of, known, { isHistory: true });
    const toMs = this.#shortened(
      about,
      cursor,
      part,
      new Set(known.map(({ sample }) => seriesName('', sample.dimensions))).size,
    );
    await cursors.move(about, 'filled_to', toMs);
    const left = daysOf(cursor.beganMs - toMs);
    const fields = { ...about, points: instantsIn(part), samples: known.length, daysLeft: left };
    if (nextPart({ ...cursor, filledToMs: toMs }, part.stepMs, 1) === null)
      logger.info(fields, 'the baseline is filled from the past');
    else logger.info(fields, 'filled a part of the baseline');
    return Math.max(PAUSE_MS_MIN, performance.now() - begunMs, (known.length / SAMPLES_PER_SECOND) * 1000);
  }

  /** Where the next part begins: after this one, or later where there would be too many samples until the present. */
  #shortened(about: object, { beganMs }: QueryCursor, { toMs, stepMs }: Instants, series: number): InstantMs {
    const points = Math.floor(SAMPLES_OF_SIGNAL_MAX / Math.max(1, series));
    const startMs = beganMs - points * stepMs;
    if (startMs <= toMs) return toMs;
    const fields = { ...about, series, days: daysOf(beganMs - startMs) };
    this.ports.logger.warn(fields, 'a signal of so many series gets a shorter past; add some of them up');
    return startMs;
  }

  /** Live asking tells people of the same query; of the past only the log does, once. */
  #complain(about: { readonly signal: string }, detail: string | null): void {
    if (detail === null || this.#complained.has(about.signal)) return;
    this.#complained.add(about.signal);
    this.ports.logger.warn({ ...about, detail }, 'a part of the baseline stays unknown: its query has to be changed');
  }

  #failed(signal: AskedSignal, { detail, trouble }: Extract<AskedOutcome, { kind: 'unreachable' }>): number {
    this.#failures++;
    this.#order = lastOf(this.#order, signal);
    if (trouble !== 'away') this.#points = Math.max(POINTS_OF_PART_MIN, Math.floor(this.#points / 2));
    const pauseMs = backoffMs(this.#failures);
    this.ports.logger.warn(
      { ...this.of, signal: signal.name, detail, failures: this.#failures, points: this.#points, pauseMs },
      'cannot fill the baseline yet',
    );
    return pauseMs;
  }
}

function daysOf(ms: number): number {
  return Math.round(ms / 864_000) / 100;
}
