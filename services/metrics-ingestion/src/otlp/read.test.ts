import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { recordedBody } from '../../test/recorded-bodies.js';
import { Refused } from '../door/refusal.js';
import { Malformed } from '../protobuf/wire.js';
import type { OutsideSeries } from '../series/outside.js';
import { storedReply } from './answers.js';
import { readJson } from './json.js';
import { readProtobuf } from './protobuf.js';

const KINDS = ['cumulative', 'delta-exponential'];
const jsonOf = (kind: string) => JSON.parse(recordedBody(`otlp/opentelemetry-js-${kind}.json`).toString());
const bytesOf = (kind: string) => recordedBody(`otlp/opentelemetry-js-${kind}.bin`);
const all = () => true;

/** Without what differs between two recordings: the instants, and the ways to write a list and NaN. */
function comparable(series: readonly OutsideSeries[]) {
  return series.map(({ labels, points, ...one }) => ({
    ...one,
    labels: [...labels].filter(([name]) => name !== 'process.command_args'),
    points: points.map(({ atMs, startMs, value }) => ({
      value: value.kind === 'number' && Number.isNaN(value.value) ? { kind: 'none' } : value,
      tookMs: Math.sign(atMs - (startMs ?? 0)),
      isOfThatDay: new Date(atMs).toISOString().slice(0, 10),
    })),
  }));
}

describe('what the official exporters wrote', () => {
  it.each(KINDS)('%s: both encodings say the same', (kind) => {
    const [json, protobuf] = [readJson(jsonOf(kind), all), readProtobuf(bytesOf(kind), all)];
    expect(comparable(protobuf.series)).toEqual(comparable(json.series));
    expect(json.series).toHaveLength(7);
  });

  it('has every attribute of resource, instrumentation and point', () => {
    const { series } = readProtobuf(bytesOf('cumulative'), (metric) => metric === 'shop.orders');
    expect(series.map(({ labels }) => Object.fromEntries(labels))).toEqual(
      [{ till: 'Kasse é' }, { express: 'true' }].map((own) => ({
        'service.name': 'shop',
        'service.instance.id': 'a',
        'process.pid': '4242',
        'process.command_args': expect.any(String),
        'otel.scope.name': 'shop',
        ...own,
      })),
    );
    expect(series[0]).toEqual(expect.objectContaining({ nature: 'counter', temporality: 'cumulative' }));
  });

  it.each([
    ['JSON', () => readJson(jsonOf('cumulative'), (metric) => metric === 'shop.queue')],
    ['Protocol Buffers', () => readProtobuf(bytesOf('cumulative'), (metric) => metric === 'shop.queue')],
  ])('%s: what nobody wants is counted, point by point', (_, read) => {
    const { series, unwanted } = read();
    expect([series.length, unwanted]).toEqual([2, 5]);
  });

  it('of summaries nothing is read, and those of a wanted metric are counted apart', () => {
    const summary = { name: 'm', summary: { dataPoints: [{}, {}] } };
    const document = { resourceMetrics: [{ scopeMetrics: [{ metrics: [summary] }] }] };
    // The same in bytes: each message one field of the one around it, its points empty.
    const bytes = Buffer.from([0x0a, 13, 0x12, 11, 0x12, 9, 0x0a, 1, 0x6d, 0x5a, 4, 0x0a, 0, 0x0a, 0]);
    const none = () => false;
    for (const read of [
      (wanted: typeof none) => readJson(document, wanted),
      (wanted: typeof none) => readProtobuf(bytes, wanted),
    ]) {
      expect(read(all)).toEqual({ series: [], unwanted: 0, summaries: 2 });
      expect(read(none)).toEqual({ series: [], unwanted: 2, summaries: 0 });
    }
  });

  it('exponential buckets, with the zero', () => {
    const { series } = readProtobuf(bytesOf('delta-exponential'), (metric) => metric.startsWith('http'));
    expect(series[0]).toEqual(
      expect.objectContaining({
        nature: 'histogram',
        temporality: 'delta',
        points: [
          expect.objectContaining({
            value: expect.objectContaining({
              kind: 'exponential',
              histogram: expect.objectContaining({ zeroCount: 1 }),
            }),
          }),
        ],
      }),
    );
  });

  it('a gauge that is no number is never 0', () => {
    const broken = (series: readonly OutsideSeries[]) => series.at(-1)?.points[0]?.value;
    const isQueue = (metric: string) => metric === 'shop.queue';
    expect(broken(readProtobuf(bytesOf('cumulative'), isQueue).series)).toEqual({ kind: 'number', value: Number.NaN });
    // Its JSON exporter writes null, which is no value.
    expect(broken(readJson(jsonOf('cumulative'), isQueue).series)).toEqual({ kind: 'none' });
  });
});

