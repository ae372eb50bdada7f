import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hashToken, makeToken } from '@parapet/policy';
import type { Sample } from '@parapet/signals';
import { startPrometheus, type TestServer } from '@parapet/testkit';
import { snapped } from '../../test/snappy.js';
import { snippetsOf } from '../../test/snippets.js';
import { eventually, tokens, World } from '../../test/world.js';
import { version1, version2 } from '../../test/write-requests.js';

const PAGE = 'remote-write.md';
const token = makeToken();
/** The page's own source, with this test's token. */
const SOURCE = (snippetsOf(PAGE, 'yaml')[1] as string).replace(
  'credentials: [{ env: SHOP_PROMETHEUS_TOKEN }]',
  `credentials: [{ sha256: "${hashToken(token)}" }]\n  requests: { perSecond: 1000, burst: 1000 }`,
);

const slowToken = makeToken();
const SLOW = `
---
apiVersion: parapet.dev/v1
kind: SignalSource
metadata: { tenant: acme-retail, name: slow-prometheus }
spec:
  kind: remote-write
  credentials: [{ sha256: "${hashToken(slowToken)}" }]
  environments: [production]
  requests: { perSecond: 0.01, burst: 1 }
  signals: [{ name: slow.carts, unit: carts, badDirection: low, form: gauge, from: { metric: carts } }]
`;
const busyToken = makeToken();
const BUSY = `
---
apiVersion: parapet.dev/v1
kind: SignalSource
metadata: { tenant: acme-retail, name: busy-prometheus }
spec:
  kind: remote-write
  credentials: [{ sha256: "${hashToken(busyToken)}" }]
  environments: [production]
  requests: { perSecond: 1, burst: 1 }
  signals: [{ name: busy.carts, unit: carts, badDirection: low, form: gauge, from: { metric: carts_open, where: { till: "1" } } }]
`;
const slowly = (): RequestInit => ({
  method: 'POST',
  headers: {
    authorization: `Bearer ${slowToken}`,
    'content-type': 'application/x-protobuf',
    'content-encoding': 'snappy',
  },
  body: snapped(version1([])) as NonNullable<RequestInit['body']>,
});

/** What the shop's own endpoint shows; a scrape after the other the shop has sold more. */
function metricsPage(scrapes: number): string {
  return `
# TYPE http_requests_total counter
http_requests_total{code="200",handler="/checkout",shop="lyon"} ${100 * scrapes}
http_requests_total{code="503",handler="/checkout",shop="lyon"} ${3 * scrapes}
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="0.05"} ${10 * scrapes}
http_request_duration_seconds_bucket{le="0.1"} ${50 * scrapes}
http_request_duration_seconds_bucket{le="0.3"} ${90 * scrapes}
http_request_duration_seconds_bucket{le="1.0"} ${95 * scrapes}
http_request_duration_seconds_bucket{le="+Inf"} ${100 * scrapes}
http_request_duration_seconds_sum ${12.5 * scrapes}
http_request_duration_seconds_count ${100 * scrapes}
# TYPE carts_open gauge
carts_open{till="1"} ${scrapes === 2 ? 'NaN' : 41}
# TYPE nobody_declared_this gauge
nobody_declared_this 1
`;
}

