import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import {
  AggregationTemporality,
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { hashToken, makeToken } from '@parapet/policy';
import type { Sample } from '@parapet/signals';
import { parse } from 'yaml';
import { snippetsOf } from '../../test/snippets.js';
import { tokens, World } from '../../test/world.js';

const JSON_TYPE = /^application\/json\b/;
const PAGE = 'otlp.md';
const [COLLECTOR, SOURCE] = snippetsOf(PAGE, 'yaml') as [string, string];
const token = makeToken();
const slowToken = makeToken();
const deltaToken = makeToken();
const sourceOf = (name: string, own: string, requests: string) =>
  SOURCE.replace('name: shop-otel', `name: ${name}`).replace(
    'credentials: [{ env: SHOP_OTEL_TOKEN }]',
    `credentials: [{ sha256: "${hashToken(own)}" }]\n  requests: ${requests}`,
  );
/** The page's own source; one that may send once; and one whose sender was told to send deltas. */
const DOCUMENTS = `---
${sourceOf('shop-otel', token, '{ perSecond: 1000, burst: 1000 }')}---
${sourceOf('slow-otel', slowToken, '{ perSecond: 0.01, burst: 1 }')}---
${sourceOf('delta-otel', deltaToken, '{ perSecond: 1000, burst: 1000 }')
  .replaceAll('temporality: cumulative', 'temporality: delta')
  .replaceAll('name: shop.', 'name: delta.')
  .replace('metric: delta.', 'metric: shop.')}`;

/** A shop with the official SDK: two orders, one cart closed again, three requests of which one failed. */
function shopWith(exporter: PushMetricExporter, exponential = false): MeterProvider {
  const views = [
    { instrumentName: 'http.server.request.duration', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } },
  ];
  const provider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
    ...(exponential ? { views: views as never } : {}),
  });
  const meter = provider.getMeter('shop');
  meter.createCounter('shop.orders').add(2);
  const carts = meter.createUpDownCounter('shop.carts.open');
  carts.add(5);
  carts.add(-1);
  const seconds = meter.createHistogram('http.server.request.duration', {
    advice: { explicitBucketBoundaries: [0.1, 0.3, 1] },
  });
  seconds.record(0.05, { 'http.response.status_code': 200, 'shop.id': 'lyon' });
  seconds.record(0.2, { 'http.response.status_code': 200, 'shop.id': 'lyon' });
  seconds.record(3, { 'http.response.status_code': 503, 'shop.id': 'lyon' });
  meter.createCounter('nobody.declared.this').add(1);
  // A counter that is asked in the millisecond it began in has not begun before.
  const begunMs = Date.now();
  while (Date.now() <= begunMs + 1);
  return provider;
}

