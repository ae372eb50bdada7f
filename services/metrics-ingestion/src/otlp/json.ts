import type { ExponentialBuckets } from '@parapet/signals';
import { Field } from '../door/field.js';
import { addLabel } from '../series/labels.js';
import type { OutsidePoint, OutsideSeries, OutsideValue } from '../series/outside.js';
import { type IsWanted, WantedPoints } from '../series/wanted.js';
import { type ExportRequest, holdsNothing, instantOf, labelsOf, startOf, temporalityOf } from './request.js';

type Labels = ReadonlyMap<string, string>;

/** The kinds of metric that are read, by the member that holds them. */
const KINDS: Readonly<
  Record<string, { readonly nature: 'gauge' | 'sum' | 'histogram'; readonly value: (point: Field) => OutsideValue }>
> = {
  gauge: { nature: 'gauge', value: numberOf },
  sum: { nature: 'sum', value: numberOf },
  histogram: { nature: 'histogram', value: explicitOf },
  exponentialHistogram: { nature: 'histogram', value: exponentialOf },
};
const ANY = Number.MAX_SAFE_INTEGER;

/** Reads the JSON form of an export request; throws Refused with the first bad value. */
export function readJson(document: unknown, isWanted: IsWanted): ExportRequest {
  const reader = new JsonReader(isWanted);
  for (const resource of list(new Field(document).member('resourceMetrics'))) reader.readResource(resource);
  return { series: reader.series, unwanted: reader.unwanted, summaries: reader.summaries };
}

class JsonReader {
  readonly series: OutsideSeries[] = [];
  unwanted = 0;
  summaries = 0;
  readonly #points = new WantedPoints();

  constructor(private readonly isWanted: IsWanted) {}

  readResource(field: Field): void {
    const resource = field.member('resource');
    const attributes = resource.isAbsent ? new Map<string, string>() : attributesOf(resource.member('attributes'));
    for (const scopeField of list(field.member('scopeMetrics'))) {
      const scope = scopeField.member('scope');
      const name = scope.isAbsent || scope.member('name').isAbsent ? '' : scope.member('name').text(ANY);
      for (const metric of list(scopeField.member('metrics'))) this.#readMetric(metric, attributes, name);
    }
  }

  #readMetric(metric: Field, resource: Labels, scope: string): void {
    const name = metric.member('name').isAbsent ? '' : metric.member('name').text(ANY);
    const isOurs = this.isWanted(name);
    for (const [member, kind] of [...Object.entries(KINDS), ['summary', null] as const]) {
      const held = metric.member(member);
      if (held.isAbsent) continue;
      const points = list(held.member('dataPoints'));
      if (!isOurs || kind === null) {
        if (isOurs) this.summaries += points.length;
        else this.unwanted += points.length;
        continue;
      }
      this.#points.add(points.length);
      const described = natureOf(kind.nature, held);
      for (const point of points) {
        const labels = labelsOf(resource, scope, attributesOf(point.member('attributes')));
        this.series.push({ metric: name, labels, ...described, points: [pointOf(point, kind.value)] });
      }
    }
  }
}

function natureOf(nature: 'gauge' | 'sum' | 'histogram', held: Field): Pick<OutsideSeries, 'nature' | 'temporality'> {
  if (nature === 'gauge') return { nature, temporality: null };
  const temporality = temporalityOf(numberIn(held.member('aggregationTemporality'), 0));
  if (nature === 'histogram') return { nature, temporality };
  const isMonotonic = held.member('isMonotonic').value === true;
  return { nature: isMonotonic ? 'counter' : 'up-down-counter', temporality };
}

function pointOf(point: Field, valueOf: (point: Field) => OutsideValue): OutsidePoint {
  return {
    atMs: instantOf(numberIn(point.member('timeUnixNano'), 0)),
    startMs: startOf(numberIn(point.member('startTimeUnixNano'), 0)),
    value: holdsNothing(numberIn(point.member('flags'), 0)) ? { kind: 'none' } : valueOf(point),
  };
}

function numberOf(point: Field): OutsideValue {
  const double = point.member('asDouble');
  const int = point.member('asInt');
  // A point without a value says nothing: that is not 0.
  if (double.isAbsent && int.isAbsent) return { kind: 'none' };
  return { kind: 'number', value: numberIn(double.isAbsent ? int : double, 0) };
}

function explicitOf(point: Field): OutsideValue {
  return {
    kind: 'explicit',
    bounds: numbersIn(point.member('explicitBounds')),
    counts: numbersIn(point.member('bucketCounts')),
    sum: sumOf(point),
  };
}

function exponentialOf(point: Field): OutsideValue {
  const histogram = {
    scale: numberIn(point.member('scale'), 0),
    zeroCount: numberIn(point.member('zeroCount'), 0),
    positive: bucketsIn(point.member('positive')),
    negative: bucketsIn(point.member('negative')),
  };
  return { kind: 'exponential', histogram, sum: sumOf(point) };
}

function bucketsIn(field: Field): ExponentialBuckets {
  if (field.isAbsent) return { offset: 0, bucketCounts: [] };
  return { offset: numberIn(field.member('offset'), 0), bucketCounts: numbersIn(field.member('bucketCounts')) };
}

function sumOf(point: Field): number | null {
  const sum = point.member('sum');
  return sum.isAbsent ? null : numberIn(sum, 0);
}

function attributesOf(field: Field): Labels {
  const attributes = new Map<string, string>();
  for (const one of list(field)) {
    const key = one.member('key');
    addLabel(attributes, key.isAbsent ? '' : key.text(ANY), textOf(one.member('value')));
  }
  return attributes;
}

const SCALARS = ['stringValue', 'boolValue', 'intValue', 'doubleValue'] as const;

/** Every value becomes a text; lists, maps and bytes only tell series apart. */
function textOf(field: Field): string {
  if (field.isAbsent) return '';
  const scalar = SCALARS.map((name) => field.member(name)).find((one) => !one.isAbsent);
  if (scalar === undefined) return JSON.stringify(field.value);
  return typeof scalar.value === 'object'
    ? scalar.refuse('must be a text, a number, true or false')
    : String(scalar.value);
}

/** An absent list is an empty one. */
function list(field: Field): readonly Field[] {
  return field.isAbsent ? [] : field.items(ANY, 'items');
}

function numbersIn(field: Field): readonly number[] {
  return list(field).map((one) => numberIn(one, 0));
}

const WHOLE_OR_DECIMAL = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const WORDS: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity, '-Infinity': -Infinity };

/** A number, also as the text that the JSON form of Protocol Buffers writes for those of 64 bits. */
function numberIn(field: Field, absent: number): number {
  const { value } = field;
  if (field.isAbsent) return absent;
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return field.refuse('must be a number');
  if (Object.hasOwn(WORDS, value)) return WORDS[value] as number;
  return WHOLE_OR_DECIMAL.test(value) ? Number(value) : field.refuse('must be a number');
}
