/** One value of a series at a tick: a number, the counts of each bucket, or null for a sample that never came. */
export type RecordedValue = number | readonly number[] | null;

/** The values of a window, by the name of the series; value i is the state after tick i. */
export type RecordedSeries = Readonly<Record<string, readonly RecordedValue[]>>;

/** What a recorded release tells of one thing that was measured, and in which series. */
export type RecordedGuardrail =
  | { readonly id: string; readonly kind: 'proportion'; readonly bad: string; readonly total: string }
  | { readonly id: string; readonly kind: 'count'; readonly events: string; readonly exposure: string }
  | { readonly id: string; readonly kind: 'histogram'; readonly buckets: string }
  | { readonly id: string; readonly kind: 'gauge'; readonly value: string };

/** A value of the watch that was not known before a later tick. */
export interface LateValue {
  readonly series: string;
  readonly tick: number;
  readonly arrivesAtTick: number;
}

/** A release with everything that was measured around it, ready to be judged again. */
export interface RecordedRelease {
  readonly id: string;
  readonly intervalMs: number;
  readonly preTicks: number;
  readonly watchTicks: number;
  /** `historical`: all of it got the release. `concurrent`: the watch is the part that did, `control` the rest. */
  readonly mode: 'historical' | 'concurrent';
  /** The part of the traffic that got the release; null where all of it did. */
  readonly canaryShare: number | null;
  /** The counter that tells how much traffic there was; null where none does. */
  readonly loadSeries: string | null;
  /** Finite upper bounds of the buckets, ascending; one more bucket holds everything beyond. */
  readonly bucketBounds: readonly number[];
  readonly guardrails: readonly RecordedGuardrail[];
  readonly series: {
    readonly pre: RecordedSeries;
    readonly lastWeek: RecordedSeries;
    readonly watch: RecordedSeries;
    /** Null where all of it got the release. */
    readonly control: RecordedSeries | null;
  };
  readonly late: readonly LateValue[];
}

/** The series that a recorded guardrail reads. */
export function seriesOf(guardrail: RecordedGuardrail): readonly string[] {
  switch (guardrail.kind) {
    case 'proportion':
      return [guardrail.bad, guardrail.total];
    case 'count':
      return [guardrail.events, guardrail.exposure];
    case 'histogram':
      return [guardrail.buckets];
    case 'gauge':
      return [guardrail.value];
  }
}
