import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Sample } from '@parapet/signals';
import { type Measured, MeasurementFailed } from '../probe.js';
import { httpJourneySettings } from './config.js';
import { HttpJourneyProbe } from './probe.js';

const PASSWORD = 'hunter2 "&" more';
const NOW_MS = Date.parse('2026-11-23T09:00:30Z');
const WINDOW = { fromMs: NOW_MS - 90_000, toMs: NOW_MS - 30_000 };

/** A shop that sells one thing: sign in, cart, payment, thanks. What it was asked is kept, and one page can be broken. */
class Shop {
  readonly asked: {
    readonly line: string;
    readonly marker: unknown;
    readonly cookie: unknown;
    readonly body: string;
  }[] = [];
  readonly orders: string[] = [];
  broken: { readonly path: string; readonly how: (response: ServerResponse, body: string) => void } | null = null;
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { url = '', method = '', headers } = request;
    this.asked.push({ line: `${method} ${url}`, marker: headers['x-parapet-probe'], cookie: headers.cookie, body });
    if (this.broken?.path === url) this.broken.how(response, body);
    else this.#page(url, method, body, headers.cookie, response);
  }

  #page(url: string, method: string, body: string, cookie: string | undefined, response: ServerResponse): void {
    const form = new URLSearchParams(body);
    switch (`${method} ${url}`) {
      case 'GET /web/login':
        response.setHeader('set-cookie', ['session_id=s1; Path=/; HttpOnly', 'other=1; Path=/']);
        response.end('<input name="csrf_token" value="t-123"/>');
        return;
      case 'POST /web/login':
        if (form.get('csrf_token') !== 't-123' || form.get('password') !== PASSWORD) {
          response.writeHead(403).end('wrong');
          return;
        }
        response.writeHead(303, { location: '/my', 'set-cookie': 'session_id=s2; Path=/' }).end();
        return;
      case 'GET /my':
        response.writeHead(cookie?.includes('session_id=s2') === true ? 200 : 401).end('My account');
        return;
      case 'POST /shop/cart':
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ result: { order: 77, lines: [{ sku: 'A1' }] } }));
        return;
      case 'POST /shop/payment/77':
        this.orders.push(form.get('note') ?? 'unmarked');
        response.end('Thank you for order 77');
        return;
      default:
        response.writeHead(404).end();
    }
  }
}

let shop: Shop;
let baseUrl: string;

beforeEach(async () => {
  shop = new Shop();
  baseUrl = await shop.open();
});
afterEach(() => shop.close());

function probeOf(change: object = {}, secret: (name: string) => string = () => PASSWORD): HttpJourneyProbe {
  const settings = httpJourneySettings.parse({
    baseUrl,
    allowPrivate: true,
    marker: { header: { name: 'X-Parapet-Probe' }, field: { name: 'note', steps: ['payment'] } },
    secrets: { password: { env: 'UNUSED' } },
    bodyBytes: 10_000,
    steps: [
      { name: 'login-page', url: '/web/login', capture: [{ name: 'csrf', after: 'value="', before: '"' }] },
      {
        name: 'login',
        method: 'POST',
        url: '/web/login',
        form: { login: 'probe@shop.example', password: '{{secret.password}}', csrf_token: '{{csrf}}' },
        expect: { text: ['My account'] },
      },
      {
        name: 'cart',
        method: 'POST',
        url: '/shop/cart',
        json: { params: { sku: 'A1', quantity: 1 } },
        expect: { json: [{ path: 'result.lines[0].sku', equals: 'A1' }] },
        capture: [{ name: 'order', json: 'result.order' }],
      },
      {
        name: 'payment',
        method: 'POST',
        url: '/shop/payment/{{order}}',
        form: { provider: 'test' },
        expect: { text: ['Thank you'] },
      },
    ],
    ...change,
  });
  const nowMs = () => NOW_MS;
  return new HttpJourneyProbe({
    name: 'odoo-retail/checkout',
    instance: 'checkout',
    everyMs: 60_000,
    settings,
    secret,
    nowMs,
  });
}

async function run(probe = probeOf()): Promise<Measured> {
  const [measure] = probe.measures;
  if (measure === undefined) throw new Error('no measure');
  return await measure.measure([WINDOW]);
}

