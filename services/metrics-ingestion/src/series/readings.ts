import { type DeclaredSignal, fitsText, type LabelTexts, type OutsideSeriesRef } from '@parapet/policy';
import { type ExponentialGrid, MILLISECONDS_GRID, SECONDS_GRID } from '@parapet/signals';
import type { OutsideSeries } from './outside.js';

/**
 * How a signal is read from series of one metric. `alone`: each is the signal. `part`: each is counted as bad or not, and as part of all.
 * `count`, `total`: one half of a pair of two metrics. `bucket`: one bucket of a classic histogram.
 */
export type Role = 'alone' | 'part' | 'count' | 'total' | 'bucket';

/** A declared signal as a reader of one metric. */
export interface Reading {
  readonly signal: DeclaredSignal;
  readonly form: NonNullable<DeclaredSignal['form']>;
  readonly from: OutsideSeriesRef;
  readonly role: Role;
  /** What a series must have to be read at all. */
  readonly where: LabelTexts;
  /** Labels that do not tell its series apart: they are dimensions, or the same in all. */
  readonly settled: ReadonlySet<string>;
  /** Which dimension is read from which label. */
  readonly dimensions: readonly (readonly [dimension: string, label: string])[];
  readonly grid: ExponentialGrid;
}

/** All readings of a source, by metric: what is not in it is not looked at. */
export type Readings = ReadonlyMap<string, readonly Reading[]>;

const LE = 'le';
const BUCKET = '_bucket';
const MILLISECONDS = /^(ms|milliseconds?)$/i;

/** The readings of declared signals; those that are not read from series have none. */
export function readingsOf(signals: readonly DeclaredSignal[]): Readings {
  const all = new Map<string, Reading[]>();
  for (const signal of signals) {
    for (const [metric, reading] of readingsOfSignal(signal)) all.set(metric, [...(all.get(metric) ?? []), reading]);
  }
  return all;
}

function readingsOfSignal(signal: DeclaredSignal): readonly (readonly [metric: string, reading: Reading])[] {
  const { from, form } = signal;
  if (from === undefined || form === undefined) return [];
  const { of, where } = from;
  const reading = (role: Role, selected: LabelTexts, constant: readonly string[]): Reading => {
    const dimensions = Object.entries(from.dimensions);
    const settled = new Set([...constant, ...dimensions.map(([, label]) => label)]);
    const grid = MILLISECONDS.test(signal.unit) ? MILLISECONDS_GRID : SECONDS_GRID;
    return { signal, form, from, role, where: selected, settled, dimensions, grid };
  };
  if (of !== null && of.metric === from.metric) return [[from.metric, reading('part', of.where, constantIn(of.where))]];
  if (of !== null) {
    const constant = [...Object.keys(where), ...Object.keys(of.where)];
    return [
      [from.metric, reading('count', where, constant)],
      [of.metric, reading('total', of.where, constant)],
    ];
  }
  const constant = constantIn(where);
  if (form !== 'histogram') return [[from.metric, reading('alone', where, constant)]];
  const base = from.metric.endsWith(BUCKET) ? from.metric.slice(0, -BUCKET.length) : from.metric;
  return [
    [base, reading('alone', where, constant)],
    [`${base}${BUCKET}`, reading('bucket', where, [...constant, LE])],
  ];
}

/** Labels that have one text in every series that is read. */
function constantIn(where: LabelTexts): readonly string[] {
  return Object.entries(where)
    .filter(([, texts]) => texts.length === 1 && !(texts[0] as string).includes('*'))
    .map(([label]) => label);
}

/** Whether labels are as wanted; an absent label is the empty text, as everywhere in Prometheus. */
export function hasLabels(labels: OutsideSeries['labels'], where: LabelTexts): boolean {
  for (const label in where) {
    const value = labels.get(label) ?? '';
    if (!(where[label] as readonly string[]).some((pattern) => fitsText(pattern, value))) return false;
  }
  return true;
}

/**
 * Whether a series of a proportion is counted; null where a label that decides is not there. A misspelt label would otherwise make every
 * series a good one, for ever.
 */
export function isCounted(labels: OutsideSeries['labels'], counted: LabelTexts): boolean | null {
  for (const label in counted) if ((labels.get(label) ?? '') === '') return null;
  return hasLabels(labels, counted);
}

/** The bound of a bucket; null where it is none. */
export function boundOf(labels: OutsideSeries['labels']): number | null {
  const text = labels.get(LE) ?? '';
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  const bound = text === '' ? Number.NaN : Number(text);
  return Number.isFinite(bound) ? bound : null;
}
