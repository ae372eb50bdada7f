import type { InstantMs } from '@parapet/kernel';
import type { Metrics, ServiceLogger } from '@parapet/telemetry';
import type { PrometheusAnswer } from '@parapet/signals';
import type { QueryCursors } from './cursors.js';
import type { PlacedSample } from './samples.js';
import type { QueryTurns } from './turns.js';

/** A source, in the whole installation. */
export interface SourceName {
  readonly tenant: string;
  readonly source: string;
}

/** What asking leans on; time, chance and publishing are handed in. */
export interface QueryPorts {
  readonly turns: Pick<QueryTurns, 'claim' | 'give'>;
  readonly cursors: QueryCursors;
  /** Resolves once the stream has stored all of them, those of the past one message after the other. */
  readonly publishSamples: (
    of: SourceName,
    placed: readonly PlacedSample[],
    o: { isHistory: boolean },
  ) => Promise<void>;
  /** Resolves once the stream has stored what the rules of an environment say. */
  readonly publishAnswer: (of: SourceName, environment: string, answer: PrometheusAnswer) => Promise<void>;
  /** Whether the stream has room enough for the past: it must never be what keeps a live signal out. */
  readonly hasRoomForPast: () => Promise<boolean>;
  /** Tells people, in the journal, that a source cannot be asked what it should be. */
  readonly refuse: (of: SourceName, environments: readonly string[], reason: string, atMs: InstantMs) => Promise<void>;
  readonly metrics: Metrics;
  readonly logger: ServiceLogger;
  readonly nowMs: () => InstantMs;
}
