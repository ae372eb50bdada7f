import { create, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import {
  type Histogram,
  HistogramSchema,
  type WriteRequest,
  WriteRequestSchema,
} from './generated/prometheus/write-v1_pb.js';
import { type Request, RequestSchema } from './generated/prometheus/write-v2_pb.js';

/** A series as a sender has it, before it is written in either version. */
export interface SentSeries {
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly samples: readonly { readonly value: number; readonly atMs: number }[];
  readonly histograms: readonly { readonly at: number; readonly body: Partial<Histogram> }[];
}

/** Writes version 1.0 with the code that is generated from Prometheus' own description. */
export function version1(series: readonly SentSeries[], more: Partial<WriteRequest> = {}): Buffer {
  const timeseries = series.map(({ labels, samples, histograms }) => ({
    labels: labels.map(([name, value]) => ({ name, value })),
    samples: samples.map(({ value, atMs }) => ({ value, timestamp: BigInt(atMs) })),
    histograms: histograms.map(({ at, body }) => create(HistogramSchema, { ...body, timestamp: BigInt(at) } as never)),
    exemplars: [{ labels: [{ name: 'trace_id', value: 'abc' }], value: 1, timestamp: 1n }],
  }));
  return Buffer.from(toBinary(WriteRequestSchema, create(WriteRequestSchema, { timeseries, ...more } as never)));
}

/** Writes version 2.0. */
export function version2(
  series: readonly (SentSeries & { readonly type?: number; readonly createdMs?: number })[],
  more: Partial<Request> = {},
): Buffer {
  const symbols = new Map<string, number>([['', 0]]);
  const refOf = (text: string): number => {
    const ref = symbols.get(text) ?? symbols.size;
    symbols.set(text, ref);
    return ref;
  };
  const timeseries = series.map(({ labels, samples, histograms, type, createdMs }) => ({
    labelsRefs: labels.flatMap(([name, value]) => [refOf(name), refOf(value)]),
    samples: samples.map(({ value, atMs }) => ({ value, timestamp: BigInt(atMs) })),
    histograms: histograms.map(({ at, body }) => ({ ...body, timestamp: BigInt(at), $typeName: undefined })),
    exemplars: [{ labelsRefs: [refOf('trace_id'), refOf('abc')], value: 1, timestamp: 1n }],
    ...(type === undefined ? {} : { metadata: { type, helpRef: refOf('help'), unitRef: 0 } }),
    ...(createdMs === undefined ? {} : { createdTimestamp: BigInt(createdMs) }),
  }));
  const request = create(RequestSchema, { symbols: [...symbols.keys()], timeseries, ...more } as never);
  return Buffer.from(toBinary(RequestSchema, request));
}

const TEXT = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 4 }));
const NUMBER = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, -0, 1e300, Number.NaN, Infinity));
const AT_MS = fc.integer({ min: -(2 ** 53), max: 2 ** 53 });

/** Series of senders, of a few metrics, with labels in any alphabet. */
export const SENT: fc.Arbitrary<readonly SentSeries[]> = fc.array(
  fc.record({
    labels: fc
      .tuple(
        fc.constantFrom('wanted', 'unwanted', 'wanted_too'),
        fc.uniqueArray(fc.tuple(TEXT, TEXT), { selector: ([name]) => name, maxLength: 4 }),
      )
      .map(([name, labels]) => [['__name__', name], ...labels.filter(([label]) => label !== '__name__')] as const),
    samples: fc.array(fc.record({ value: NUMBER, atMs: AT_MS }), { maxLength: 3 }),
    histograms: fc.constant([]),
  }),
  { maxLength: 6 },
);
