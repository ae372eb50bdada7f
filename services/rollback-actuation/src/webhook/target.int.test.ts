import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { StepRequest } from '../target.js';
import { WebhookTarget } from './target.js';

const SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const never = new AbortController().signal;
const running = { release: null, components: [{ component: 'c', version: '1' }] };
const request: StepRequest = {
  key: 'act_1.1',
  fence: 7,
  environment: 'production',
  planDigest: 'd1',
  step: { step: '1', target: 'shop', from: running, to: running, isRepeatable: true },
};

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

let server: Server | undefined;
const seen: Seen[] = [];

async function open(
  answer: (seen: Seen, response: ServerResponse) => void,
  timeoutMs = 2_000,
  allowPrivate = true,
): Promise<WebhookTarget> {
  seen.length = 0;
  server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const one = {
        method: incoming.method ?? '',
        url: incoming.url ?? '',
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString(),
      };
      seen.push(one);
      answer(one, response);
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return new WebhookTarget(
    { name: 'shop', url: `http://127.0.0.1:${port}/hook?team=pos`, timeoutMs, allowPrivate },
    () => SECRET,
    () => 1_700_000_000_000,
  );
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

describe('a webhook target', () => {
  it('is sent everything that a deployment needs, signed, under the key', async () => {
    const target = await open((_, response) => response.end('{}'));
    expect(await target.send(request, never)).toEqual({ kind: 'taken', detail: 'the target did it' });
    expect(seen).toHaveLength(1);
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
      key: 'act_1.1',
      fence: 7,
      step: '1',
      target: 'shop',
      environment: 'production',
      planDigest: 'd1',
      dryRun: false,
      from: running,
      to: running,
    });
    expect(seen[0]).toMatchObject({
      method: 'POST',
      url: '/hook?team=pos',
      headers: { 'webhook-id': 'act_1.1', 'webhook-timestamp': '1700000000', 'content-type': 'application/json' },
    });
  });

  it('is asked by key and by target beside what its address asks for already', async () => {
    const target = await open((_, response) => response.end('{"state":"done","components":[]}'));
    expect(await target.ask('act_1.1', never)).toEqual({ kind: 'done' });
    expect(await target.running(never)).toEqual({ kind: 'runs', components: [] });
    expect(seen.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['GET', '/hook?team=pos&key=act_1.1', ''],
      ['GET', '/hook?team=pos&target=shop', ''],
    ]);
    expect(seen.every(({ headers }) => String(headers['webhook-signature']).startsWith('v1,'))).toBe(true);
  });

  it('is asked at the place that it named, on the same machine only', async () => {
    const own = await open(({ method }, response) =>
      response.writeHead(method === 'POST' ? 202 : 200, { location: '/jobs/5' }).end('{"state":"running"}'),
    );
    await own.send(request, never);
    await own.ask('act_1.1', never);
    expect(seen.at(-1)?.url).toBe('/jobs/5');
    server?.close();
    const elsewhere = await open(({ method }, response) =>
      response
        .writeHead(method === 'POST' ? 202 : 200, { location: 'http://169.254.169.254/' })
        .end('{"state":"running"}'),
    );
    await elsewhere.send(request, never);
    expect(await elsewhere.ask('act_1.1', never)).toEqual({ kind: 'running' });
    expect(seen.at(-1)?.url).toBe('/hook?team=pos&key=act_1.1');
  });

  it('that does not answer in time is unclear', async () => {
    const target = await open(() => undefined, 200);
    expect(await target.send(request, never)).toEqual({ kind: 'unclear', detail: 'no answer within 0.2 s' });
    expect(await target.ask('act_1.1', never)).toEqual({ kind: 'no-answer', detail: 'no answer within 0.2 s' });
  });

  it('that never ends its answer is unclear', async () => {
    const target = await open((_, response) => void response.writeHead(200).write('{'), 200);
    expect(await target.send(request, never)).toMatchObject({ kind: 'unclear' });
  });

  it('that answers more than 64 KiB is read no further', async () => {
    const target = await open((_, response) => void response.end(`{"state":"done","more":"${'x'.repeat(1_000_000)}"}`));
    expect(await target.ask('act_1.1', never)).toMatchObject({ kind: 'no-answer' });
  });

  it('that repeats our secret does not get it into the journal', async () => {
    const target = await open((_, response) =>
      response.writeHead(400).end(JSON.stringify({ code: 'bad', detail: `secret ${SECRET} or ${SECRET.slice(6)}` })),
    );
    expect(await target.send(request, never)).toEqual({ kind: 'refused', detail: '400 bad secret *** or ***' });
  });

  it('at a private address is not called unless it is declared so', async () => {
    const target = await open((_, response) => response.end('{}'), 2_000, false);
    expect(await target.send(request, never)).toMatchObject({
      kind: 'unclear',
      detail: expect.stringContaining('https only'),
    });
    expect(seen).toEqual([]);
  });

  it('without a secret is not called, and that is said', async () => {
    await open((_, response) => response.end('{}'));
    const target = new WebhookTarget(
      { name: 'shop', url: 'http://127.0.0.1:1/', timeoutMs: 1_000, allowPrivate: true },
      () => {
        throw new Error('the environment variable X is not set');
      },
      Date.now,
    );
    expect(await target.send(request, never)).toEqual({
      kind: 'unclear',
      detail: 'the environment variable X is not set',
    });
    expect(seen).toEqual([]);
  });
});
