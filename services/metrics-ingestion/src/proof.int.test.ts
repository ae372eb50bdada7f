import 'reflect-metadata';
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DeadLetters } from '@parapet/jetstream';
import { hashToken, makeToken } from '@parapet/policy';
import { GRAFANA_MESSAGE } from '../test/grafana.js';
import { type ClientName, type SecureAnswer, sendSecurely, TLS_ENVIRONMENT } from '../test/secure.js';
import { snippetsOf } from '../test/snippets.js';
import { tokens, World } from '../test/world.js';

/** How sources prove who they are, over real TLS connections that the service itself ends. */

const SECRET = 'c4a1f0d2b9e87653c4a1f0d2b9e87653';
/** The SHA-256 of careful.pem, as openssl prints it of the DER. */
const CAREFUL_SHA256 = '7ffb51ec054d89601bc4dd0ae60bd6bc0ce6dd8be9ca6b753c77b0a1ac9b9f10';
const carefulToken = makeToken();
const signingToken = makeToken();
const credentials = (token: string) => `credentials: [{ sha256: "${hashToken(token)}" }]`;
const source = (name: string, spec: string, requests = '{ perSecond: 100000, burst: 1000000 }') => `---
apiVersion: parapet.dev/v1
kind: SignalSource
metadata: { tenant: acme-retail, name: ${name} }
spec: { ${spec}, environments: [production], requests: ${requests} }
`;
const SOURCES = [
  // As the pages have them.
  `---\n${(snippetsOf('alertmanager.md', 'yaml').at(-1) as string).replace('name: shop-alertmanager', 'name: edge')}`,
  `---\n${snippetsOf('grafana.md', 'yaml')[1] as string}`,
  source('plant', 'kind: alertmanager, certificates: [{ name: plant.shop.example }]'),
  source(
    'careful',
    `kind: alertmanager, requires: both, ${credentials(carefulToken)}, certificates: [{ sha256: ${CAREFUL_SHA256} }]`,
  ),
  source('token-grafana', `kind: grafana, secret: { env: PARAPET_GRAFANA_SECRET }, ${credentials(signingToken)}`),
  source('slow-grafana', 'kind: grafana, secret: { env: PARAPET_GRAFANA_SECRET }', '{ perSecond: 0.01, burst: 2 }'),
  source('broken-grafana', 'kind: grafana, secret: { env: PARAPET_NOWHERE_SECRET }'),
].join('');

const ALERTS = JSON.stringify({ version: '4', groupKey: 'g', status: 'firing', receiver: 'r', alerts: [] });
const alerts = (name: string) => `/v1/ingest/alertmanager/${name}`;
const grafana = (name: string) => `/v1/ingest/grafana/${name}`;
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

let world: World;
beforeAll(async () => {
  process.env['PARAPET_GRAFANA_SECRET'] = SECRET;
  world = await World.start(SOURCES, TLS_ENVIRONMENT);
}, 60_000);
afterAll(async () => {
  delete process.env['PARAPET_GRAFANA_SECRET'];
  await world?.stop();
}, 30_000);

const send = (path: string, options: Parameters<typeof sendSecurely>[1]): Promise<SecureAnswer> =>
  sendSecurely(`${world.service.url}${path}`, {
    ...options,
    headers: { 'content-type': 'application/json', ...options.headers },
  });

describe('a client certificate', () => {
  it.each<[string, string, ClientName | undefined, Record<string, string>, number, string | undefined]>([
    ['of the source, by a DNS name', 'edge', 'alertmanager', {}, 202, undefined],
    ['of the source, by its common name', 'plant', 'common-name-only', {}, 202, undefined],
    ['none', 'edge', undefined, {}, 401, 'unauthenticated'],
    ['with the right name, and of a stranger’s authority', 'edge', 'stranger', {}, 401, 'unauthenticated'],
    ['of another source', 'edge', 'common-name-only', {}, 403, 'wrong-source'],
    ['at an address where there is nothing', 'nowhere', 'alertmanager', {}, 404, 'unknown-source'],
    ['with a wrong token', 'edge', 'alertmanager', bearer(makeToken()), 401, 'unauthenticated'],
    ['with another source’s token', 'edge', 'alertmanager', bearer(tokens.alertmanager), 403, 'wrong-source'],
    ['where both are asked for, and only it', 'careful', 'careful', {}, 401, 'unauthenticated'],
    [
      'where both are asked for, and only the token',
      'careful',
      undefined,
      bearer(carefulToken),
      401,
      'unauthenticated',
    ],
    ['where both are asked for, both', 'careful', 'careful', bearer(carefulToken), 202, undefined],
    [
      'where both are asked for, another’s certificate',
      'careful',
      'common-name-only',
      bearer(carefulToken),
      403,
      'wrong-source',
    ],
    ['of no use to a source that has none', 'shop-alertmanager', 'alertmanager', {}, 403, 'wrong-source'],
    ['beside a token that is enough', 'shop-alertmanager', 'stranger', bearer(tokens.alertmanager), 202, undefined],
  ])('%s', async (_, name, client, headers, status, code) => {
    const told = await send(alerts(name), { headers, body: ALERTS, ...(client === undefined ? {} : { client }) });
    expect([told.status, told.body['code']]).toEqual([status, code]);
  });

  it('no header of a proxy stands for one', async () => {
    const headers = { 'x-forwarded-client-cert': 'Subject="CN=am-1"', 'ssl-client-verify': 'SUCCESS' };
    expect((await send(alerts('edge'), { headers, body: ALERTS })).status).toBe(401);
  });

  it('nobody gets through without TLS', async () => {
    await expect(fetch(`${world.service.url.replace('https', 'http')}/healthz`)).rejects.toThrow();
  });
});

