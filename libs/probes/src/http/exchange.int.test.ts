import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MeasurementFailed } from '../probe.js';
import { exchange, type HttpRequest } from './exchange.js';

const ANSWERS: Readonly<Record<string, RequestListener>> = {
  '/echo': (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, headers } = request;
      response.end(JSON.stringify({ method, headers, body: Buffer.concat(chunks).toString() }));
    });
  },
  '/error': (_, response) => response.writeHead(503).end('down'),
  '/moved': (_, response) => response.writeHead(302, { location: '/echo' }).end(),
  '/long': (_, response) => response.end('x'.repeat(2_000)),
  '/endless': (_, response) => {
    const more = () => response.destroyed || (response.write('x'.repeat(500)), setImmediate(more));
    more();
  },
  '/silent': () => undefined,
  '/stuck': (_, response) => response.write('the beginning'),
  '/broken': (_, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('the beginning', () => response.destroy());
  },
};

let server: Server;
let port: number;

beforeAll(async () => {
  server = createServer((request, response) => ANSWERS[request.url?.split('?')[0] ?? '']?.(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const ask = (path: string, more: Partial<HttpRequest> = {}) =>
  exchange({
    method: 'GET',
    url: new URL(path, `http://127.0.0.1:${port}`),
    headers: {},
    timeoutMs: 5_000,
    allowPrivate: true,
    bytesMax: 1_000,
    ...more,
  });

describe('an exchange', () => {
  it('sends method, headers and body, and brings the answer with its time', async () => {
    const answer = await ask('/echo', { method: 'POST', headers: { 'x-test': 'yes' }, body: 'grüße' });
    expect(answer.status).toBe(200);
    expect(answer.tookMs).toBeGreaterThan(0);
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      method: 'POST',
      body: 'grüße',
      headers: { 'x-test': 'yes', 'content-length': '7', 'user-agent': 'parapet-kpi-probing' },
    });
  });

  it.each([
    ['an error', '/error', 503],
    ['a redirect, which is not followed', '/moved', 302],
  ])('takes %s for an answer', async (_, path, status) => {
    expect((await ask(path)).status).toBe(status);
  });

  it.each<[string, string, Partial<HttpRequest>, string, string]>([
    ['an answer too long', '/long', {}, 'too-large', 'more than 1000 bytes'],
    ['an answer without end', '/endless', {}, 'too-large', 'more than 1000 bytes'],
    ['no answer in time', '/silent', { timeoutMs: 50 }, 'timeout', 'did not answer within 0.05 s'],
    ['an answer that stops midway', '/stuck', { timeoutMs: 100 }, 'timeout', 'did not answer within 0.1 s'],
    ['an answer that is cut', '/broken', {}, 'unreachable', 'cannot ask'],
    ['nobody there', '/', { url: new URL('http://127.0.0.1:1/?key=secret') }, 'unreachable', 'ECONNREFUSED'],
    ['a private address that nobody allowed', '/echo', { allowPrivate: false }, 'refused', 'https only'],
    ['cloud metadata', '/', { url: new URL('http://169.254.169.254/') }, 'refused', 'not a public address'],
    ['TLS that is none', '/', { url: new URL('https://127.0.0.1/') }, 'unreachable', 'cannot ask'],
  ])('fails with its reason: %s', async (_, path, more, reason, text) => {
    const url = more.url?.protocol === 'https:' ? { url: new URL(`https://127.0.0.1:${port}/`) } : {};
    const error = await ask(path, { ...more, ...url }).then(
      () => null,
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(MeasurementFailed);
    expect(error).toMatchObject({ reason, message: expect.stringContaining(text) });
    expect((error as Error).message).not.toContain('secret');
  });
});
