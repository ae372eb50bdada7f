import { fromJson, type JsonValue, toJson } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import {
  decodeSignalBatch,
  encodeSignalBatch,
  MalformedBatch,
  readSignalBatch,
  SIGNAL_BATCH_MESSAGE,
  type SignalBatch,
  signalBatchJson,
} from '@parapet/contracts';
import fc from 'fast-check';

const at = Date.parse('2026-11-23T09:15:00.250Z');
const sample = { signal: 'shop.carts.open', atMs: at, dimensions: { store: 'lyon-2' }, key: 'lyon-2/09:15' };

const BATCH: SignalBatch = {
  receipt: 'rcp_01JD91V0Q8Z3M7T5E2YB6K4R9C',
  part: 1,
  parts: 2,
  tenant: 'acme-retail',
  environment: 'production',
  source: 'shop-scripts',
  samples: [
    { ...sample, value: { kind: 'gauge', value: 41 } },
    { ...sample, value: { kind: 'gauge', value: Number.NaN }, isPartial: true },
    { ...sample, value: { kind: 'gauge', value: Number.NEGATIVE_INFINITY } },
    { ...sample, value: { kind: 'count', count: 0, of: 0 } },
    { ...sample, value: { kind: 'histogram', bounds: [0.1, 0.3], counts: [5, 9, 2], sum: 4.1 } },
    { ...sample, value: { kind: 'histogram', bounds: [], counts: [3], sum: null } },
    { ...sample, value: { kind: 'gap', reason: 'sensor-broken' } },
  ],
  alerts: {
    groupKey: '{}:{environment="production"}',
    receiver: 'release-guardrail',
    externalUrl: '',
    truncatedAlerts: 0,
    digest: 'ab12',
    isUngrouped: true,
    statements: [
      {
        status: 'firing',
        fingerprint: '0123456789abcdef',
        labels: { alertname: 'OrdersFail' },
        annotations: {},
        startsAtMs: at,
        endsAtMs: null,
        generatorUrl: 'https://prometheus.example/graph',
        isContradicted: false,
      },
      {
        status: 'resolved',
        fingerprint: 'fedcba9876543210',
        labels: {},
        annotations: { summary: 'x' },
        startsAtMs: null,
        endsAtMs: at,
        generatorUrl: null,
        isContradicted: true,
        isAltered: true,
        isLease: true,
      },
    ],
    answer: {
      askedAtMs: at,
      externalLabels: { cluster: 'eu' },
      rules: [
        {
          name: 'OrdersFail',
          labels: { severity: 'critical' },
          isHealthy: true,
          evaluatedAtMs: at - 250,
          intervalMs: 15_000,
          alerts: [
            {
              state: 'firing',
              fingerprint: '0123456789abcdef',
              labels: { alertname: 'OrdersFail', store: 'lyon-2' },
              annotations: { summary: 'x' },
              activeAtMs: at - 60_000,
            },
            { state: 'pending', fingerprint: 'ab', labels: {}, annotations: {}, activeAtMs: null },
          ],
        },
        { name: 'New', labels: {}, isHealthy: false, evaluatedAtMs: null, intervalMs: 1, alerts: [] },
      ],
    },
  },
  isHistory: true,
};