describe('a signed body', () => {
  let message = 0;
  /** Every test its own body: the same one again is another story. */
  const fresh = () => JSON.stringify({ ...GRAFANA_MESSAGE, groupKey: `g${++message}` });
  const nowSeconds = () => Math.floor(Date.now() / 1_000);
  const signed = (body: string, { at = nowSeconds(), secret = SECRET } = {}) => ({
    'x-grafana-alerting-timestamp': String(at),
    'x-grafana-alerting-signature': createHmac('sha256', secret).update(`${at}:${body}`).digest('hex'),
  });
  const isStored = async (body: string) => {
    const { groupKey } = JSON.parse(body) as { groupKey: string };
    const stored = await world.stored();
    return stored.filter(({ batch }) => batch.alerts?.groupKey === `org 1 ${groupKey}`).length;
  };

  it.each(['POST', 'PUT'])('is taken by %s without any other credential', async (method) => {
    const body = fresh();
    const told = await send(grafana('shop-grafana'), { method, body, headers: signed(body) });
    expect([told.status, told.body]).toEqual([
      202,
      { receipt: expect.any(String), accepted: 1, repeated: expect.any(Number) },
    ]);
    expect(await isStored(body)).toBe(1);
  });

  it('that comes again is answered as before, and stored no second time', async () => {
    const body = fresh();
    const headers = signed(body);
    const first = await send(grafana('shop-grafana'), { body, headers });
    for (let i = 0; i < 3; i++) {
      const again = await send(grafana('shop-grafana'), { body, headers });
      expect([again.status, again.body]).toEqual([202, first.body]);
    }
    expect(await isStored(body)).toBe(1);
    // Signed anew it is a repeat that the sender means: it renews leases.
    const anew = await send(grafana('shop-grafana'), { body, headers: signed(body, { at: nowSeconds() + 2 }) });
    expect(anew.body['receipt']).not.toBe(first.body['receipt']);
    expect(await isStored(body)).toBe(2);
  });

  it('whatever is wrong with it, the answer is the same, and nothing is stored or kept', async () => {
    const body = fresh();
    const right = signed(body);
    const wrong: readonly (readonly [string, Record<string, string>, string?])[] = [
      ['nothing', {}],
      ['no time', { 'x-grafana-alerting-signature': right['x-grafana-alerting-signature'] }],
      ['no signature', { 'x-grafana-alerting-timestamp': right['x-grafana-alerting-timestamp'] }],
      ['another secret', signed(body, { secret: 'guessed' })],
      ['another body', right, `${body} `],
      ['a time of six minutes ago', signed(body, { at: nowSeconds() - 360 })],
      ['a time in six minutes', signed(body, { at: nowSeconds() + 360 })],
      ['a body that is too large to be compared', right, 'x'.repeat(1_000)],
      [
        'the body alone',
        { ...right, 'x-grafana-alerting-signature': createHmac('sha256', SECRET).update(body).digest('hex') },
      ],
      ['a wrong token beside it', { ...right, ...bearer(makeToken()) }],
    ];
    const told = [];
    for (const [why, headers, other] of wrong)
      told.push({ why, ...(await send(grafana('shop-grafana'), { body: other ?? body, headers })) });
    expect(told.map(({ why, status }) => [why, status])).toEqual(wrong.map(([why]) => [why, 401]));
    const words = told.map(({ body: { requestId: _, ...said } }) => JSON.stringify(said));
    expect(new Set(words).size).toBe(1);
    expect(await isStored(body)).toBe(0);
    expect(await new DeadLetters(world.admin).list({ consumer: 'grafana' })).toEqual([]);
  });

  it('that is no message is refused with its place, and kept', async () => {
    const body = JSON.stringify({ ...GRAFANA_MESSAGE, version: '4' });
    const told = await send(grafana('shop-grafana'), { body, headers: signed(body) });
    expect([told.status, told.body['field']]).toEqual([422, '/version']);
    const kept = await new DeadLetters(world.admin).list({ consumer: 'grafana' });
    expect(kept.map(({ subject }) => subject)).toEqual(['door.acme-retail.shop-grafana']);
  });

  it('beside a token: neither alone is enough', async () => {
    const [one, two, three] = [fresh(), fresh(), fresh()];
    const path = grafana('token-grafana');
    expect((await send(path, { body: one, headers: bearer(signingToken) })).status).toBe(401);
    expect((await send(path, { body: two, headers: signed(two) })).status).toBe(401);
    expect((await send(path, { body: three, headers: { ...bearer(signingToken), ...signed(three) } })).status).toBe(
      202,
    );
  });

  it('counts for the source’s rate only where it is right: nobody else can use it up', async () => {
    const path = grafana('slow-grafana');
    for (let i = 0; i < 5; i++) {
      const body = fresh();
      expect((await send(path, { body, headers: signed(body, { secret: 'guessed' }) })).status).toBe(401);
    }
    const told = [];
    for (let i = 0; i < 3; i++) {
      const body = fresh();
      told.push((await send(path, { body, headers: signed(body) })).status);
    }
    expect(told).toEqual([202, 202, 503]);
  });

  it('is asked for again while its secret cannot be read: that is no fault of the sender', async () => {
    const body = fresh();
    const told = await send(grafana('broken-grafana'), { body, headers: signed(body) });
    expect([told.status, told.body['code']]).toEqual([503, 'unavailable']);
  });

  it('other methods are told which there are', async () => {
    const told = await send(grafana('shop-grafana'), { method: 'DELETE' });
    expect([told.status, told.headers['allow']]).toEqual([405, 'POST, PUT']);
  });
});
