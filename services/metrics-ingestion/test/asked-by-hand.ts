import { Metrics, makeLogger } from '@parapet/telemetry';
import type { AskedSource } from '../src/query/ask-signal.js';
import type { CursorKey, QueryCursor, QueryCursors } from '../src/query/cursors.js';
import type { QueryPorts } from '../src/query/ports.js';
import type { Instants } from '../src/query/promql.js';
import type { QueryAnswer } from '../src/query/query-answer.js';
import type { AskedSignal } from '../src/query/samples.js';

/** A Prometheus and a stream played by hand on a clock of one's own, and a journal of what was asked and stored. */
export class AskedByHand {
  nowMs = 0;
  /** What comes of a query at some instants. */
  answer: (query: string, instants: Instants) => QueryAnswer = (_, instants) => counted(instants);
  isOurs = true;
  hasRoom = true;
  /** Thrown instead of storing, once each. */
  readonly failures: Error[] = [];
  readonly said: string[] = [];
  readonly cursors = new HeldCursors();

  readonly client = {
    at: async (query: string, atMs: number) => this.#asked(query, { fromMs: atMs, toMs: atMs, stepMs: 1 }),
    over: async (query: string, instants: Instants) => this.#asked(query, instants),
  };

  readonly ports: QueryPorts = {
    turns: { claim: async () => this.isOurs, give: async () => undefined },
    cursors: this.cursors,
    publishSamples: async (_, placed, { isHistory }) => {
      const failure = this.failures.shift();
      if (failure !== undefined) throw failure;
      for (const { sample } of placed) {
        const { value } = sample;
        const told = value.kind === 'gap' ? value.reason : value.kind === 'gauge' ? String(value.value) : value.kind;
        this.said.push(`${isHistory ? 'past ' : ''}${sample.signal}@${sample.atMs / 1000} ${told}`);
      }
    },
    publishAnswer: async () => undefined,
    hasRoomForPast: async () => this.hasRoom,
    refuse: async (_, __, reason) => void this.said.push(`refused ${reason}`),
    metrics: new Metrics({ service: 'metrics-ingestion' }),
    logger: makeLogger({ service: 'metrics-ingestion', level: 'silent' }),
    nowMs: () => this.nowMs,
  };

  /** What was asked and stored since the last look. */
  look(): readonly string[] {
    return this.said.splice(0, Number.POSITIVE_INFINITY);
  }

  #asked(query: string, instants: Instants): QueryAnswer {
    const { fromMs, toMs } = instants;
    this.said.push(`ask ${query} ${fromMs === toMs ? fromMs / 1000 : `${fromMs / 1000}-${toMs / 1000}`}`);
    return this.answer(query, instants);
  }
}

/** One series with the second of each instant as its value. */
export function counted({ fromMs, toMs, stepMs }: Instants): QueryAnswer {
  const points = new Map<number, number>();
  for (let atMs = fromMs; atMs <= toMs; atMs += stepMs) points.set(atMs, atMs / 1000);
  return { kind: 'series', series: [{ labels: {}, points }], warnings: [] };
}

export const DOWN: QueryAnswer = { kind: 'unreachable', detail: 'ECONNREFUSED', trouble: 'away' };
export const TOO_MUCH: QueryAnswer = { kind: 'unreachable', detail: 'too many samples', trouble: 'too-much' };
export const SLOW: QueryAnswer = { kind: 'unreachable', detail: 'no answer within 2 s', trouble: 'slow' };
export const BAD: QueryAnswer = { kind: 'bad-query', detail: 'parse error' };

export const OF = { tenant: 'acme-retail', source: 'shop-prometheus' };

export const SOURCE = {
  name: OF.source,
  environments: ['production'],
  historyMs: 0,
  prometheus: { scrapeIntervalMs: 5_000 },
} as unknown as AskedSource;

/** A signal whose query is its own name, and no selector. */
export function signal(name: string): AskedSignal {
  return { name, dimensions: [], query: { asks: { kind: 'value', value: `sum(${name})` }, labels: {} } };
}

class HeldCursors implements QueryCursors {
  readonly #held = new Map<string, QueryCursor>();

  async read({ signal: name }: CursorKey, start: { newestMs: number; historyMs: number }): Promise<QueryCursor> {
    const { newestMs, historyMs } = start;
    const known = this.#held.get(name);
    const cursor = known ?? { beganMs: newestMs, askedToMs: newestMs, filledToMs: newestMs - historyMs };
    this.#held.set(name, cursor);
    return cursor;
  }

  async move({ signal: name }: CursorKey, which: 'asked_to' | 'filled_to', toMs: number): Promise<void> {
    const cursor = this.#held.get(name) as QueryCursor;
    this.#held.set(name, { ...cursor, ...(which === 'asked_to' ? { askedToMs: toMs } : { filledToMs: toMs }) });
  }
}
