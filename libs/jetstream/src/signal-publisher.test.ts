import { describe, expect, it } from '@jest/globals';
import { decodeSignalBatch, encodeSignalBatch, type SignalBatch } from '@parapet/contracts';
import type { Publisher } from '@parapet/runtime';
import fc from 'fast-check';
import { PART_BYTES_MAX, SignalPublisher, split } from './signal-publisher.js';

type Statement = NonNullable<SignalBatch['alerts']>['statements'][number];

const statement = (name: string, bytes = 0): Statement => ({
  status: 'firing',
  fingerprint: name,
  labels: { alertname: name },
  annotations: bytes === 0 ? {} : { summary: 'é'.repeat(bytes / 2) },
  startsAtMs: 1,
  endsAtMs: null,
  generatorUrl: null,
  isContradicted: false,
});
const batch = (statements: readonly Statement[] | null, samples: SignalBatch['samples'] = []): SignalBatch => ({
  receipt: 'rcp_1',
  part: 1,
  parts: 1,
  tenant: 'acme',
  environment: 'production',
  source: 'shop',
  samples,
  alerts:
    statements === null
      ? null
      : { groupKey: '{}', receiver: 'r', externalUrl: 'http://a', truncatedAlerts: 2, digest: 'd', statements },
});
const sample = (key: string, bytes = 0): SignalBatch['samples'][number] => ({
  signal: 's',
  atMs: 1,
  value: { kind: 'gauge', value: 1 },
  dimensions: { store: 'x'.repeat(bytes) },
  key,
});

describe('a batch cut into parts', () => {
  it('is one part where it fits', () => {
    expect(split(batch([statement('a')]))).toEqual([batch([statement('a')])]);
  });

  it.each([
    ['a message without any alert still says "heard, and left out"', batch([]), [[]]],
    ['a message without alerts or samples is one empty part', batch(null), [null]],
  ] as const)('%s', (_, whole, expected) => {
    expect(split(whole).map(({ alerts }) => alerts?.statements ?? null)).toEqual(expected);
  });

  it('cuts an answer between its rules: each part stands for itself', () => {
    const rule = (name: string, bytes: number) => ({
      name,
      labels: { note: 'x'.repeat(bytes) },
      isHealthy: true,
      evaluatedAtMs: 1,
      intervalMs: 1,
      alerts: [],
    });
    const rules = [rule('a', 300_000), rule('b', 300_000), rule('c', 1)];
    const { alerts, ...rest } = batch([]);
    const whole = {
      ...rest,
      alerts:
        alerts === null ? null : { ...alerts, answer: { askedAtMs: 1, rules, externalLabels: { cluster: 'eu' } } },
    };
    const parts = split(whole);
    expect(parts.map(({ alerts: part }) => part?.answer?.rules.map(({ name }) => name))).toEqual([['a'], ['b', 'c']]);
    expect(parts.map(({ alerts: part }) => [part?.answer?.askedAtMs, part?.digest])).toEqual([
      [1, 'd'],
      [1, 'd'],
    ]);
  });

  it('numbers its parts and repeats group, sender and truncation in each', () => {
    const parts = split(batch([statement('a', 300_000), statement('b', 300_000), statement('c', 300_000)]));
    expect(parts.map(({ part, parts: of }) => [part, of])).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    expect(
      parts.map(({ alerts }) => [
        alerts?.truncatedAlerts,
        alerts?.groupKey,
        alerts?.statements.map((s) => s.fingerprint),
      ]),
    ).toEqual([
      [2, '{}', ['a']],
      [2, '{}', ['b']],
      [2, '{}', ['c']],
    ]);
  });

  it('never loses, repeats or reorders anything, and no part is too large', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 200_000 }), { maxLength: 12 });
    fc.assert(
      fc.property(sizes, sizes, (statementSizes, sampleSizes) => {
        const statements = statementSizes.map((bytes, i) => statement(`s${i}`, bytes));
        const samples = sampleSizes.map((bytes, i) => sample(`k${i}`, bytes));
        const parts = split(batch(statements, samples));
        expect(parts.flatMap((part) => part.samples)).toEqual(samples);
        expect(parts.flatMap((part) => part.alerts?.statements ?? [])).toEqual(statements);
        expect(parts.every((part) => encodeSignalBatch(part).length <= PART_BYTES_MAX)).toBe(true);
        expect(parts.map(({ part }) => part)).toEqual(parts.map((_, i) => i + 1));
        expect(parts.every((part) => part.parts === parts.length)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('is read back as it was written', () => {
    const whole = batch([statement('a')], [sample('k')]);
    expect(decodeSignalBatch(encodeSignalBatch(whole))).toEqual(whole);
  });
});

describe('publishing a batch', () => {
  const recording = () => {
    const calls: { subject: string; messageId: string; headers?: Readonly<Record<string, string>> }[] = [];
    const publisher: Publisher = {
      publish: async (subject, _, options) => (
        calls.push({ subject, ...options }), { streamSeq: calls.length, isDuplicate: false }
      ),
    };
    return { calls, signals: new SignalPublisher(publisher, { partitions: 32 }) };
  };

  it('goes to the partition of its tenant and environment, under receipt, environment and part', async () => {
    const { calls, signals } = recording();
    await signals.publish(batch([statement('a', 400_000), statement('b', 400_000)]), { traceparent: 't' });
    expect(calls.map(({ messageId }) => messageId)).toEqual(['rcp_1.production.1', 'rcp_1.production.2']);
    expect(calls[0]).toMatchObject({
      subject: expect.stringMatching(/^parapet\.signals\.v1\.\d+\.acme\.production$/),
      headers: { traceparent: 't' },
    });
  });

  it('stores nothing of a message of which one alert alone is too large', async () => {
    const { calls, signals } = recording();
    await expect(signals.publish(batch([statement('a'), statement('b', 600_000)]))).rejects.toMatchObject({
      reason: 'too-large',
    });
    expect(calls).toEqual([]);
  });
});
