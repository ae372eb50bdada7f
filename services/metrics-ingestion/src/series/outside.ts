import type { InstantMs } from '@parapet/kernel';
import type { ExponentialHistogram } from '@parapet/signals';

/** What a point of an outside series says. `none`: its sender says that there is nothing (a staleness marker, no recorded value). */
export type OutsideValue =
  | { readonly kind: 'number'; readonly value: number }
  /** Counts per bucket, one more than bounds. */
  | {
      readonly kind: 'explicit';
      readonly bounds: readonly number[];
      readonly counts: readonly number[];
      readonly sum: number | null;
    }
  | { readonly kind: 'exponential'; readonly histogram: ExponentialHistogram; readonly sum: number | null }
  | { readonly kind: 'none' }
  /** A histogram that is not as its protocol says. */
  | { readonly kind: 'broken' };

/** One point of an outside series. */
export interface OutsidePoint {
  readonly atMs: InstantMs;
  /** When its counter began at zero, or its interval began; null where the sender does not say. */
  readonly startMs: InstantMs | null;
  readonly value: OutsideValue;
}

/** A series of a sender that has its own names for things. */
export interface OutsideSeries {
  readonly metric: string;
  /** All that tells it from other series of the metric; for OpenTelemetry attributes of the resource too. */
  readonly labels: ReadonlyMap<string, string>;
  /** What the sender says of its numbers; null where the protocol does not say. */
  readonly nature: 'counter' | 'up-down-counter' | 'gauge' | 'histogram' | null;
  /** Null where the sender does not say; of a gauge it says nothing. */
  readonly temporality: 'delta' | 'cumulative' | null;
  readonly points: readonly OutsidePoint[];
}

/**
 * Why a point became no sample. `undeclared`: no declared signal is read from it. `environment`: of none that the source is for. `arm`: its
 * label says neither canary nor stable. `nature`: a gauge where a counter was declared, or the other way round. `temporality`: not as
 * declared. `form`: its value is no such thing as the signal's form asks for. `future`: more than 5 min ahead of our clock. `time`: no time
 * at all. `labels`: too many or too long. `incomplete`: the other part of a pair, or buckets, never came. `cardinality`: of one series more than
 * its signal may have.
 */
export type DropReason =
  | 'undeclared'
  | 'environment'
  | 'arm'
  | 'nature'
  | 'temporality'
  | 'form'
  | 'future'
  | 'time'
  | 'labels'
  | 'incomplete'
  | 'cardinality';

/** Points that became no sample, by reason. */
export type Dropped = Partial<Record<DropReason, number>>;
