import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AskedPrometheus } from '@parapet/policy';
import { freePort } from '@parapet/testkit';
import { PrometheusClient } from './prometheus-client.js';

/** What somebody does with a question. */
type Ways = Readonly<Record<string, (response: ServerResponse, request: IncomingMessage) => void>>;

const TOKEN = 'ppt_read-only-and-nobody-elses';
const MIB = 'x'.repeat(1024 * 1024);
const EMPTY = JSON.stringify({ status: 'success', data: { resultType: 'vector', result: [] } });
const drips = new Set<NodeJS.Timeout>();

const WAYS: Ways = {
  good: (response) => response.end(EMPTY),
  never: () => undefined,
  'nothing-but-headers': (response) => response.writeHead(200).flushHeaders(),
  'drop-by-drop': (response) => void drips.add(setInterval(() => response.write(' '), 20)),
  'without-end': (response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(MIB));
    };
    response.on('drain', more);
    more();
  },
  'cut-off': (response) => {
    response.writeHead(200, { 'content-length': '1000' }).write('{"status":');
    setImmediate(() => response.destroy());
  },
  elsewhere: (response, request) => response.writeHead(307, { location: `http://${request.headers.host}/good` }).end(),
  garbage: (response) => response.end(Buffer.from([0xff, 0xfe, 0x00, 0x80])),
  'says-what-it-heard': (response, request) =>
    response.writeHead(401).end(`you came with ${request.headers.authorization}, which is not enough`),
};

const server = createServer((request, response) => {
  const [, way = ''] = (request.url ?? '').split('/');
  heard.push(request.url ?? '');
  WAYS[way]?.(response, request);
});
const heard: string[] = [];
let origin: string;

beforeAll(async () => {
  process.env['PROMETHEUS_READ_TOKEN'] = TOKEN;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  for (const drip of drips) clearInterval(drip);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const client = (url: string, more: Partial<AskedPrometheus> = {}) =>
  new PrometheusClient({
    url,
    bearer: { env: 'PROMETHEUS_READ_TOKEN' },
    basic: null,
    ca: null,
    allowPrivate: true,
    timeoutMs: 300,
    scrapeIntervalMs: 15_000,
    externalLabels: {},
    ...more,
  });

describe('a Prometheus that is asked', () => {
  it.each([
    ['never', 'slow', /did not answer within 0\.3 s$/],
    ['nothing-but-headers', 'slow', /did not answer within 0\.3 s$/],
    ['drop-by-drop', 'slow', /did not answer within 0\.3 s$/],
    ['cut-off', 'away', /^cannot ask /],
    ['elsewhere', 'away', /^HTTP 307/],
    ['garbage', 'away', /^HTTP 200/],
    ['says-what-it-heard', 'away', /^HTTP 401: you came with Bearer …, which is not enough$/],
  ])('and answers %s, is %s', async (way, trouble, detail) => {
    const answer = await client(`${origin}/${way}`).at('up', 0);
    expect(answer).toEqual({ kind: 'unreachable', trouble, detail: expect.stringMatching(detail) });
  });

  it('and answers without end, is too much', async () => {
    const answer = await client(`${origin}/without-end`, { timeoutMs: 10_000 }).at('up', 0);
    expect(answer).toMatchObject({ kind: 'unreachable', trouble: 'too-much' });
  });

  it('and sends on to somebody else, is not followed there', async () => {
    const before = heard.length;
    await client(`${origin}/elsewhere`).at('up', 0);
    expect(heard.slice(before)).toEqual(['/elsewhere/api/v1/query']);
  });

  it('and is not there, is away', async () => {
    const answer = await client(`http://127.0.0.1:${await freePort()}`).at('up', 0);
    expect(answer).toMatchObject({ kind: 'unreachable', trouble: 'away' });
  });

  it.each<[string, Partial<AskedPrometheus>, RegExp]>([
    ['a token that nobody set', { bearer: { env: 'NOBODY_SET_THIS' } }, /NOBODY_SET_THIS is not set/],
    ['authorities that are not there', { ca: '/nowhere/ca.pem' }, /ENOENT.*\/nowhere\/ca\.pem/],
    ['a private address without the operator’s word', { allowPrivate: false }, /127\.0\.0\.1|https/],
  ])('with %s, is not asked at all', async (_, more, detail) => {
    const before = heard.length;
    const answer = await client(`${origin}/good`, more).at('up', 0);
    expect(answer).toEqual({ kind: 'unreachable', trouble: 'away', detail: expect.stringMatching(detail) });
    expect(heard.slice(before)).toEqual([]);
  });

  it('answers, with a token or as a user', async () => {
    const basic = { user: 'reader', password: { env: 'PROMETHEUS_READ_TOKEN' } };
    for (const more of [{}, { bearer: null, basic }, { bearer: null }])
      expect(await client(`${origin}/good/`, more).over('up', { fromMs: 0, toMs: 60_000, stepMs: 15_000 })).toEqual({
        kind: 'series',
        series: [],
        warnings: [],
      });
    const shown = await client(`${origin}/says-what-it-heard`, { bearer: null, basic }).at('up', 0);
    expect(shown).toMatchObject({ detail: 'HTTP 401: you came with Basic …, which is not enough' });
    const open = await client(`${origin}/says-what-it-heard`, { bearer: null }).at('up', 0);
    expect(open).toMatchObject({ detail: 'HTTP 401: you came with undefined, which is not enough' });
  });
});
