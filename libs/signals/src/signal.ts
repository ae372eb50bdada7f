import type { InstantMs } from '@parapet/kernel';

/** The direction in which a signal gets worse; for a `count of` pair `low` means that `count` holds the good ones. */
export type BadDirection = 'high' | 'low';

/** A named stream of values, as a source or a probe declares it. */
export interface SignalDeclaration {
  readonly name: string;
  readonly unit: string;
  readonly badDirection: BadDirection;
  /** `cumulative` values are counters and are differenced here; `delta` values stand for their own interval. */
  readonly temporality: 'delta' | 'cumulative';
  /** `of` is exposure, such as seconds, of which `count` is no part: there may be more events than seconds. Absent: it is a part. */
  readonly isRate?: boolean;
  /** Dimensions a sample may carry besides `environment`, `store` and `arm`. */
  readonly dimensions: readonly string[];
  /** The nominal time between two samples of a series. */
  readonly intervalMs: number;
  /** How much older than the newest a sample may be and still count. */
  readonly latenessMs: number;
}

/** Why there is no value: the sender or probe says so instead of inventing one. */
export type GapReason =
  | 'no-series'
  | 'not-a-number'
  | 'not-finite'
  | 'bad-query'
  | 'unreachable'
  | 'sensor-broken'
  | 'too-few-samples'
  | 'counter-reset'
  /** Nobody trades at this hour: there is nothing to measure, and no silence either. */
  | 'closed'
  /** The target failed so often in a row that it is left alone for a while. */
  | 'circuit-open';

/** What a sample says: a gauge, a count with its exposure, a histogram of per-bucket counts, or why there is none. */
export type SampleValue =
  | { readonly kind: 'gauge'; readonly value: number }
  | { readonly kind: 'count'; readonly count: number; readonly of: number }
  | {
      readonly kind: 'histogram';
      readonly bounds: readonly number[];
      readonly counts: readonly number[];
      readonly sum: number | null;
    }
  | { readonly kind: 'gap'; readonly reason: GapReason };

/** One value of a signal at one instant, from one source. */
export interface Sample {
  readonly signal: string;
  readonly atMs: InstantMs;
  readonly value: SampleValue;
  /** Only declared dimensions; `environment` is not among them, the batch carries it. */
  readonly dimensions: Readonly<Record<string, string>>;
  /** Names the measurement: the same key again replaces nothing. */
  readonly key: string;
  /** A text of it could not be kept as it came. */
  readonly isAltered?: boolean;
  /** The Prometheus that was asked warned that its answer may lack something. */
  readonly isPartial?: boolean;
}
