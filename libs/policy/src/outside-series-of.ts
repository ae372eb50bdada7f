import type { LabelTexts, OutsideSeriesRef } from './configuration.js';
import type { Spec } from './schema/kinds.js';

type Written = NonNullable<Spec<'SignalSource'>['signals'][number]['from']>;

/**
 * The dimension that tells series of a signal apart that its declared dimensions do not, such as the pods of a shop: counters of two
 * processes must never be differenced with each other.
 */
export const SERIES_DIMENSION = 'series';

/** Where a declared signal is read from, with every declared dimension's label named. */
export function outsideSeriesOf(from: Written, declared: readonly string[]): OutsideSeriesRef {
  return {
    metric: from.metric,
    where: textsOf(from.where),
    of: from.of === undefined ? null : { metric: from.of.metric, where: textsOf(from.of.where) },
    dimensions: { ...Object.fromEntries(declared.map((name) => [name, name])), ...from.dimensions },
    bounds: from.bounds ?? null,
  };
}

function textsOf(where: Written['where']): LabelTexts {
  return Object.fromEntries(
    Object.entries(where).map(([label, texts]) => [label, typeof texts === 'string' ? [texts] : texts]),
  );
}

/** Whether a text fits one in which `*` stands for anything; linear in both, whatever stands in them. */
export function fitsText(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  if (parts.length === 1) return pattern === text;
  const first = parts[0] as string;
  const last = parts[parts.length - 1] as string;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
