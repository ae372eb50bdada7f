import { flawOf, type GapReason, type SampleValue } from '@parapet/signals';
import type { Field } from '../door/field.js';

const FORMS = ['value', 'count', 'histogram', 'gap'] as const;
const BUCKETS_MAX = 1_000;
const GAP_REASONS = [
  'no-series',
  'not-a-number',
  'not-finite',
  'bad-query',
  'unreachable',
  'sensor-broken',
  'too-few-samples',
] as const satisfies readonly GapReason[];

/** Reads the one value of a sample. What is no number or not finite is a gap, never a value. */
export function readValue(sample: Field): SampleValue {
  const given = FORMS.filter((form) => !sample.member(form).isAbsent);
  if (given.length !== 1) sample.refuse('must have exactly one of value, count with of, and histogram');
  if (given[0] !== 'count' && !sample.member('of').isAbsent) sample.member('of').refuse('belongs to a count');
  const value = readForm(sample, given[0] as (typeof FORMS)[number]);
  const flaw = flawOf(value);
  return flaw === null ? value : { kind: 'gap', reason: flaw };
}

function readForm(sample: Field, form: (typeof FORMS)[number]): SampleValue {
  switch (form) {
    case 'value':
      return { kind: 'gauge', value: readNumber(sample.member('value')) };
    case 'count':
      return { kind: 'count', count: readCount(sample.member('count')), of: readCount(sample.member('of')) };
    case 'histogram':
      return readHistogram(sample.member('histogram'));
    case 'gap':
      return { kind: 'gap', reason: sample.member('gap').oneOf(GAP_REASONS) };
  }
}

function readHistogram(histogram: Field): SampleValue {
  const boundFields = histogram.member('bounds').items(BUCKETS_MAX, 'bounds');
  const bounds = boundFields.map(readNumber);
  boundFields.forEach((field, i) => {
    const isAscending = Number.isFinite(bounds[i]) && (i === 0 || (bounds[i] as number) > (bounds[i - 1] as number));
    if (!isAscending) field.refuse('must be a finite number, larger than the bound before it');
  });
  const countField = histogram.member('counts');
  const counts = countField.items(BUCKETS_MAX + 1, 'counts').map(readCount);
  if (counts.length !== bounds.length + 1) countField.refuse(`must hold one more than the ${bounds.length} bounds`);
  const sum = histogram.member('sum');
  return { kind: 'histogram', bounds, counts, sum: sum.isAbsent ? null : finiteOrNull(readNumber(sum)) };
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** A number of events or seconds; infinite and not-a-number pass, and make a gap of the sample. */
function readCount(field: Field): number {
  const value = readNumber(field);
  return Number.isFinite(value) && value < 0 ? field.refuse('must be 0 or more') : value;
}

const TEXTS: Readonly<Record<string, number>> = { NaN: Number.NaN, '+Inf': Infinity, '-Inf': -Infinity };

function readNumber(field: Field): number {
  const { value } = field;
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && Object.hasOwn(TEXTS, value)) return TEXTS[value] as number;
  return field.refuse('must be a number, "NaN", "+Inf" or "-Inf"');
}
