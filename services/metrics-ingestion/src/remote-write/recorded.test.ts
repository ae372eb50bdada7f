import { describe, expect, it } from '@jest/globals';
import { declaredSource } from '../../test/declared.js';
import { ARRIVAL, plain } from '../../test/outside.js';
import { recordedBody } from '../../test/recorded-bodies.js';
import { snippetsOf } from '../../test/snippets.js';
import { headOf } from '../door/message.js';
import { remoteWriteDoor } from './door.js';
import { unsnapped } from './snappy.js';

/** The page's own way to ask for a share within a limit. */
const SHARE_WITHIN_A_LIMIT = snippetsOf('remote-write.md', 'yaml')[2] as string;
const SOURCE = declaredSource(
  'remote-write',
  `
- { name: errors, unit: requests, badDirection: high, form: proportion, temporality: cumulative, dimensions: [route],
    from: { metric: http_requests_total, where: { code: "5*" }, of: { metric: http_requests_total }, dimensions: { route: handler, store: shop } } }
- { name: seconds, unit: seconds, badDirection: high, form: histogram, temporality: cumulative, from: { metric: http_request_duration_seconds } }
${SHARE_WITHIN_A_LIMIT.trim()}
- { name: native, unit: seconds, badDirection: high, form: histogram, temporality: cumulative, from: { metric: native_seconds } }
- { name: carts, unit: carts, badDirection: low, form: gauge, dimensions: [till], from: { metric: carts_open } }`,
);

/** What the door makes of a recorded body: values by signal, what was dropped and the answer. */
function handIn(file: string) {
  const bytes = unsnapped(recordedBody(`remote-write/${file}`));
  const head = headOf({ 'content-type': 'application/x-protobuf' });
  const message = { ...head, bytes, document: () => ({ value: null, isAltered: () => false }) };
  const sender = { tenant: 'acme-retail', source: SOURCE, signals: new Map() };
  const nowMs = Date.parse('2026-11-23T09:28:00Z');
  const taken = remoteWriteDoor().take(message, sender, { ...ARRIVAL, nowMs });
  const samples = taken.batches.flatMap((batch) => batch.samples);
  const of = (signal: string) => samples.filter((one) => one.signal === signal).map((one) => plain(one.value));
  return { of, samples, dropped: taken.dropped, headers: taken.reply?.headers, accepted: taken.accepted };
}

describe('what a running Prometheus 2.42 wrote', () => {
  it('a scrape', () => {
    const { of, samples, dropped, accepted, headers } = handIn('prometheus-2.42-scrape.bin');
    expect(of('errors')).toEqual([
      { kind: 'count', count: 0, of: 100 },
      { kind: 'count', count: 3, of: 3 },
    ]);
    expect(of('seconds')).toEqual([
      { kind: 'histogram', bounds: [0.05, 0.1, 0.3, 1], counts: [10, 40, 40, 5, 5], sum: null },
    ]);
    expect(of('shop.http.fast')).toEqual([{ kind: 'count', count: 95, of: 100 }]);
    expect(of('carts')).toEqual([{ kind: 'gauge', value: 41 }]);
    expect(samples.find((one) => one.signal === 'carts')?.dimensions).toEqual({
      till: 'Kasse é',
      series: expect.any(String),
    });
    // The histogram's sum, and `up`.
    expect([dropped, accepted]).toEqual([{ undeclared: 2 }, samples.length]);
    expect(headers).toEqual({
      'x-prometheus-remote-write-samples-written': '11',
      'x-prometheus-remote-write-histograms-written': '0',
      'x-prometheus-remote-write-exemplars-written': '0',
    });
  });

  it('a native histogram, whose buckets between the spans are empty, and a gauge that is no number', () => {
    const { of } = handIn('prometheus-2.42-native-histogram.bin');
    const [native] = of('native');
    if (native?.kind !== 'histogram') throw new Error('no histogram');
    // Schema 1, written as 2 zeros and the buckets up to 1, √2, (2√2) and 4 with 1, 3, 1 and 4 each, and by then twice.
    const held = native.counts.flatMap((count, i) => (count > 0 ? [[native.bounds[i] ?? Infinity, count]] : []));
    expect(held).toEqual([
      [2 ** -10, 4],
      [1, 2],
      [expect.closeTo(Math.SQRT2), 6],
      [expect.closeTo(2 * Math.SQRT2), 2],
      [4, 8],
    ]);
    expect(native.sum).toBeCloseTo(36.8);
    expect(of('carts')).toEqual([{ kind: 'gap', reason: 'not-a-number' }]);
  });

  it('the end of everything: gaps, and no value', () => {
    const { of, samples } = handIn('prometheus-2.42-ended.bin');
    for (const signal of ['errors', 'seconds', 'native', 'carts'])
      expect(of(signal)[0]).toEqual({ kind: 'gap', reason: 'no-series' });
    expect(samples.every((one) => one.value.kind === 'gap')).toBe(true);
  });

  it('metadata: nothing, and no fault', () => {
    expect(handIn('prometheus-2.42-metadata.bin')).toEqual(
      expect.objectContaining({ samples: [], dropped: {}, accepted: 0 }),
    );
  });
});