describe('an OpenTelemetry SDK that exports to us', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start(DOCUMENTS);
  }, 120_000);
  afterAll(() => world?.stop());

  const addressOf = (source: string) => `${world.service.url}/v1/ingest/otlp/${source}/v1/metrics`;
  const optionsFor = (source: string, own: string) => ({
    url: addressOf(source),
    headers: { authorization: `Bearer ${own}` },
    compression: 'gzip' as never,
    timeoutMillis: 10_000,
  });
  const samplesOf = async (source: string): Promise<readonly Sample[]> =>
    (await world.stored()).flatMap(({ batch }) => (batch.source === source ? batch.samples : []));
  /** Values by signal, of what came after so many samples. */
  const valuesAfter = async (source: string, before: number, signal: string) =>
    (await samplesOf(source))
      .slice(before)
      .filter((sample) => sample.signal === signal)
      .map((sample) => sample.value);

  it.each([
    ['JSON', JsonExporter],
    ['Protocol Buffers', ProtobufExporter],
  ])('as %s and gzip: sums, up-down sums and histograms become the declared signals', async (_, Exporter) => {
    const before = (await samplesOf('shop-otel')).length;
    const shop = shopWith(new Exporter(optionsFor('shop-otel', token)) as PushMetricExporter);
    await shop.forceFlush();
    await shop.shutdown();
    const values = (signal: string) => valuesAfter('shop-otel', before, signal);
    // A counter that has just begun is told to have begun at zero: nothing that it counted so far is lost.
    const orders = await values('shop.orders');
    expect(orders.slice(0, 2)).toEqual([
      { kind: 'count', count: 0, of: expect.any(Number) },
      { kind: 'count', count: 2, of: expect.any(Number) },
    ]);
    expect((await values('shop.carts.open'))[0]).toEqual({ kind: 'gauge', value: 4 });
    expect(await values('shop.http.errors')).toEqual(
      expect.arrayContaining([
        { kind: 'count', count: 0, of: 2 },
        { kind: 'count', count: 1, of: 1 },
      ]),
    );
    expect(await values('shop.http.seconds')).toEqual(
      expect.arrayContaining([
        { kind: 'histogram', bounds: [0.1, 0.3, 1], counts: [1, 1, 0, 0], sum: 0.25 },
        { kind: 'histogram', bounds: [0.1, 0.3, 1], counts: [0, 0, 0, 1], sum: 3 },
      ]),
    );
    const [errors] = (await samplesOf('shop-otel')).filter((sample) => sample.signal === 'shop.http.errors');
    expect(errors?.dimensions).toEqual({ store: 'lyon', series: expect.any(String) });
  });

  it.each([
    ['JSON', JsonExporter],
    ['Protocol Buffers', ProtobufExporter],
  ])('as %s: exponential histograms are read by our grid', async (_, Exporter) => {
    const before = (await samplesOf('shop-otel')).length;
    const shop = shopWith(new Exporter(optionsFor('shop-otel', token)) as PushMetricExporter, true);
    await shop.forceFlush();
    await shop.shutdown();
    const values = await valuesAfter('shop-otel', before, 'shop.http.seconds');
    const lyon = values.find((value) => value.kind === 'histogram' && value.sum !== 3 && value.sum !== 0);
    if (lyon?.kind !== 'histogram') throw new Error('no histogram came');
    const upTo = (bound: number) => lyon.bounds.findIndex((one) => one >= bound);
    const countedAt = lyon.counts.flatMap((count, i) => (count > 0 ? [i] : []));
    expect(countedAt).toEqual([upTo(0.05), upTo(0.2)]);
    expect(lyon.sum).toBeCloseTo(0.25);
  });

  it('deltas stand for their own interval', async () => {
    const exporter = new ProtobufExporter({
      ...optionsFor('delta-otel', deltaToken),
      temporalityPreference: AggregationTemporality.DELTA as never,
    });
    const shop = shopWith(exporter as PushMetricExporter);
    await shop.forceFlush();
    await shop.shutdown();
    const [orders] = await valuesAfter('delta-otel', 0, 'delta.orders');
    expect(orders).toEqual({ kind: 'count', count: 2, of: expect.any(Number) });
    expect((orders as { of: number }).of).toBeLessThan(60);
  });

  it('the other temporality than declared is rejected, and the exporter is told', async () => {
    const point = {
      asInt: '2',
      timeUnixNano: `${Date.now()}000000`,
      startTimeUnixNano: `${Date.now() - 60_000}000000`,
    };
    const sum = { aggregationTemporality: 1, isMonotonic: true, dataPoints: [point] };
    const gauge = { dataPoints: [{ ...point, asInt: '7' }] };
    const metrics = [
      { name: 'shop.orders', sum },
      { name: 'shop.orders', summary: { dataPoints: [point] } },
      { name: 'shop.carts.open', gauge },
      { name: 'nobody.declared.this', sum },
    ];
    const answer = await fetch(addressOf('shop-otel'), {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] }),
    });
    expect([answer.status, answer.headers.get('content-type'), await answer.json()]).toEqual([
      200,
      expect.stringMatching(JSON_TYPE),
      {
        partialSuccess: {
          rejectedDataPoints: '2',
          errorMessage: 'points that fit no declared signal: 1 temporality, 1 form',
        },
      },
    ]);
    expect((await samplesOf('shop-otel')).at(-1)?.value).toEqual({ kind: 'gauge', value: 7 });
  });

  it('what cannot be read is 400 with a status in the words of the protocol, in the encoding of the request', async () => {
    const post = (type: string, body: string) =>
      fetch(addressOf('shop-otel'), {
        method: 'POST',
        headers: { 'content-type': type, authorization: `Bearer ${token}` },
        body,
      });
    const json = await post('application/json', '{"resourceMetrics": 1}');
    expect([json.status, json.headers.get('content-type'), await json.json()]).toEqual([
      400,
      expect.stringMatching(JSON_TYPE),
      { message: '/resourceMetrics must be a list; found 1' },
    ]);
    const protobuf = await post('application/x-protobuf', 'no protobuf at all');
    expect([protobuf.status, protobuf.headers.get('content-type')]).toEqual([400, 'application/x-protobuf']);
    expect(await protobuf.text()).toContain('the body is no ExportMetricsServiceRequest');
    expect((await post('text/plain', 'x')).status).toBe(415);
  });

  it.each([
    ['nobody’s token', () => makeToken(), 401],
    ['another tenant’s token', () => tokens.stranger, 403],
    ['a token of samples', () => tokens.samples, 403],
  ])('whoever has %s is not let in, and told so in the words of the protocol', async (_, whose, status) => {
    const before = (await samplesOf('shop-otel')).length;
    const gauge = { dataPoints: [{ asInt: '9', timeUnixNano: `${Date.now()}000000` }] };
    const answer = await fetch(addressOf('shop-otel'), {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${whose()}` },
      body: JSON.stringify({
        resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'shop.carts.open', gauge }] }] }],
      }),
    });
    expect([answer.status, await answer.json()]).toEqual([status, { message: expect.any(String) }]);
    expect(await samplesOf('shop-otel')).toHaveLength(before);
  });

  it('beyond its rate a source is told when to come again', async () => {
    const post = () =>
      fetch(addressOf('slow-otel'), {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${slowToken}` },
        body: '{}',
      });
    expect((await post()).status).toBe(200);
    const second = await post();
    expect([second.status, Number(second.headers.get('retry-after')) > 0]).toEqual([429, true]);
  });

  it('the page tells a Collector the address to which it appends its own part', () => {
    const { endpoint } = parse(COLLECTOR).exporters['otlphttp/parapet'];
    expect(`${new URL(endpoint).pathname}/v1/metrics`).toBe('/v1/ingest/otlp/shop-otel/v1/metrics');
    const [environment] = snippetsOf(PAGE, 'sh') as [string];
    const told = /^OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=(.*)$/m.exec(environment)?.[1] as string;
    expect(new URL(told).pathname).toBe('/v1/ingest/otlp/shop-otel/v1/metrics');
  });
});