describe('a batch of signals', () => {
  it('survives the way through its bytes, whatever its numbers are', () => {
    expect(decodeSignalBatch(encodeSignalBatch(BATCH))).toEqual(BATCH);
  });

  it('is what proto/ says, read strictly', () => {
    const json = JSON.parse(JSON.stringify(signalBatchJson(BATCH))) as JsonValue;
    const written = toJson(SIGNAL_BATCH_MESSAGE, fromJson(SIGNAL_BATCH_MESSAGE, json, { ignoreUnknownFields: false }), {
      alwaysEmitImplicit: true,
    });
    expect(written).toMatchObject({ ...(json as object), samples: expect.anything() });
  });

  it('keeps a label named __proto__ a label', () => {
    const labels = JSON.parse('{"__proto__": "x", "constructor": "y"}') as Record<string, string>;
    const batch = {
      ...BATCH,
      alerts: { ...BATCH.alerts, statements: [{ ...BATCH.alerts?.statements[0], labels }] },
    } as SignalBatch;
    const read = decodeSignalBatch(encodeSignalBatch(batch)).alerts?.statements[0]?.labels ?? {};
    expect(Object.entries(read)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
    expect(Object.getPrototypeOf(read)).toBeNull();
  });

  it('reads the infinities of senders too, and ignores members it does not know', () => {
    const json = {
      ...signalBatchJson({ ...BATCH, alerts: null }),
      samples: [{ signal: 's', at: '2026-11-23T09:15:00Z', value: '+Inf', key: 'k', later: 1 }],
      later: {},
    };
    expect(readSignalBatch(json).samples).toEqual([
      {
        signal: 's',
        atMs: Date.parse('2026-11-23T09:15:00Z'),
        value: { kind: 'gauge', value: Number.POSITIVE_INFINITY },
        dimensions: {},
        key: 'k',
      },
    ]);
  });

  const json = () =>
    JSON.parse(JSON.stringify(signalBatchJson(BATCH))) as {
      [key: string]: unknown;
      samples: Record<string, unknown>[];
      alerts: { statements: Record<string, unknown>[] };
    };
  it.each<[string, (batch: ReturnType<typeof json>) => void, string]>([
    ['a receipt that is missing', (batch) => delete batch['receipt'], '/receipt is not a text'],
    [
      'a part that is no count',
      (batch) => {
        batch['part'] = -1;
      },
      '/part is not a count',
    ],
    [
      'samples that are no list',
      (batch) => {
        batch.samples = {} as never;
      },
      '/samples is not a list',
    ],
    [
      'a time that is no time',
      (batch) => {
        (batch.samples[0] as Record<string, unknown>)['at'] = '2026-11-23 25:00';
      },
      '/samples/0/at is not an RFC 3339 time',
    ],
    [
      'two values at once',
      (batch) => {
        (batch.samples[0] as Record<string, unknown>)['gap'] = 'stale';
      },
      '/samples/0 needs exactly one',
    ],
    ['a count without of', (batch) => delete batch.samples[3]?.['of'], '/samples/3/of is not a number'],
    [
      'a number written as another text',
      (batch) => {
        (batch.samples[0] as Record<string, unknown>)['value'] = '41';
      },
      '/samples/0/value is not a number',
    ],
    [
      'too few buckets',
      (batch) => {
        (batch.samples[4] as Record<string, unknown>)['histogram'] = { bounds: [1], counts: [1] };
      },
      '/samples/4/histogram/counts must hold one more',
    ],
    [
      'an unknown gap',
      (batch) => {
        (batch.samples[6] as Record<string, unknown>)['gap'] = 'tired';
      },
      '/samples/6/gap is not a known reason: tired',
    ],
    [
      'an unknown status',
      (batch) => {
        (batch.alerts.statements[1] as Record<string, unknown>)['status'] = 'maybe';
      },
      '/alerts/statements/1/status is neither',
    ],
    [
      'a label that is no text',
      (batch) => {
        (batch.alerts.statements[0] as Record<string, unknown>)['labels'] = { a: 1 };
      },
      '/alerts/statements/0/labels/a is not a text',
    ],
  ])('is refused for %s, with the field', (_what, spoil, message) => {
    const batch = json();
    spoil(batch);
    expect(() => readSignalBatch(batch)).toThrow(MalformedBatch);
    expect(() => readSignalBatch(batch)).toThrow(message);
  });

  it.each([
    ['no JSON', '{'],
    ['not UTF-8', '\xff'],
  ])('is refused where its bytes are %s', (_what, bytes) => {
    expect(() => decodeSignalBatch(Buffer.from(bytes, 'latin1'))).toThrow(MalformedBatch);
  });

  it('never reads anything but a batch or MalformedBatch out of arbitrary JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          readSignalBatch(value);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedBatch);
        }
      }),
    );
  });
});