describe('a Prometheus that writes to us', () => {
  let world: World;
  let prometheus: TestServer;
  let folder: string;
  let isDown = false;
  let scrapes = 0;
  const shop = createServer((_, response) => {
    scrapes++;
    if (isDown) response.writeHead(500).end();
    else response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(metricsPage(scrapes));
  });

  beforeAll(async () => {
    world = await World.start(`---\n${SOURCE}${SLOW}${BUSY}`);
    await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
    folder = mkdtempSync(join(tmpdir(), 'parapet-remote-write-'));
    writeFileSync(join(folder, 'token'), `${token}\n`);
    const remoteWrite = (snippetsOf(PAGE, 'yaml')[0] as string)
      .replace('https://parapet.acme.example', world.service.url)
      .replace('/etc/prometheus/parapet.token', join(folder, 'token'))
      // So that something undeclared reaches the door, and nobody waits for a batch to fill.
      .replace('carts_open"', 'carts_open|nobody_declared_this"')
      .replace('batch_send_deadline: 5s', 'batch_send_deadline: 100ms');
    prometheus = await startPrometheus({
      configYaml: `
global: { scrape_interval: 500ms }
scrape_configs:
  - job_name: shop
    static_configs: [{ targets: ["127.0.0.1:${(shop.address() as AddressInfo).port}"] }]
${remoteWrite}
  - url: ${world.service.url}/v1/ingest/remote-write/busy-prometheus
    authorization: { credentials: ${busyToken} }
    write_relabel_configs: [{ source_labels: [__name__], regex: carts_open, action: keep }]
    queue_config: { max_shards: 1, batch_send_deadline: 100ms, max_backoff: 200ms }
`,
    });
  }, 120_000);
  afterAll(async () => {
    await prometheus?.stop();
    shop.closeAllConnections();
    await new Promise((resolve) => shop.close(resolve));
    await world?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const samplesOf = async (signal: string): Promise<readonly Sample[]> =>
    (await world.stored())
      .flatMap(({ batch }) => (batch.source === 'shop-prometheus' ? batch.samples : []))
      .filter((sample) => sample.signal === signal);

  it('brings a counter as part of all, series by series', async () => {
    const samples = await eventually(async () => {
      const all = await samplesOf('shop.http.errors');
      return all.length >= 4 && all;
    });
    const [first, second] = samples as readonly [Sample, Sample];
    expect(first.atMs).toBe(second.atMs);
    expect(new Set([first, second].map((one) => JSON.stringify(one.value)))).toEqual(
      new Set(['{"kind":"count","count":0,"of":100}', '{"kind":"count","count":3,"of":3}']),
    );
    for (const { dimensions } of samples)
      expect(dimensions).toEqual({ store: 'lyon', route: '/checkout', series: expect.any(String) });
    expect(new Set(samples.map((one) => one.dimensions['series'])).size).toBe(2);
  }, 30_000);

  it('brings the declared buckets of one scrape together, per bucket', async () => {
    const samples = await eventually(async () => {
      const all = await samplesOf('shop.http.seconds');
      return all.length >= 2 && all;
    });
    expect(samples.slice(0, 2).map((one) => one.value)).toEqual(
      [1, 2].map((n) => ({
        kind: 'histogram',
        bounds: [0.1, 0.3, 1],
        counts: [50 * n, 40 * n, 5 * n, 5 * n],
        sum: null,
      })),
    );
  }, 30_000);

  it('brings a gauge, and a gap where it was no number', async () => {
    const samples = await eventually(async () => {
      const all = await samplesOf('shop.carts.open');
      return all.length >= 3 && all;
    });
    expect(samples.slice(0, 3).map((one) => one.value)).toEqual([
      { kind: 'gauge', value: 41 },
      { kind: 'gap', reason: 'not-a-number' },
      { kind: 'gauge', value: 41 },
    ]);
  }, 30_000);

  it('sends again what it was told to send later, and no scrape is missing', async () => {
    const refused = /parapet_ingest_messages_total\{[^}]*source="busy-prometheus",status="503"[^}]*\} [1-9]/;
    const [busy, free] = await eventually(async () => {
      const both = await Promise.all(
        ['busy-prometheus', 'shop-prometheus'].map(async (source) =>
          (await world.stored())
            .flatMap(({ batch }) => (batch.source === source ? batch.samples : []))
            .filter(({ signal }) => signal.endsWith('carts') || signal.endsWith('carts.open'))
            .map(({ atMs }) => atMs),
        ),
      );
      const isTried = refused.test(await world.metrics());
      return isTried && (both[0]?.length ?? 0) >= 3 && (both[1]?.length ?? 0) >= 3 && both;
    });
    const [mine, theirs] = [busy as number[], free as number[]];
    const both = Math.min(mine.length, theirs.length);
    expect(mine.slice(0, both)).toEqual(theirs.slice(0, both));
  }, 30_000);

  it('leaves what nobody declared at the door, and it is counted', async () => {
    const pattern = /parapet_ingest_dropped_total\{[^}]*source="shop-prometheus"[^}]*reason="undeclared"[^}]*\} (\d+)/;
    expect(Number(pattern.exec(await world.metrics())?.[1])).toBeGreaterThan(0);
    const stored = (await world.stored()).flatMap(({ batch }) => batch.samples);
    expect(new Set(stored.map((one) => one.signal))).toEqual(
      new Set(['shop.http.errors', 'shop.http.seconds', 'shop.carts.open', 'busy.carts']),
    );
  });

  describe('and others who write to us', () => {
    const VERSION_2 = 'application/x-protobuf;proto=io.prometheus.write.v2.Request';
    const write = (body: Uint8Array, headers: Record<string, string> = {}, path = '') =>
      fetch(`${world.service.url}/v1/ingest/remote-write/shop-prometheus${path}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/x-protobuf',
          'content-encoding': 'snappy',
          'x-prometheus-remote-write-version': '0.1.0',
          ...headers,
        },
        body: body as NonNullable<RequestInit['body']>,
      });
    const series = (metric: string, atMs: number) => ({
      labels: [
        ['__name__', metric],
        ['till', 'v2'],
      ] as const,
      samples: [{ value: 17, atMs }],
      histograms: [],
    });

    it('in version 2.0 are told what was written, and undeclared series were dropped as they were asked to be', async () => {
      const atMs = Date.now();
      const body = snapped(
        version2([
          series('carts_open', atMs),
          series('nobody_declared_this', atMs),
          series('carts_open', atMs + 3_600_000),
        ]),
      );
      const answer = await write(body, { 'content-type': VERSION_2, 'x-prometheus-remote-write-version': '2.0.0' });
      const written = ['samples', 'histograms', 'exemplars'].map((what) =>
        answer.headers.get(`x-prometheus-remote-write-${what}-written`),
      );
      // Of three samples the one from the future was not.
      expect([answer.status, await answer.text(), written]).toEqual([204, '', ['2', '0', '3']]);
      const stored = (await samplesOf('shop.carts.open')).filter((one) => one.atMs === atMs);
      expect(stored.map((one) => one.value)).toEqual([{ kind: 'gauge', value: 17 }]);
      expect(await world.metrics()).toMatch(/parapet_ingest_dropped_total\{[^}]*reason="future"[^}]*\} 1/);
    });

    it.each<[string, number, Uint8Array, Record<string, string>]>([
      ['a message of a type that nobody knows', 415, snapped(version2([])), { 'content-type': `${VERSION_2}3` }],
      ['another type', 415, Buffer.from('{}'), { 'content-type': 'application/json' }],
      ['another encoding', 415, version2([]), { 'content-encoding': 'gzip' }],
      ['what is not Snappy', 400, Buffer.from('not snappy at all'), {}],
      ['what is not the message', 400, snapped(Buffer.from([0x0a, 0x05, 0x01])), {}],
      ['what grows beyond 8 MiB', 413, Buffer.from([0xff, 0xff, 0xff, 0x7f, 0]), {}],
    ])('with %s are told %i', async (_, status, body, headers) => {
      const answer = await write(body, headers);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        status,
        expect.stringMatching(/^application\/problem\+json/),
      ]);
    });

    it.each([
      ['nobody’s token', () => makeToken(), 401],
      ['another tenant’s token', () => tokens.stranger, 403],
      ['another source’s token', () => tokens.samples, 403],
    ])('with %s are not let in', async (_, whose, status) => {
      const before = (await world.stored()).length;
      const body = snapped(version1([series('carts_open', Date.now())]));
      expect((await write(body, { authorization: `Bearer ${whose()}` })).status).toBe(status);
      const later = (await world.stored()).slice(before).flatMap(({ batch }) => batch.samples);
      expect(later.filter(({ value }) => value.kind === 'gauge' && value.value === 17)).toEqual([]);
    });

    it('at another address are not heard', async () => {
      expect((await write(snapped(version2([])), {}, '/v1/metrics')).status).toBe(404);
    });

    it('come again later where they come too often', async () => {
      const [first, second] = [
        await fetch(`${world.service.url}/v1/ingest/remote-write/slow-prometheus`, slowly()),
        await fetch(`${world.service.url}/v1/ingest/remote-write/slow-prometheus`, slowly()),
      ];
      expect([first.status, second.status, Number(second.headers.get('retry-after')) > 0]).toEqual([204, 503, true]);
    });
  });

  it('makes gaps of a shop that shows nothing any more: never 0, and never silence alone', async () => {
    isDown = true;
    const last = await eventually(async () => {
      const all = await Promise.all(['shop.http.errors', 'shop.http.seconds', 'shop.carts.open'].map(samplesOf));
      const ends = all.map((samples) => samples.at(-1)?.value);
      return ends.every((value) => value?.kind === 'gap') && ends;
    });
    expect(last).toEqual([1, 2, 3].map(() => ({ kind: 'gap', reason: 'no-series' })));
  }, 30_000);
});