describe('the JSON form', () => {
  const gauge = (point: object) => ({
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', gauge: { dataPoints: [point] } }] }] }],
  });
  const valueOf = (point: object) => readJson(gauge(point), all).series[0]?.points[0]?.value;

  it.each<[string, object, unknown]>([
    ['a whole number as text', { asInt: '-7' }, { kind: 'number', value: -7 }],
    ['a whole number', { asInt: 7 }, { kind: 'number', value: 7 }],
    ['a number in words', { asDouble: 'Infinity' }, { kind: 'number', value: Infinity }],
    ['no value', {}, { kind: 'none' }],
    ['the flag of no recorded value', { asDouble: 1, flags: 1 }, { kind: 'none' }],
  ])('%s', (_, point, value) => {
    expect(valueOf(point)).toEqual(value);
  });

  it.each<[string, unknown, string]>([
    ['a list', [], ''],
    ['resources that are none', { resourceMetrics: {} }, '/resourceMetrics'],
    [
      'a value that is a text',
      gauge({ asDouble: 'much' }),
      '/resourceMetrics/0/scopeMetrics/0/metrics/0/gauge/dataPoints/0/asDouble',
    ],
    [
      'a hexadecimal number',
      gauge({ asInt: '0x7' }),
      '/resourceMetrics/0/scopeMetrics/0/metrics/0/gauge/dataPoints/0/asInt',
    ],
    [
      'an attribute of an object',
      gauge({ attributes: [{ key: 'a', value: { stringValue: {} } }] }),
      '/resourceMetrics/0/scopeMetrics/0/metrics/0/gauge/dataPoints/0/attributes/0/value/stringValue',
    ],
  ])('%s is refused, with the place', (_, document, field) => {
    const refused = (() => {
      try {
        return readJson(document, all);
      } catch (error) {
        return error;
      }
    })();
    expect(refused).toBeInstanceOf(Refused);
    expect((refused as Refused).refusal.field).toBe(field);
  });

  it('of any JSON at all nothing else is thrown, and no series is made', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (document) => {
        try {
          expect(readJson(document, all).series).toEqual([]);
        } catch (error) {
          expect(error).toBeInstanceOf(Refused);
        }
      }),
    );
  });
});

describe('the Protocol Buffers form', () => {
  it.each(KINDS)('%s with bytes changed anywhere is refused or read, and never breaks us', (kind) => {
    const bytes = bytesOf(kind);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 3 }), (changes) => {
        const changed = Buffer.from(bytes);
        for (const [at, byte] of changes) changed[at] = byte;
        try {
          readProtobuf(changed, all);
        } catch (error) {
          expect(error).toBeInstanceOf(Malformed);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('of random bytes no series comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        try {
          expect(readProtobuf(Buffer.from(bytes), all).series).toEqual([]);
        } catch (error) {
          expect(error).toBeInstanceOf(Malformed);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a partial success in Protocol Buffers', () => {
  it('is as the protocol writes it', () => {
    const head = { mediaType: 'application/x-protobuf', parameters: {}, header: () => undefined };
    const { body } = storedReply(head, { points: 300, message: 'x' });
    // Field 1 with field 1 (300) and field 2 ("x") in it.
    expect(Buffer.from(body as Uint8Array).toString('hex')).toBe('0a0608ac02120178');
  });
});
