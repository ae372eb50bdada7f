import { formatInstant } from '@parapet/kernel';
import type { Sample, SampleValue } from '@parapet/signals';
import type { Window } from '../windows.js';
import type { Row } from '../sql/read-only-database.js';

/** Gives the samples of one probe their common parts: dimensions, time and key. */
export class SampleMaker {
  /** @param probe `<workload>/<probe>`, the beginning of every key */
  constructor(
    readonly probe: string,
    readonly company: number | null,
  ) {}

  /** A sample of a window; its key names signal, dimensions and window, so that a repeated measurement counts once. */
  of(signal: string, window: Window, value: SampleValue, dimensions: Readonly<Record<string, string>> = {}): Sample {
    const span = `${formatInstant(window.fromMs)}/${formatInstant(window.toMs)}`;
    return this.#sample(signal, window.toMs, value, dimensions, span);
  }

  /**
   * Says that a signal could not be measured. Its key is not that of the window: the window is measured later, and of
   * two samples with one key the first counts.
   */
  gap(signal: string, toMs: number): Sample {
    return this.#sample(signal, toMs, { kind: 'gap', reason: 'sensor-broken' }, {}, `gap/${formatInstant(toMs)}`);
  }

  #sample(
    signal: string,
    atMs: number,
    value: SampleValue,
    own: Readonly<Record<string, string>>,
    span: string,
  ): Sample {
    const dimensions = this.company === null ? own : { company: String(this.company), ...own };
    const tags = Object.entries(dimensions).map(([name, text]) => `${name}=${text}`);
    return { signal, atMs, value, dimensions, key: [this.probe, signal, ...tags, span].join('/') };
  }
}

/** A count or numeric of the database; throws where there is none, since absence is never 0. */
export function numberOf(row: Row, column: string): number {
  const value = row[column];
  const number = value === null || value === undefined || value === '' ? Number.NaN : Number(value);
  if (!Number.isFinite(number)) throw new Error(`column ${column} is ${String(value)}, not a number`);
  return number;
}

/** A column as a gauge; null is what the database says of a percentile or a share of nothing. */
export function gaugeOf(row: Row, column: string): SampleValue {
  if (row[column] === null) return { kind: 'gap', reason: 'too-few-samples' };
  return { kind: 'gauge', value: numberOf(row, column) };
}

/** A percentile, where it was made of enough observations. */
export function percentileOf(row: Row, column: string, samplesMin: number): SampleValue {
  const isEnough = numberOf(row, 'n') >= samplesMin;
  return isEnough ? gaugeOf(row, column) : { kind: 'gap', reason: 'too-few-samples' };
}

/** Some of some. */
export function countOf(count: number, of: number): SampleValue {
  return { kind: 'count', count, of };
}
