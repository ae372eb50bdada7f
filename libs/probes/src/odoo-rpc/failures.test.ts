import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MeasurementFailed } from '../probe.js';
import { failureOf, statusFailure } from './failures.js';
import { Odoo, OdooConnection } from './odoo.js';

/** One exchange with a real server, as it was recorded. */
interface Recorded {
  readonly title: string;
  readonly request: { readonly path: string };
  readonly response: { readonly status: number; readonly headers: Record<string, string>; readonly body: unknown };
}

const recorded = (version: string): readonly Recorded[] =>
  readFileSync(new URL(`../../fixtures/odoo-api/api-${version}.jsonl`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Recorded);

/** Answers every question after the login with one recorded answer. */
let server: Server;
let next: Recorded['response'] | { status: number; headers: Record<string, string>; body: unknown };
beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const isLogin = Buffer.concat(chunks).includes('authenticate');
      const { status, headers, body } = isLogin
        ? { status: 200, headers: {}, body: { jsonrpc: '2.0', id: 1, result: 2 } }
        : next;
      const { 'Set-Cookie': _, ...own } = headers;
      response.writeHead(status, own).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function odooOf(protocol: 'json-rpc' | 'json-2'): Odoo {
  const place = {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    database: 'retail',
    login: 'parapet',
    apiKey: () => 'key',
    companies: null,
    timeoutMs: 2_000,
    allowPrivate: true,
    ca: null,
  };
  return new Odoo(new OdooConnection(place, protocol, () => 0), 100);
}

async function failureWith(protocol: 'json-rpc' | 'json-2'): Promise<MeasurementFailed> {
  const error = await odooOf(protocol)
    .count('sale.order', [])
    .then(
      (count) => new Error(`it answered ${count}`),
      (e: unknown) => e,
    );
  if (!(error instanceof MeasurementFailed)) throw error;
  return error;
}

const BY_RPC: readonly (readonly [string, string, string])[] = ['14', '19'].flatMap((version) =>
  [
    ['execute_kw, wrong password', 'refused'],
    ['execute_kw, unknown model', 'missing'],
    ['execute_kw, unknown field in the domain', 'missing'],
    ['execute_kw, private method', 'refused'],
    ['unknown database', 'unreachable'],
    ['malformed call', 'defect'],
    ['body is not JSON', 'defect'],
  ].map(([title, reason]) => [version, title as string, reason as string] as const),
);
const BY_JSON2: readonly (readonly [string, string])[] = [
  ['json/2 unknown model', 'missing'],
  ['json/2 unknown method', 'missing'],
  ['json/2 private method', 'refused'],
  ['json/2 unknown field in the domain', 'missing'],
  ['json/2 unknown parameter', 'missing'],
  ['json/2 wrong key', 'refused'],
  ['json/2 no key', 'refused'],
  ['json/2 body is not JSON', 'defect'],
];

function exchangeCalled(version: string, title: string): Recorded {
  const found = recorded(version).find((one) => one.title === title);
  if (found === undefined) throw new Error(`nothing recorded of ${version}: ${title}`);
  return found;
}

describe('a call that a real Odoo refused', () => {
  test.each(BY_RPC)('%s by JSON-RPC: %s is %s', async (version, title, reason) => {
    next = exchangeCalled(version, title).response;
    const failure = await failureWith('json-rpc');
    expect([failure.reason, failure.message]).toEqual([reason, expect.stringContaining('sale.order.search_count')]);
    expect(failure.message).not.toContain('traceback');
  });

  test.each(BY_JSON2)('19 by JSON-2: %s is %s', async (title, reason) => {
    next = exchangeCalled('19', title).response;
    expect((await failureWith('json-2')).reason).toBe(reason);
  });

  test('keeps the first line of what was said, and no stack trace', () => {
    const message = `You are not allowed to access 'Jobs' (ir.cron) records.\n\nThis operation is allowed for: Settings`;
    const failure = failureOf({ name: 'odoo.exceptions.AccessError', message }, 'ir.cron.search_read');
    expect(failure.message).toBe("ir.cron.search_read: You are not allowed to access 'Jobs' (ir.cron) records.");
    expect(failureOf({ name: 'builtins.KeyError', message: 'x'.repeat(5_000) }, 'a').message.length).toBeLessThan(310);
  });
});

describe('an answer that is none of Odoo’s', () => {
  const json = { 'content-type': 'application/json', date: new Date(0).toUTCString() };
  test.each<[string, 'json-rpc' | 'json-2', number, Record<string, string>, unknown, string]>([
    ['a proxy whose server is away', 'json-rpc', 502, {}, '<html>', 'unreachable'],
    ['the same', 'json-2', 503, {}, '<html>', 'unreachable'],
    ['too many questions', 'json-2', 429, {}, '', 'unreachable'],
    ['another server', 'json-rpc', 404, {}, '<html>', 'bad-answer'],
    ['a redirect', 'json-rpc', 301, {}, '', 'bad-answer'],
    ['a gate before it', 'json-2', 403, {}, '<html>', 'refused'],
    ['a page', 'json-rpc', 200, json, '<html>', 'bad-answer'],
    ['another document', 'json-rpc', 200, json, { ok: true }, 'bad-answer'],
    ['nothing', 'json-rpc', 200, json, 'null', 'bad-answer'],
    ['a count that is no number', 'json-2', 200, json, [], 'bad-answer'],
  ])('%s by %s (%i) gives a reason and no number', async (_, protocol, status, headers, body, reason) => {
    next = { status, headers, body };
    expect((await failureWith(protocol)).reason).toBe(reason);
  });

  test.each([
    [200, null],
    [500, 'defect'],
    [401, 'refused'],
    [504, 'unreachable'],
  ])('the status %i says %s', (status, reason) => {
    expect(statusFailure(status, 'x')?.reason ?? null).toBe(reason);
  });
});
