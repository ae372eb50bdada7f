import { describe, expect, it } from '@jest/globals';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { type SentSeries, SENT, version1, version2 } from '../../test/write-requests.js';
import { Refused } from '../door/refusal.js';
import { Malformed, WireReader } from '../protobuf/wire.js';
import { LabelMemory } from '../series/label-memory.js';
import type { WriteRequest } from './request.js';
import { readVersion1 } from './version-1.js';
import { readVersion2 } from './version-2.js';

const isWanted = (metric: string) => metric !== 'unwanted';
const VERSIONS = [
  ['1.0', version1, readVersion1],
  ['2.0', version2, readVersion2],
] as const;

/** What should be read of series that were sent. */
function expected(sent: readonly SentSeries[]): WriteRequest {
  const nameOf = ({ labels }: SentSeries) => labels[0]?.[1] as string;
  const samplesIn = (series: readonly SentSeries[]) => series.reduce((sum, one) => sum + one.samples.length, 0);
  return {
    series: sent
      .filter((one) => isWanted(nameOf(one)))
      .map((one) => ({
        metric: nameOf(one),
        labels: new Map(one.labels.slice(1)),
        nature: null,
        temporality: 'cumulative',
        points: one.samples.map(({ value, atMs }) => ({ atMs, startMs: null, value: { kind: 'number', value } })),
      })),
    samples: samplesIn(sent),
    histograms: 0,
    exemplars: sent.length,
    unwanted: samplesIn(sent.filter((one) => !isWanted(nameOf(one)))),
  };
}
const WANTED: SentSeries = {
  labels: [['__name__', 'wanted']],
  samples: [{ value: 1, atMs: 1_000 }],
  histograms: [],
};

