import type { InstantMs } from '@parapet/kernel';
import type { ProbeConfiguration, TradingCalendar } from '@parapet/policy';
import type { Sample } from '@parapet/signals';
import type { Rhythm, Window } from './windows.js';

/** Why a measurement gave no numbers; the word of the metrics and the log. */
export type FailureReason =
  | 'timeout'
  | 'locked'
  | 'missing'
  | 'refused'
  | 'unreachable'
  | 'standby-conflict'
  | 'behind'
  | 'too-large'
  | 'bad-answer'
  | 'defect';

/** A measurement that could not be taken now and is tried again. */
export class MeasurementFailed extends Error {
  override readonly name = 'MeasurementFailed';
  constructor(
    readonly reason: FailureReason,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What measuring one window gave. */
export interface Measurement {
  readonly window: Window;
  readonly samples: readonly Sample[];
  /** The window can never be measured: its rows lie beyond what a bounded read reaches. */
  readonly isTruncated: boolean;
  /** Of how many observations a value was made whose sample does not say it, by the sample's key. */
  readonly sizes?: Readonly<Record<string, number>>;
}

/** What measuring some windows gave, in their order, and what it cost the measured system. */
export interface Measured {
  readonly measurements: readonly Measurement[];
  /** Rows the measured system sent us. */
  readonly rows: number;
  /** What a person wants to read besides the numbers: which step failed, what differs. A few lines, never a secret. */
  readonly notes?: readonly string[];
}

/** What a prober can measure of one target: one KPI with its windows. */
export interface Measure {
  /** Unique within the probe; the cursor is kept under it. */
  readonly kpi: string;
  readonly rhythm: Rhythm;
  /** Its value means nothing while the shop is closed: a count of trade, a silence. Absent: it means the same at any hour. */
  readonly needsOpenShop?: boolean;
  /** Of a measure that means something at any hour: those of its signals that need an open shop. */
  readonly openShopSignals?: readonly string[];
  /** Two measures of the same target take turns. */
  readonly target: string;
  /** The measured system's own clock, less its lag where it is a copy. Throws MeasurementFailed. */
  asOf(): Promise<InstantMs>;
  /** How far the copy that is measured is behind its original, in milliseconds; 0 of an original. Absent: nothing here is a copy. Throws MeasurementFailed. */
  lagMs?(): Promise<number>;
  /** Throws MeasurementFailed; never answers with invented numbers. */
  measure(windows: readonly Window[]): Promise<Measured>;
  /** What is said when nothing could be measured up to `toMs`: a gap for every signal. */
  gaps(toMs: InstantMs): readonly Sample[];
}

/** A configured probe, ready to measure. */
export interface Probe {
  readonly measures: readonly Measure[];
  close(): Promise<void>;
}

/** A probe as some tenant's workload declares it. */
export interface DeclaredProbe {
  readonly tenant: string;
  readonly workload: string;
  readonly probe: ProbeConfiguration;
  /** The calendars of the tenant, for times at which its shops are closed; absent: none. */
  readonly calendars?: readonly TradingCalendar[];
}

/** Makes a probe of its declaration, or says every problem of its settings. */
export type MakeProbe = (
  declared: DeclaredProbe,
  nowMs: () => InstantMs,
) => Probe | { readonly problems: readonly string[] };
