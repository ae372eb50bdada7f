import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BUILT_IN_SIGNALS, traefikSettings } from '@parapet/policy';
import { EMPTY_SERIES, type SampleValue, takeSample } from '@parapet/signals';
import { MeasurementFailed } from '../probe.js';
import { TraefikProbe } from './probe.js';

const EVERY_MS = 60_000;
const WINDOW = { fromMs: Date.parse('2026-09-15T09:59:00Z'), toMs: Date.parse('2026-09-15T10:00:00Z') };
const NOW_MS = WINDOW.toMs;

const page = (file: string) => readFileSync(new URL(`../../fixtures/traefik/${file}.prom`, import.meta.url), 'utf8');
const V3 = page('v3');

/** Stands in for Traefik's metrics entry point: answers what a test says. */
let traefik: Server;
let url: string;
let answer: { status: number; body: string };
let authorization: string | undefined;
let nowMs = NOW_MS;

beforeAll(async () => {
  traefik = createServer((request, response) => {
    authorization = request.headers.authorization;
    response.writeHead(answer.status, { 'content-type': 'text/plain; version=0.0.4' }).end(answer.body);
  });
  await new Promise<void>((resolve) => traefik.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(traefik.address() as AddressInfo).port}/metrics`;
});
afterAll(async () => {
  traefik.closeAllConnections();
  await new Promise((resolve) => traefik.close(resolve));
});
beforeEach(() => {
  nowMs = NOW_MS;
  answer = { status: 200, body: V3 };
});

/** The page with another count of the GET requests of the shop's service with that code. */
function requestsOf(body: string, code: string, count: number): string {
  const labels = `code="${code}",method="GET",protocol="http",service="odoo-web@docker"`;
  return body.replace(new RegExp(`(traefik_service_requests_total{${labels}}) \\d+`), `$1 ${count}`);
}

function probeOf(settings: object = {}): TraefikProbe {
  return new TraefikProbe({
    name: 'odoo-retail/ingress',
    instance: 'ingress',
    everyMs: EVERY_MS,
    settings: traefikSettings.parse({ url, allowPrivate: true, ...settings }),
    nowMs: () => nowMs,
  });
}

async function measured(kpi: string, settings: object = {}) {
  const measure = probeOf(settings).measures.find((one) => one.kpi === kpi);
  if (measure === undefined) throw new Error(`no ${kpi}`);
  const { measurements, rows } = await measure.measure([{ fromMs: nowMs - EVERY_MS, toMs: nowMs }]);
  const samples = measurements[0]?.samples ?? [];
  expect(samples.every(({ dimensions }) => dimensions['instance'] === 'ingress')).toBe(true);
  const values = samples.map(({ signal, dimensions: { instance: _, ...own }, value }) => [
    `${signal} ${Object.values(own).join()}`,
    value,
  ]);
  return { values: Object.fromEntries(values) as Record<string, SampleValue>, samples, rows };
}

async function failureOf(kpi: string, settings: object = {}): Promise<readonly [string, string]> {
  const error = await measured(kpi, settings).then(
    () => new Error('it succeeded'),
    (e: unknown) => e,
  );
  if (!(error instanceof MeasurementFailed)) throw error;
  return [error.reason, error.message];
}

describe('what passes through a Traefik', () => {
  it('is counted by service, methods and codes together, without websockets and its own pages', async () => {
    const { values, rows } = await measured('services');
    const countedS = expect.closeTo(NOW_MS / 1000 - 1.78946280071e9, 3);
    expect(values).toEqual({
      'traefik.service.requests odoo-longpolling@docker': { kind: 'count', count: 300, of: countedS },
      'traefik.service.errors odoo-longpolling@docker': { kind: 'count', count: 0, of: 300 },
      'traefik.service.latency odoo-longpolling@docker': {
        kind: 'histogram',
        bounds: [0.1, 0.3, 1.2, 5],
        counts: [0, 0, 0, 20, 280],
        sum: 14_400,
      },
      'traefik.service.requests odoo-web@docker': { kind: 'count', count: 10_000, of: countedS },
      'traefik.service.errors odoo-web@docker': { kind: 'count', count: 100, of: 10_000 },
      'traefik.service.latency odoo-web@docker': {
        kind: 'histogram',
        bounds: [0.1, 0.3, 1.2, 5],
        counts: [8_110, 1_110, 630, 103, 47],
        sum: 1_326.375,
      },
    });
    expect(rows).toBe(7 * 7);
  });

  it('is counted by router where routers are asked for', async () => {
    const { values } = await measured('routers', { routers: ['payment@.*'] });
    expect(Object.keys(values)).toEqual([
      'traefik.router.requests payment@docker',
      'traefik.router.errors payment@docker',
      'traefik.router.latency payment@docker',
    ]);
    expect(values['traefik.router.errors payment@docker']).toEqual({ kind: 'count', count: 40, of: 940 });
  });

  it('is counted on the pages of Traefik 2 as well; without the process’ beginning only growth has a meaning', async () => {
    answer = { status: 200, body: page('v2') };
    const { values } = await measured('services', { services: ['shop-odoo-web-\\d+@kubernetes'] });
    expect(values).toMatchObject({
      'traefik.service.requests shop-odoo-web-8069@kubernetes': { kind: 'count', count: 72, of: NOW_MS / 1000 },
      'traefik.service.errors shop-odoo-web-8069@kubernetes': { kind: 'count', count: 2, of: 72 },
    });
  });

  it.each<{ signal: string; isRate: boolean; increments: readonly object[] }>([
    {
      signal: 'traefik.service.errors',
      isRate: false,
      increments: [
        { count: 25, of: 300 },
        { count: 2, of: 72 },
      ],
    },
    {
      // Five requests a second are no part of their seconds.
      signal: 'traefik.service.requests',
      isRate: true,
      increments: [
        { count: 300, of: 60 },
        { count: 72, of: 90 },
      ],
    },
  ])('becomes increments of $signal, and a restart loses nothing that came after it', async (row) => {
    const declared = BUILT_IN_SIGNALS.find(({ name }) => name === row.signal);
    if (declared === undefined) throw new Error('no such signal');
    const declaration = row.isRate ? { ...declared, isRate: true } : declared;
    const restartS = NOW_MS / 1000 + 2 * 60 - 90;
    const pages = [
      V3,
      // 300 more requests and 25 more errors.
      requestsOf(requestsOf(V3, '200', 9_275), '500', 85),
      `process_start_time_seconds ${restartS}\n${page('v2')}`.replaceAll(
        'shop-odoo-web-8069@kubernetes',
        'odoo-web@docker',
      ),
    ];
    let state = EMPTY_SERIES;
    const seen: (SampleValue | null)[] = [];
    for (const [n, body] of pages.entries()) {
      answer = { status: 200, body };
      nowMs = NOW_MS + n * EVERY_MS;
      const { samples } = await measured('services', { services: ['odoo-web@docker'] });
      const sample = samples.find(({ signal }) => signal === declaration.name);
      if (sample === undefined) throw new Error('no such sample');
      const taken = takeSample(declaration, state, sample, nowMs);
      state = taken.state;
      seen.push('observation' in taken ? taken.observation.value : null);
    }
    const close = (value: object) => ({ kind: 'count', ...value });
    expect(seen).toEqual([null, ...row.increments.map(close)]);
  });
});

describe('certificates', () => {
  it('have days left; of two with one name the newest counts, and one without a common name is known by another', async () => {
    const { values } = await measured('certificates');
    expect(values).toEqual({
      'traefik.certificate.left shop.example': { kind: 'gauge', value: expect.closeTo(90, 0) },
      'traefik.certificate.left pos.shop.example': { kind: 'gauge', value: expect.closeTo(5.5, 3) },
    });
  });
});

describe('what could not be measured is never a number', () => {
  it.each<[string, string, object, string, readonly [string, string]]>([
    [
      'a service that is not there',
      'services',
      { services: ['magento.*'] },
      V3,
      ['missing', 'no service matches; on the page are odoo-web@docker, odoo-longpolling@docker, prometheus@internal'],
    ],
    [
      'a pattern that fits only a part of the name',
      'services',
      { services: ['odoo'] },
      V3,
      ['missing', 'no service matches; on the page are odoo-web@docker, odoo-longpolling@docker, prometheus@internal'],
    ],
    [
      'routers that Traefik does not label',
      'routers',
      { routers: ['.*'] },
      page('v2'),
      ['missing', 'no router on the page: switch on metrics.prometheus.addRoutersLabels in Traefik'],
    ],
    [
      'no certificate',
      'certificates',
      {},
      page('v2'),
      ['missing', 'no certificate on the page: this Traefik ends no TLS; set certificates: false'],
    ],
    [
      'more services than expected',
      'services',
      { seriesMax: 1 },
      V3,
      ['too-large', 'more than 1 services match: narrow services, or raise seriesMax'],
    ],
    [
      'a page of somebody else',
      'services',
      {},
      '<html>Sign in</html>',
      ['bad-answer', 'this is no metrics page of Traefik: traefik_config_reloads_total is not on it'],
    ],
    [
      'a page that was cut',
      'services',
      {},
      V3.slice(0, V3.lastIndexOf('traefik_service_requests_total{') + 40),
      ['bad-answer', 'cannot read the line "traefik_service_requests_total{code=\\"200"'],
    ],
    [
      'a counter that is no number',
      'services',
      {},
      V3.replaceAll('} 9000', '} NaN'),
      ['bad-answer', 'traefik_service_request_duration_seconds_bucket is NaN: no count'],
    ],
  ])('%s', async (_, kpi, settings, body, [reason, text]) => {
    answer = { status: 200, body };
    const [found, message] = await failureOf(kpi, settings);
    expect([found, message]).toEqual([reason, text]);
  });

  it.each([
    [401, 'refused'],
    [403, 'refused'],
    [404, 'missing'],
    [302, 'bad-answer'],
    [503, 'unreachable'],
  ])('an answer of status %i', async (status, reason) => {
    answer = { status, body: V3 };
    expect(await failureOf('services')).toEqual([reason, `${url} answered ${status}`]);
  });

  it('a page longer than is read', async () => {
    answer = { status: 200, body: `# ${'x'.repeat(8 * 1024 * 1024)}\n` };
    expect((await failureOf('services'))[0]).toBe('too-large');
  });

  it('a Traefik that is away, or at an address that nobody allowed', async () => {
    expect((await failureOf('services', { url: 'http://127.0.0.1:1/metrics' }))[0]).toBe('unreachable');
    expect((await failureOf('services', { url: url.replace('http:', 'https:'), allowPrivate: false }))[0]).toBe(
      'refused',
    );
  });
});

describe('settings', () => {
  const problems = (settings: object) =>
    traefikSettings
      .safeParse({ url: 'https://traefik.shop.example/metrics', ...settings })
      .error?.issues.map(({ message }) => message) ?? [];

  it.each<[string, object, readonly string[]]>([
    ['only the address', {}, []],
    ['plain http that nobody allowed', { url: 'http://traefik/metrics' }, ['plain http needs allowPrivate: true']],
    ['a pattern that is none', { services: ['odoo('] }, ['must be a regular expression']],
    ['nothing to measure', { services: [], certificates: false }, ['there is nothing to measure']],
  ])('%s', (_, settings, expected) => {
    expect(problems(settings)).toEqual(expected);
  });

  it('send a token where there is one', async () => {
    process.env['TRAEFIK_TOKEN'] = 'abc';
    await measured('certificates', { token: { env: 'TRAEFIK_TOKEN' } });
    delete process.env['TRAEFIK_TOKEN'];
    expect(authorization).toBe('Bearer abc');
    expect(await failureOf('certificates', { token: { env: 'TRAEFIK_TOKEN' } })).toEqual([
      'refused',
      'the environment variable TRAEFIK_TOKEN is not set',
    ]);
  });
});