describe.each(VERSIONS)('version %s', (_, write, read) => {
  it('is read as generated code has written it', () => {
    fc.assert(
      fc.property(SENT, (sent) => {
        // A lone half of a character is no text, and has no bytes that would bring it back.
        fc.pre(sent.every(({ labels }) => labels.flat().every((text) => Buffer.from(text).toString() === text)));
        expect(read(write(sent), isWanted)).toEqual(expected(sent));
      }),
    );
  });

  it('is read alike whatever was read before it', () => {
    const memory = new LabelMemory(200);
    fc.assert(
      fc.property(SENT, (sent) => {
        const bytes = write(sent);
        expect(read(bytes, isWanted, memory)).toEqual(read(bytes, isWanted));
      }),
    );
  });

  it('cut off anywhere it is refused, or was whole up to there', () => {
    const bytes = write([
      WANTED,
      {
        ...WANTED,
        labels: [
          ['__name__', 'wanted'],
          ['é', 'ü'],
        ],
      },
    ]);
    for (let end = 0; end < bytes.length; end++) {
      try {
        expect(read(bytes.subarray(0, end), isWanted).series.length).toBeLessThan(2);
      } catch (error) {
        expect(error).toBeInstanceOf(Malformed);
      }
    }
  });

  it('with a byte changed anywhere it is refused, or it says something: it never breaks us', () => {
    const bytes = write([WANTED, { ...WANTED, labels: [['__name__', 'unwanted']] }, WANTED]);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
        const changed = Buffer.from(bytes);
        changed[at] = byte;
        try {
          read(changed, isWanted);
        } catch (error) {
          expect(error).toBeInstanceOf(Malformed);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('of random bytes no series comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        try {
          expect(read(Buffer.from(bytes), isWanted).series).toEqual([]);
        } catch (error) {
          expect(error).toBeInstanceOf(Malformed);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('an end of a series is told from a value that is no number', () => {
    const bytes = write([{ ...WANTED, samples: [{ value: Number.NaN, atMs: 1 }] }]);
    const kindIn = (body: Buffer) => read(body, isWanted).series[0]?.points[0]?.value.kind;
    expect(kindIn(bytes)).toBe('number');
    const nan = bytes.indexOf(Buffer.from('000000000000f87f', 'hex'));
    expect(nan).toBeGreaterThan(0);
    Buffer.from('020000000000f07f', 'hex').copy(bytes, nan);
    expect(kindIn(bytes)).toBe('none');
  });

  it('beyond 10 000 samples of declared signals it is too large, however many others there are', () => {
    const many = (metric: string, count: number): SentSeries => ({
      labels: [['__name__', metric]],
      samples: Array.from({ length: count }, (_, i) => ({ value: i, atMs: i })),
      histograms: [],
    });
    const body = (wanted: number) => write([many('unwanted', 20_000), many('wanted', wanted)]);
    expect(read(body(10_000), isWanted).series[0]?.points).toHaveLength(10_000);
    expect(() => read(body(10_001), isWanted)).toThrow(Refused);
  });

  it('of a hundred thousand labels no more are kept than show that they are too many', () => {
    const labels = Array.from({ length: 100_000 }, (_, i) => [`l${i}`, 'x'] as const);
    const [series] = read(write([{ ...WANTED, labels: [['__name__', 'wanted'], ...labels] }]), isWanted).series;
    expect(series?.labels.size).toBe(129);
  });

  it('a series without a name is nobody’s', () => {
    const nameless: SentSeries = { ...WANTED, labels: [['job', 'wanted']] };
    expect(read(write([nameless]), isWanted)).toEqual(expect.objectContaining({ series: [], unwanted: 1 }));
  });
});

it('version 1.0 takes labels wherever they stand, and millions of them do not take for ever', () => {
  const sample = { labels: [], samples: [{ value: 1, atMs: 1_000 }], histograms: [] };
  const labels = Array.from({ length: 100_000 }, (_, i) => [`l${i}`, 'x'] as const);
  // Two halves of one series: the fields of its message, one after the other.
  const [first, last] = [{ ...sample }, { ...WANTED, samples: [], labels: [...labels, ...WANTED.labels] }].map((one) =>
    bodyOf(version1([one])),
  );
  const body = Buffer.concat([first as Buffer, last as Buffer]);
  const [series] = readVersion1(Buffer.concat([Buffer.from([0x0a]), varint(body.length), body]), isWanted).series;
  expect([series?.metric, series?.labels.size, series?.points.length]).toEqual(['wanted', 129, 1]);
});

/** A message of one series without the field that it stands in. */
function bodyOf(message: Buffer): Buffer {
  const reader = new WireReader(message);
  reader.tag();
  return message.subarray(message.length - reader.uint32());
}

function varint(value: number): Buffer {
  return Buffer.from(new BinaryWriter().uint32(value).finish());
}

describe('version 2.0 alone', () => {
  it.each([
    ['counter', 1, 'counter'],
    ['gauge', 2, 'gauge'],
    ['histogram: its series are counters, and nothing else is said', 3, null],
    ['nothing', 0, null],
  ] as const)('says of a metric that it is a %s', (_, type, nature) => {
    const [series] = readVersion2(version2([{ ...WANTED, type }]), isWanted).series;
    expect(series?.nature).toBe(nature);
  });

  it('says when a counter began', () => {
    const [series] = readVersion2(version2([{ ...WANTED, createdMs: 900 }]), isWanted).series;
    expect(series?.points[0]?.startMs).toBe(900);
  });

  it.each([
    ['a symbol that there is not', [0, 99]],
    ['a name without a value', [0]],
  ])('is refused with %s', (_, labelsRefs) => {
    const timeseries = [{ labelsRefs }];
    expect(() => readVersion2(version2([], { timeseries } as never), isWanted)).toThrow(Malformed);
  });

  it('with a long symbol that is meant a hundred thousand times is read, and dropped later', () => {
    const symbols = ['', '__name__', 'wanted', 'x'.repeat(100_000)];
    const labelsRefs = [1, 2, ...new Array<number>(200_000).fill(3)];
    const timeseries = [{ labelsRefs, samples: [{ value: 1, timestamp: 1n }] }];
    const [series] = readVersion2(version2([], { symbols, timeseries } as never), isWanted).series;
    expect([series?.metric, series?.labels.size]).toEqual(['wanted', 1]);
  });

  it('is read whatever stands first', () => {
    const symbols = version2([WANTED], { timeseries: [] });
    const series = version2([WANTED], { symbols: [] });
    expect(readVersion2(Buffer.concat([series, symbols]), isWanted)).toEqual(expected([WANTED]));
  });
});