/** Samples in one line each; durations only as more than nothing. */
function told({ measurements }: Measured): string[] {
  return (measurements[0]?.samples ?? []).map(({ signal, dimensions, value }: Sample) => {
    const text =
      value.kind === 'count'
        ? `${value.count} of ${value.of}`
        : value.kind === 'gauge'
          ? value.value > 0
            ? 'took'
            : '0'
          : value.kind === 'gap'
            ? value.reason
            : value.kind;
    return `${signal.replace('journey.', '')}${dimensions.step === undefined ? '' : ` ${dimensions.step}`}: ${text}`;
  });
}

const GOOD = ['login-page', 'login', 'cart', 'payment'];

describe('a journey through a shop that works', () => {
  test('takes every step in order with its cookies, and tells success and times', async () => {
    const measured = await run();
    expect(told(measured)).toEqual([
      'success: 1 of 1',
      'duration: took',
      ...GOOD.flatMap((step) => [`step.success ${step}: 1 of 1`, `step.duration ${step}: took`]),
    ]);
    expect(measured).toMatchObject({ rows: 5, notes: [] });
    expect(shop.asked.map(({ line, cookie }) => [line, cookie])).toEqual([
      ['GET /web/login', undefined],
      ['POST /web/login', 'session_id=s1; other=1'],
      ['GET /my', 'session_id=s2; other=1'],
      ['POST /shop/cart', 'session_id=s2; other=1'],
      ['POST /shop/payment/77', 'session_id=s2; other=1'],
    ]);
  });

  test('marks every request, and the order itself where the shop keeps a note', async () => {
    await run();
    const markers = new Set(shop.asked.map(({ marker }) => marker));
    expect([...markers]).toEqual([expect.stringMatching(/^rg-probe:[0-9a-f-]{36}$/)]);
    expect(shop.orders).toEqual([...markers]);
  });

  test('begins each run as somebody unknown, under a name of its own', async () => {
    const probe = probeOf();
    await run(probe);
    await run(probe);
    expect(shop.asked[5]).toMatchObject({ line: 'GET /web/login', cookie: undefined });
    expect(new Set(shop.asked.map(({ marker }) => marker)).size).toBe(2);
  });

  test('carries instance and step in its keys, so that nothing counts twice', async () => {
    const { measurements } = await run();
    const keys = measurements[0]?.samples.map(({ key }) => key) ?? [];
    expect(keys[2]).toBe(
      'odoo-retail/checkout/journey.step.success/instance=checkout/step=login-page/2026-11-23T08:59:00.000Z/2026-11-23T09:00:00.000Z',
    );
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('a shop that fails', () => {
  const hold = (response: ServerResponse) => void response.write('the beginning');
  test.each<[string, string, (response: ServerResponse, body: string) => void, string, object]>([
    ['is too slow', '/shop/cart', () => undefined, 'step cart: no whole answer within 0.15 s', { timeout: '150ms' }],
    [
      'stops in the middle of a page',
      '/shop/cart',
      hold,
      'step cart: no whole answer within 0.15 s',
      { timeout: '150ms' },
    ],
    [
      'cuts a page off',
      '/shop/cart',
      (response) => void response.writeHead(200, { 'content-length': '99' }).write('{', () => response.destroy()),
      'step cart: no answer: ECONNRESET',
      {},
    ],
    [
      'takes all the time of the journey',
      '/shop/cart',
      () => undefined,
      "step cart: the journey's 0.3 s were over",
      { totalTimeout: '300ms' },
    ],
    [
      'answers an error',
      '/shop/cart',
      (response) => void response.writeHead(500).end('Traceback'),
      'step cart: answered 500, expected 200 to 299',
      {},
    ],
    [
      'answers 200 with the wrong page',
      '/shop/cart',
      (response) => void response.end('<html>Sorry</html>'),
      'step cart: the body is not JSON',
      {},
    ],
    [
      'sells something else',
      '/shop/cart',
      (response) => void response.end('{"result":{"lines":[{"sku":"B2"}]}}'),
      'step cart: result.lines[0].sku is "B2", expected "A1"',
      {},
    ],
    [
      'gives no order number',
      '/shop/cart',
      (response) => void response.end('{"result":{"lines":[{"sku":"A1"}]}}'),
      'step cart: there is no order to keep: no result.order in the body',
      {},
    ],
    [
      'never stops talking',
      '/shop/cart',
      (response) => void response.end('x'.repeat(20_000)),
      'step cart: the answer is longer than bodyBytes allows',
      {},
    ],
    [
      'speaks no HTTP',
      '/shop/cart',
      (response) => void response.socket?.end('nonsense\r\n\r\n'),
      'step cart: no answer: HPE_INVALID_CONSTANT',
      {},
    ],
    [
      'sends its customers away',
      '/shop/cart',
      (response) => void response.writeHead(302, { location: 'https://evil.example/' }).end(),
      'step cart: a redirect leads to https://evil.example, which is not an allowed origin',
      {},
    ],
    [
      'sends its customers in circles',
      '/shop/cart',
      (response) => void response.writeHead(307, { location: '/shop/cart' }).end(),
      'step cart: more than 5 redirects',
      {},
    ],
  ])('is a failed run that names the step and why: %s', async (_, path, how, note, change) => {
    shop.broken = { path, how };
    const measured = await run(probeOf(change));
    expect(measured.notes).toEqual([note]);
    expect(told(measured)).toEqual([
      'success: 0 of 1',
      'duration: too-few-samples',
      'step.success login-page: 1 of 1',
      'step.duration login-page: took',
      'step.success login: 1 of 1',
      'step.duration login: took',
      'step.success cart: 0 of 1',
      'step.duration cart: too-few-samples',
      'step.success payment: too-few-samples',
      'step.duration payment: too-few-samples',
    ]);
    expect(shop.orders).toEqual([]);
  });

  test('is a failed run when it is down, also at its first step', async () => {
    const probe = probeOf();
    await shop.close();
    const measured = await run(probe);
    expect(measured.notes).toEqual(['step login-page: no answer: ECONNREFUSED']);
    expect(told(measured)[0]).toBe('success: 0 of 1');
    await shop.open();
  });
});

describe('what is no fault of the shop is a gap with a reason, never a failed run', () => {
  const failure = async (probe: HttpJourneyProbe) => {
    const error = await run(probe).then(
      () => new Error('it measured'),
      (e: unknown) => e,
    );
    if (!(error instanceof MeasurementFailed)) throw error;
    return { reason: error.reason, message: error.message };
  };

  test('a name that our own resolver does not know', async () => {
    const found = await failure(probeOf({ baseUrl: 'http://shop.invalid' }));
    expect(found).toMatchObject({ reason: 'unreachable', message: expect.stringMatching(/^login-page: no answer: E/) });
  });

  test('silence of the shop while the control address does not answer either', async () => {
    shop.broken = { path: '/web/login', how: (response) => void response.destroy() };
    const found = await failure(probeOf({ control: 'http://127.0.0.1:1/' }));
    expect(found.message).toContain('nor does http://127.0.0.1:1/ show that our own network works');
  });

  test('but with the control address answering, it is the shop', async () => {
    shop.broken = { path: '/web/login', how: (response) => void response.destroy() };
    const measured = await run(probeOf({ control: `${baseUrl}/anything` }));
    expect(told(measured)[0]).toBe('success: 0 of 1');
  });

  test('an address that may not be asked', async () => {
    const found = await failure(probeOf({ baseUrl: 'https://127.0.0.1', allowPrivate: false }));
    expect(found.reason).toBe('refused');
  });

  test('a secret that is not there', async () => {
    const probe = probeOf({}, () => {
      throw new Error('the environment variable JOURNEY_PASSWORD is not set');
    });
    expect(await failure(probe)).toEqual({
      reason: 'refused',
      message: 'the environment variable JOURNEY_PASSWORD is not set',
    });
    expect(shop.asked).toEqual([]);
  });

  test('certificate authorities that cannot be read', async () => {
    expect((await failure(probeOf({ ca: '/nowhere/ca.pem' }))).reason).toBe('missing');
  });
});

test('a secret stands in no note and no sample, also where the shop sends it back', async () => {
  shop.broken = {
    path: '/shop/cart',
    how: (response) =>
      void response.end(JSON.stringify({ result: { lines: [{ sku: `your password is ${PASSWORD}` }] } })),
  };
  const measured = await run();
  expect(measured.notes).toEqual(['step cart: result.lines[0].sku is "your password is …", expected "A1"']);
  expect(JSON.stringify(measured)).not.toContain('hunter2');
  expect(shop.asked[1]?.body).toContain(new URLSearchParams({ password: PASSWORD }).toString());
});

test('nor does one stand in the address to which the shop sends it', async () => {
  shop.broken = {
    path: '/web/login',
    how: (response) => void response.writeHead(302, { location: 'https://s3cret.example/' }).end(),
  };
  const measured = await run(probeOf({}, () => 's3cret'));
  expect(measured.notes).toEqual([
    'step login-page: a redirect leads to https://….example, which is not an allowed origin',
  ]);
});
